// Bytes and blocks that have come into use, and that have gone, both in one word: so malloc and free move one number each.
//
//   taken   | bytes / 8   | blocks           |   counts down from a full word, whose upper part is a distance
//           63          35                   0
//   freed   | blocks      | bytes            |   modulo 2^64
//           63          32                   0
//
// The lower part of a full word is larger than all that can be taken from it until its upper part is used up: it never
// borrows. Freed bytes do carry into the blocks, and what that makes is known from the bytes alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark {

class TakenWord {
 public:
  /// Whoever subtracts weights from it finds that it is no more than the next one when, with that, `distance_bytes` < 2^32
  /// have come into use.
  static constexpr std::uint64_t full(std::size_t distance_bytes) {
    return distance_bytes == 0 ? 0 : std::uint64_t{(distance_bytes - 1) / 8} << 35 | ((std::uint64_t{1} << 35) - 1);
  }

  /// Of a block of `bytes`, a multiple of 8; for 2^31 and more something above all distances of less.
  static constexpr std::uint64_t weight_of(std::size_t bytes) {
    if (sizeof(bytes) > 4 && bytes >> 31 != 0) bytes = std::size_t{1} << 31;
    return std::uint64_t{bytes} << 32 | 1;
  }

  // Of a sum of weights.
  static constexpr std::uint32_t bytes(std::uint64_t taken) { return static_cast<std::uint32_t>(taken >> 35) * 8; }
  static constexpr std::uint32_t blocks(std::uint64_t taken) { return static_cast<std::uint32_t>(taken); }
};

class FreedWord {
 public:
  static constexpr std::uint64_t weight_of(std::size_t bytes) { return (std::uint64_t{1} << 32) + bytes; }

  /// Modulo 2^32.
  static constexpr std::uint32_t bytes(std::uint64_t freed) { return static_cast<std::uint32_t>(freed); }
  /// Of a sum of weights whose bytes were `bytes` in all; modulo 2^32.
  static constexpr std::uint32_t blocks(std::uint64_t freed, std::uint64_t bytes) {
    return static_cast<std::uint32_t>((freed - bytes) >> 32);
  }
};

}  // namespace tidemark
