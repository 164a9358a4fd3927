// Text as it lies in memory: one to five bytes of head, then the content.
//
//   head      bits 0 … 1 the form, bits 2 … 7 the length in bytes below 60; 60 … 63: it stands in the next 1 … 4 bytes
//   form      the least that holds every unit: so equal texts are equal bytes
//
// UTF-16 is kept unit by unit, so that a surrogate without its other half comes back as it was.
#pragma once

#include <cstdint>
#include <cstring>

#include "structures/unaligned.h"

namespace tidemark {

enum class TextForm : std::uint8_t {
  kAscii = 0,
  kLatin1 = 1,
  kUtf16 = 2,  // little-endian
  kBytes = 3,  // no text: bytes of the program's own
};

/// Most texts are short: a call costs more than the words.
inline bool same_bytes(const std::uint8_t* a, const std::uint8_t* b, std::uint32_t n_bytes) {
  for (; n_bytes >= 8; a += 8, b += 8, n_bytes -= 8) {
    if (load_unaligned<std::uint64_t>(a) != load_unaligned<std::uint64_t>(b)) return false;
  }
  for (; n_bytes != 0; ++a, ++b, --n_bytes) {
    if (*a != *b) return false;
  }
  return true;
}

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
    for (std::uint32_t i = 0; i < length_bytes; ++i) n_bytes |= std::uint32_t{at[1 + i]} << (8 * i);
    return {form, n_bytes, at + 1 + length_bytes};
  }

  /// Requires room for record_bytes(n_bytes). The content may not overlap it.
  static void write(std::uint8_t* at, TextForm form, const std::uint8_t* content, std::uint32_t n_bytes) {
    const std::uint32_t head = head_bytes(n_bytes);
    *at = static_cast<std::uint8_t>((head == 1 ? n_bytes : 58 + head) << 2 | static_cast<unsigned>(form));
    for (std::uint32_t i = 1; i < head; ++i) at[i] = static_cast<std::uint8_t>(n_bytes >> (8 * (i - 1)));
    if (n_bytes != 0) std::memcpy(at + head, content, n_bytes);
  }

  bool equals(TextForm other_form, const std::uint8_t* other, std::uint32_t other_bytes) const {
    return form == other_form && n_bytes == other_bytes && same_bytes(content, other, n_bytes);
  }
  std::uint32_t record_bytes() const { return static_cast<std::uint32_t>(record_bytes(n_bytes)); }
};

}  // namespace tidemark
