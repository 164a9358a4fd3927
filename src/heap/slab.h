// A slab's descriptor. The slab itself is a run of grains cut into blocks of one size; all that is known of them is here.
//
//   state      free_blocks   where                  what happens to it
//   current    any           the class's ring       allocated from; when it is exhausted, the turn is the next one's
//   open       any           the class's ring       the same, when it is its turn
//   idle       all           the class's ring       the same, unless its run is wanted for something else before
//   closed     none          nowhere                was still exhausted when its turn came; a free opens it again
//
// So where blocks come and go, slabs stay in the ring and gather free blocks until it is their turn, and a free is nothing
// but a bit.
#pragma once

#include <bit>

#include "base/units.h"
#include "heap/size_class.h"

namespace tidemark {

struct Slab {
  std::uint64_t free_blocks;  // bit i: block i is free
  Address base;               // of block 0
  std::uint32_t inverse;      // of block_bytes >> shift, modulo 2^32
  std::uint16_t block_bytes;  // 0 of a descriptor that no slab has
  std::uint8_t shift;         // trailing zeros of block_bytes
  std::uint8_t size_class;
  std::uint8_t n_blocks;     // 1 … 64
  std::uint8_t open_blocks;  // the same, or 0 of a closed slab
  std::uint16_t seal;        // while the descriptor is whole: seal_of(this)
  Slab* next;                // in the ring
  Slab* previous;

  std::size_t blocks() const { return n_blocks; }
  std::uint64_t all_free() const { return ~std::uint64_t{0} >> (64 - n_blocks); }
  bool idle() const { return free_blocks == all_free(); }
  bool mostly_free() const { return std::popcount(free_blocks) * 4 > n_blocks * 3; }
  /// Where the slab's run begins and ends: at grains, which the first and the last block may not fill.
  Address begin() const { return base & ~(kGrainBytes - 1); }
  Address end() const { return round_up(base + blocks() * block_bytes, kGrainBytes); }
  std::size_t length() const { return (end() - begin()) >> kGrainShift; }

  /// Number of the block that begins at `address`, which lies in the slab; n_blocks or more where none begins there.
  /// Multiplication by the inverse is one to one, so only a multiple of block_bytes comes out small: an exact division,
  /// and the proof that it was exact (Granlund and Montgomery, "Division by invariant integers", section 9).
  std::uint32_t index_of(Address address) const {
    // One instruction; what std::rotr does about a count that is negative costs four.
    const std::uint32_t product = static_cast<std::uint32_t>(address - base) * inverse;
    return product >> (shift & 31) | product << (-shift & 31);
  }
};

/// Inverse of an odd number modulo 2^32, by Newton's iteration: each step doubles the bits that are right.
constexpr std::uint32_t inverse_of(std::uint32_t odd) {
  std::uint32_t inverse = odd;  // right in 3 bits
  for (int step = 0; step < 4; ++step) inverse *= 2 - odd * inverse;
  return inverse;
}

inline std::uint16_t seal_of(const Slab* slab) {
  const auto bits = static_cast<std::uint32_t>(reinterpret_cast<Address>(slab));
  return static_cast<std::uint16_t>((bits >> 16 ^ bits) ^ 0x7ad3u);
}

}  // namespace tidemark
