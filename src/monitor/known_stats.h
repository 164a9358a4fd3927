// The statistics of a heap that has a meter, from what it counts itself.
//
// Exact       All but one of them, at any time, whatever the heap has grown to.
// The longest free stretch  is exact where nothing has changed since a walk, and in a heap of few runs. Free neighbours are
//             joined in sweeps only, so any other heap has to be walked for it. Without a walk it is what surely is free in
//             one piece: what the last walk found, as long as nothing was taken out of free memory since, and the longest
//             run that the heap can hand out at once.
// Cost        A few dozen loads; with a walk, a step for each run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "heap/heap_walk.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class KnownStats {
 public:
  static constexpr std::size_t kWalkedRuns = 64;

  /// `exactly`: with a walk for the longest free stretch, wherever anything has changed.
  const tidemark_heap_stats& of(Heap<Pages, Observer>& heap, bool exactly) {
    const HeapWalk<Pages, Observer> walk(heap);
    const Observer& meter = heap.observer();
    const auto& held = walk.held();
    const std::size_t own_bytes = walk.map_bytes() + (held.descriptor_grains() << kGrainShift);
    stats_.memory_bytes = walk.memory_end();
    stats_.heap_bytes = walk.span_bytes() - (held.stranger_grains() << kGrainShift);
    stats_.reserved_bytes = own_bytes + (held.slab_grains() << kGrainShift) + meter.live_large_bytes();
    stats_.peak_reserved_bytes = walk.peak_bytes();
    stats_.live_bytes = meter.live_bytes();
    stats_.live_blocks = meter.live_blocks();
    stats_.metadata_bytes = own_bytes + held.unfilled_bytes();
    stats_.free_bytes = stats_.heap_bytes - stats_.metadata_bytes - stats_.live_bytes;
    stats_.largest_free_bytes = longest_free(walk, meter, exactly);
    stats_.top_bytes = walk.top_bytes();
    return stats_;
  }

 private:
  struct Moment {
    typename HeapWalk<Pages, Observer>::State state;
    std::uint64_t total_bytes, freed_bytes;
    bool operator==(const Moment&) const = default;
  };
  struct Takes {
    std::uint32_t large_bytes, others;
    bool operator==(const Takes&) const = default;
  };

  std::size_t longest_free(const HeapWalk<Pages, Observer>& walk, const Observer& meter, bool exactly) {
    const Moment now{walk.state(), meter.total_bytes(), meter.total_bytes() - meter.live_bytes()};
    if (walked_ && now == moment_) return found_.bytes;
    const Takes takes{meter.total_large_bytes(), walk.held().takes()};
    if (exactly || found_.runs <= kWalkedRuns) {
      const std::size_t max_runs = exactly ? std::numeric_limits<std::size_t>::max() : kWalkedRuns;
      typename HeapWalk<Pages, Observer>::LongestFree found;
      if (walk.find_longest_free(max_runs, found)) {
        found_ = found;
        moment_ = now;
        takes_ = takes;
        walked_ = true;
        return found_.bytes;
      }
      found_.runs = kWalkedRuns + 1;
    }
    const std::size_t at_once = walk.longest_free_at_once();
    return walked_ && takes == takes_ && found_.bytes > at_once ? found_.bytes : at_once;
  }

  tidemark_heap_stats stats_{};
  typename HeapWalk<Pages, Observer>::LongestFree found_{};
  Moment moment_{};
  Takes takes_{};
  bool walked_ = false;
};

}  // namespace tidemark
