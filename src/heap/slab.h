// A slab's descriptor. The slab itself is a run of grains cut into blocks of one size; all that is known of them is here.
//
//   state      free_blocks   where                     may be
//   current    any           current_ of its class     allocated from
//   partial    some          partial_ list             allocated from, once the current one is exhausted
//   exhausted  none          nowhere                   freed into, and becomes partial
//   (empty)    all           —                         only as current; else its run and its descriptor are released
#pragma once

#include "base/units.h"
#include "heap/size_class.h"

namespace tidemark {

struct Slab {
  std::uint64_t free_blocks;   // bit i: block i is free
  Address base;                // of block 0
  std::uint16_t block_bytes;
  std::uint16_t reciprocal;    // 65536 / block_bytes, rounded up: offset * reciprocal >> 16 is exact for block starts
  std::uint8_t size_class;
  std::uint8_t unused_bits;    // 64 - blocks
  Slab* next;
  Slab* previous;
  std::uint32_t seal;          // seal_of(this) while the descriptor is whole

  std::size_t blocks() const { return 64u - unused_bits; }
  std::uint64_t all_free() const { return ~std::uint64_t{0} >> unused_bits; }
  std::size_t length() const { return blocks() * block_bytes / kGrainBytes; }
};

}  // namespace tidemark
