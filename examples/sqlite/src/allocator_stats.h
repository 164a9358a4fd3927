// What the malloc that the program is linked with can tell about itself. One file implements this for each malloc; CMake
// links the one that fits.
#pragma once

#include <cstddef>
#include <limits>

namespace sqlite_example {

/// In place of a number that the malloc has no way to tell. JavaScript sees it as NaN.
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Doubles, so that JavaScript reads them through one view. measure.mjs has the same names in the same order.
struct AllocatorStats {
  double used_bytes = kUnknown;      // in blocks that the program holds, as this malloc counts them
  double reserved_bytes = kUnknown;  // up to the last of those blocks: what is free below it, and its own data, too
  double peak_reserved_bytes = kUnknown;  // the most that was ever reserved
  double free_bytes = kUnknown;           // could be handed out without growing the memory
  double largest_free_bytes = kUnknown;   // the largest block that could be
  double top_free_bytes = kUnknown;       // free above the last block, up to the end of linear memory
  double live_blocks = kUnknown;
  double free_blocks = kUnknown;
  double metadata_bytes = kUnknown;
};

struct SizeClassStats {
  double block_bytes;  // 0 stands for every block that is too large for a size class
  double live_blocks;
  double free_blocks;
  double slabs;
};

AllocatorStats allocator_stats();

/// Fills up to `capacity` rows, smallest blocks first, and returns how many there are. Most mallocs can't tell: 0.
std::size_t size_class_stats(SizeClassStats* rows, std::size_t capacity);

}  // namespace sqlite_example
