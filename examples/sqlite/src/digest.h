// The fingerprint of everything that the workload's queries returned: FNV-1a, 64 bits, over the type and the bytes of
// each value. Two runs with the same digest saw the same rows, in the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text_buffer.h"

namespace sqlite_example {

class Digest {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) add_byte(static_cast<std::uint8_t>(byte));
  }

  /// Least significant byte first, whatever the machine's order is.
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<std::uint8_t>(number >> (8 * i)));
  }

  /// 16 hexadecimal digits.
  TextBuffer<16> text() const {
    TextBuffer<16> digits;
    for (int shift = 60; shift >= 0; shift -= 4) {
      digits << std::string_view("0123456789abcdef").substr((state_ >> shift) & 15, 1);
    }
    return digits;
  }

 private:
  void add_byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3u; }

  std::uint64_t state_ = 0xcbf29ce484222325u;
};

}  // namespace sqlite_example
