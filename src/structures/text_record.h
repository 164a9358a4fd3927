// Text as it lies in memory: one to five bytes of head, then the content.
//
//   head      bits 0 … 1 the form, bits 2 … 7 the length in bytes below 60; 60 … 63: it stands in the next 1 … 4 bytes
//   form      the least that holds every unit: so equal texts are equal bytes
//
// UTF-16 is kept unit by unit, so that a surrogate without its other half comes back as it was.
#pragma once

#include <cstdint>
#include <cstring>

namespace tidemark {

enum class TextForm : std::uint8_t {
  kAscii = 0,
  kLatin1 = 1,
  kUtf16 = 2,  // little-endian
  kBytes = 3,  // no text: bytes of the program's own
};

struct TextRecord {
  TextForm form;
  std::uint32_t n_bytes;
  const std::uint8_t* content;

  static std::uint32_t head_bytes(std::uint32_t n_bytes) {
    if (n_bytes < 60) return 1;
    return n_bytes < 1u << 8 ? 2 : n_bytes < 1u << 16 ? 3 : n_bytes < 1u << 24 ? 4 : 5;
  }
  static std::uint64_t record_bytes(std::uint32_t n_bytes) { return std::uint64_t{head_bytes(n_bytes)} + n_bytes; }

  static TextRecord read(const std::uint8_t* at) {
    const auto form = static_cast<TextForm>(*at & 3);
    std::uint32_t n_bytes = *at >> 2;
    if (n_bytes < 60) return {form, n_bytes, at + 1};
    const std::uint32_t length_bytes = n_bytes - 59;
    n_bytes = 0;
    std::memcpy(&n_bytes, at + 1, length_bytes);
    return {form, n_bytes, at + 1 + length_bytes};
  }

  /// Requires room for record_bytes(n_bytes). The content may not overlap it.
  static void write(std::uint8_t* at, TextForm form, const std::uint8_t* content, std::uint32_t n_bytes) {
    const std::uint32_t head = head_bytes(n_bytes);
    *at = static_cast<std::uint8_t>((head == 1 ? n_bytes : 58 + head) << 2 | static_cast<unsigned>(form));
    if (head > 1) std::memcpy(at + 1, &n_bytes, head - 1);
    if (n_bytes != 0) std::memcpy(at + head, content, n_bytes);
  }

  bool equals(TextForm other_form, const std::uint8_t* other, std::uint32_t other_bytes) const {
    return form == other_form && n_bytes == other_bytes && (n_bytes == 0 || std::memcmp(content, other, n_bytes) == 0);
  }
  std::uint32_t record_bytes() const { return static_cast<std::uint32_t>(record_bytes(n_bytes)); }
};

}  // namespace tidemark
