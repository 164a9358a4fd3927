// An observer that picks which free block of a slab is handed out, so that where the next block comes to stand can't be
// foretold. Without it that is always the lowest.
#pragma once

#include <bit>
#include <cstdint>

#include "heap/observer.h"

namespace tidemark {

template <HeapObserver Base>
class RandomSlots : public Base {
 public:
  constexpr RandomSlots() = default;

  /// Where the sequence begins: whoever wants it unforeseeable brings a seed that is.
  void seed(std::uint32_t seed) { state_ = seed | 1; }

  /// A bit of `free_blocks`, which has one.
  std::uint32_t pick_slot(std::uint64_t free_blocks) {
    // xorshift32 (Marsaglia, Xorshift RNGs, 2003)
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    const std::uint32_t turn = state_ >> 26;
    return (static_cast<std::uint32_t>(std::countr_zero(std::rotr(free_blocks, static_cast<int>(turn)))) + turn) % 64;
  }

 private:
  std::uint32_t state_ = 1;
};

}  // namespace tidemark
