// The statistics of a heap, without a walk where the last one still tells.
//
// Exact      Where nothing was allocated, freed, tidied or moved since the last walk: its figures stand.
// As good    In a heap of more than 1024 runs, unless asked for exactly, until 32 bytes a run have come into use or were
//            freed: about as much work as the walk itself. Free and live bytes are off by no more than that.
// Otherwise  A walk: a step for each run.
//
// Bytes in use are no matter of a walk: the meter has them (monitor/heap_meter.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/heap_walk.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class KnownStats {
 public:
  static constexpr std::size_t kWalkedRuns = 1024;
  static constexpr std::size_t kBytesARun = 32;

  /// `exactly`: with a walk wherever anything has changed.
  const tidemark_heap_stats& of(Heap<Pages, Observer>& heap, bool exactly) {
    const HeapWalk<Pages, Observer> walk(heap);
    const std::uint64_t total = heap.observer().total_bytes();
    const std::uint64_t freed = total - heap.observer().live_bytes();
    const auto state = walk.state();
    const std::uint64_t changed = total - total_ + (freed - freed_);
    const bool same = changed == 0 && state == state_;
    const bool good =
        changed != 0 && state.limit == state_.limit && runs_ > kWalkedRuns && changed < kBytesARun * runs_;
    if (!known_ || !(same || (good && !exactly))) {
      stats_ = walk.stats(runs_);
      state_ = state;
      total_ = total;
      freed_ = freed;
      known_ = true;
    }
    return stats_;
  }

 private:
  tidemark_heap_stats stats_{};
  typename HeapWalk<Pages, Observer>::State state_{};
  std::uint64_t total_ = 0;
  std::uint64_t freed_ = 0;
  std::size_t runs_ = 0;
  bool known_ = false;
};

}  // namespace tidemark
