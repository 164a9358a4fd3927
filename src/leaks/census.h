// The heap, counted once: what each size class holds, what is free and in which pieces. One walk over the runs.
#pragma once

#include <bit>

#include "heap/heap_walk.h"
#include "heap/size_class.h"

namespace tidemark {

/// Of one size class; row 0 is of large blocks.
struct CensusRow {
  std::uint32_t block_bytes;  // 0: large blocks
  std::uint32_t live_blocks;
  std::uint32_t slabs;
  std::uint32_t sparse_slabs;  // at most a quarter of whose blocks are in use
  double live_bytes;
  double free_bytes;         // in slabs that have a block in use: of use to this class only
  double sparse_free_bytes;  // … in sparse ones
};

struct Census {
  double live_bytes = 0;
  double live_blocks = 0;
  double held_bytes = 0;          // all runs but the heap's own
  double free_run_bytes = 0;      // below the top
  double largest_free_bytes = 0;  // run, the memory above the top apart
  double top_bytes = 0;
  double large_bytes = 0;  // the largest live block
  double idle_bytes = 0;   // slabs that have no block in use: any size can have them
  CensusRow rows[kSizeClassCount] = {};
};

template <class Walk>
void take_census(const Walk& walk, Census& census) {
  census = {};
  for (SizeClass i = 1; i < kSizeClassCount; ++i)
    census.rows[i].block_bytes = static_cast<std::uint32_t>(block_bytes(i));
  double joined = 0;
  walk.for_each_run([&](const Run& run) {
    const auto bytes = static_cast<double>(run.bytes);
    if (run.kind == RunKind::kFree) {
      joined += bytes;
      census.free_run_bytes += bytes;
      if (joined > census.largest_free_bytes) census.largest_free_bytes = joined;
      return;
    }
    joined = 0;
    if (run.kind == RunKind::kReserved) return;
    census.held_bytes += bytes;
    // Slabs of blocks that fit a size exactly are counted with the class that holds it.
    CensusRow& row = census.rows[run.slab == nullptr ? 0 : class_for(run.slab->block_bytes)];
    std::size_t live = 1, blocks = 1;
    double live_bytes = bytes, all_bytes = bytes;
    if (run.slab != nullptr) {
      blocks = run.slab->blocks();
      live = blocks - static_cast<std::size_t>(std::popcount(run.slab->free_blocks));
      live_bytes = static_cast<double>(live * run.slab->block_bytes);
      all_bytes = static_cast<double>(blocks * run.slab->block_bytes);
      row.slabs += 1;
    } else if (bytes > census.large_bytes) {
      census.large_bytes = bytes;
    }
    row.live_blocks += static_cast<std::uint32_t>(live);
    row.live_bytes += live_bytes;
    census.live_blocks += static_cast<double>(live);
    census.live_bytes += live_bytes;
    if (live == 0) {
      census.idle_bytes += all_bytes;
    } else {
      row.free_bytes += all_bytes - live_bytes;
      if (live * 4 <= blocks) {
        row.sparse_slabs += 1;
        row.sparse_free_bytes += all_bytes - live_bytes;
      }
    }
  });
  const tidemark_heap_stats stats = walk.stats();
  census.top_bytes = static_cast<double>(stats.top_bytes);
}

}  // namespace tidemark
