// What the last change of a table has done to the numbers of entries: for cursors, which stand in front of an entry.
//
// Entries are renumbered where a segment is rewritten without its dead ones, or two neighbours become one. A cursor at
// (from, place) is then at (to, base + number of entries of `live` before place).
#pragma once

#include <bit>

#include "structures/entry_segment.h"

namespace tidemark {

struct Relocation {
  SegmentNumber from;
  SegmentNumber to;
  std::uint32_t base;
  std::uint32_t unused;
  std::uint64_t live[EntrySegment::kPlaces / 64];

  std::uint32_t place_after(std::uint32_t place) const {
    std::uint32_t count = base;
    for (std::uint32_t i = 0; i < place / 64; ++i) count += static_cast<std::uint32_t>(std::popcount(live[i]));
    if (place % 64 != 0) {
      count += static_cast<std::uint32_t>(std::popcount(live[place / 64] & ((std::uint64_t{1} << (place % 64)) - 1)));
    }
    return count;
  }
};

struct RelocationLog {
  static constexpr std::uint32_t kMost = 4;
  std::uint32_t count;
  std::uint32_t unused;
  Relocation relocations[kMost];
};

/// Of the change that was made last, to any table: it is read at once, or not at all.
extern RelocationLog last_relocations;

}  // namespace tidemark
