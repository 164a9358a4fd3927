// Size classes: the one map from a requested size to the block that serves it.
//
// Geometry    blocks of 8, 16, … 128 B, then 8 equal steps a doubling, up to 2 KiB: 48 classes, numbered from 1.
// Invariants  (checked for every size in tests/unit/size_class_test.cpp)
//   I1  block_bytes(c) strictly increases with c.
//   I2  class_for(n) is the least class whose block holds n.
//   I3  block_bytes(class_for(n)) - n < max(kMinBlockBytes, n / 8).
//   I4  For every power of two a <= 256, the class of a multiple of a has blocks whose size is a multiple of a, so that
//       an aligned request is an ordinary one of its size rounded up to a.
//   I5  max_blocks and min_blocks of a size up to a grain fill grains without a rest; max_blocks of a larger one leave
//       less than a 256th.
#pragma once

#include <algorithm>

#include "base/steps.h"
#include "base/units.h"

namespace tidemark {

using SizeClass = unsigned;

inline constexpr std::size_t kMaxSmallBytes = 2048;
inline constexpr SizeClass kSizeClassCount = step_above(kMaxSmallBytes / kMinBlockBytes) + 1;  // class 0 stays unused

/// A slab takes at most this many bytes, so that a class with few blocks pins little memory.
inline constexpr std::size_t kMaxSlabBytes = 64 * 1024;
/// … and most of them no more than this.
inline constexpr std::size_t kUsualSlabBytes = 16 * 1024;
inline constexpr std::size_t kMaxSlabBlocks = 64;

constexpr std::size_t block_bytes(SizeClass size_class) { return step_value(size_class) * kMinBlockBytes; }

/// Least class whose block holds `n_bytes`; a request for nothing gets the least block. A heap looks it up (class_table.h).
/// Requires  n_bytes <= kMaxSmallBytes.
constexpr SizeClass class_for(std::size_t n_bytes) {
  return step_above(n_bytes == 0 ? 1 : (n_bytes + kMinBlockBytes - 1) / kMinBlockBytes);
}

/// Fewest blocks of a size in a slab: as few as fill grains without a rest, where blocks are smaller than grains.
constexpr std::size_t min_blocks(std::size_t bytes) {
  if (bytes > kGrainBytes) return 1;
  const std::size_t power = std::size_t{1} << std::countr_zero(bytes);
  return power >= kGrainBytes ? 1 : kGrainBytes / power;
}

/// Most blocks of a size in a slab of the usual length, a power of two.
constexpr std::size_t usual_blocks(std::size_t bytes) {
  return std::min(kMaxSlabBlocks, std::bit_floor(kUsualSlabBytes / bytes));
}

/// Most blocks of a size in a slab: a power of two where that fills grains without a rest, else what leaves the least.
constexpr std::size_t max_blocks(std::size_t bytes) {
  const std::size_t usual = usual_blocks(bytes);
  std::size_t best = usual, best_rest = kGrainBytes;
  for (std::size_t blocks = usual; blocks <= std::min(4 * usual, kMaxSlabBlocks); ++blocks) {
    const std::size_t rest = (0 - blocks * bytes) % kGrainBytes;
    if (rest >= best_rest) continue;
    best = blocks;
    best_rest = rest;
  }
  return best;
}

/// Blocks in the first slab of a class that is cut from the top.
constexpr std::size_t first_blocks(std::size_t bytes) { return std::max(min_blocks(bytes), usual_blocks(bytes) / 8); }

}  // namespace tidemark
