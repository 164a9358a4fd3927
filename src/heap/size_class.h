// Size classes: the one map from a requested size to the block that serves it.
//
// Geometry    blocks of 8, 16, … 128 B, then 8 equal steps a doubling, up to 2 KiB: 48 classes, numbered from 1.
// Invariants  (checked for every size in tests/unit/size_class_test.cpp)
//   I1  block_bytes(c) strictly increases with c.
//   I2  class_for(n) is the least class whose block holds n.
//   I3  block_bytes(class_for(n)) - n < max(kMinBlockBytes, n / 8).
//   I4  For every power of two a <= 256, the class of a multiple of a has blocks whose size is a multiple of a, so that
//       an aligned request is an ordinary one of its size rounded up to a.
//   I5  max_blocks(c) and min_blocks(c) blocks fill whole grains without a rest.
#pragma once

#include <algorithm>
#include <array>

#include "base/steps.h"
#include "base/units.h"

namespace tidemark {

using SizeClass = unsigned;

inline constexpr std::size_t kMaxSmallBytes = 2048;
inline constexpr SizeClass kSizeClassCount = step_above(kMaxSmallBytes / kMinBlockBytes) + 1;  // class 0 stays unused

/// A slab takes at most this many bytes, so that a class with few blocks pins little memory.
inline constexpr std::size_t kMaxSlabBytes = 16 * 1024;
inline constexpr std::size_t kMaxSlabBlocks = 64;

constexpr std::size_t block_bytes(SizeClass size_class) { return step_value(size_class) * kMinBlockBytes; }

namespace detail {
constexpr auto make_class_table() {
  std::array<unsigned char, kMaxSmallBytes / kMinBlockBytes + 1> table{};
  table[0] = 1;
  for (std::size_t units = 1; units < table.size(); ++units)
    table[units] = static_cast<unsigned char>(step_above(units));
  return table;
}
inline constexpr auto kClassTable = make_class_table();
}  // namespace detail

/// Least class whose block holds `n_bytes`; a request for nothing gets the least block.
/// Requires  n_bytes <= kMaxSmallBytes.
/// Cost      one load.
constexpr SizeClass class_for(std::size_t n_bytes) {
  return detail::kClassTable[(n_bytes + kMinBlockBytes - 1) / kMinBlockBytes];
}

/// Blocks in the largest slab of a class: a power of two.
constexpr std::size_t max_blocks(SizeClass size_class) {
  return std::min(kMaxSlabBlocks, std::bit_floor(kMaxSlabBytes / block_bytes(size_class)));
}

/// Blocks in the first slab of a class: a power of two, and the fewest that fill grains without a rest.
constexpr std::size_t min_blocks(SizeClass size_class) {
  const std::size_t bytes = block_bytes(size_class);
  const std::size_t power = std::size_t{1} << std::countr_zero(bytes);
  const std::size_t exact = power >= kGrainBytes ? 1 : kGrainBytes / power;
  return std::max(exact, max_blocks(size_class) / 8);
}

}  // namespace tidemark
