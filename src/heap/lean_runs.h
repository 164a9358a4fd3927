// Runs of a heap without quick_runs (features.h): a run that is released goes into its bin at once, or back above the top;
// what is left of one that was cut does, too.
#pragma once

#include "heap/runs.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
TIDEMARK_RARE Grain Runs<Pages, Observer>::acquire_lean(std::size_t length) {
  const Grain grain = bins_.find(map_, length);
  if (grain == kNoGrain) return grain;
  const std::size_t found = entry_value(map_[grain]);
  bins_.remove(map_, grain, found);
  if (found != length) insert(grain + length, found - length);
  return grain;
}

template <PageSource Pages, HeapObserver Observer>
TIDEMARK_RARE void Runs<Pages, Observer>::release_lean(Grain grain, std::size_t length) {
  if (grain + length == top_) {
    top_ = grain;
  } else {
    insert(grain, length);
    freed_ += length;
  }
}

template <PageSource Pages, HeapObserver Observer>
template <class VisitSlab>
TIDEMARK_SMALL void Runs<Pages, Observer>::sweep(VisitSlab&& visit_slab) {
  if (map_[kNoGrain] != kMapGuard) fatal("heap", address(1), kMapOverwritten);
  bins_.clear();
  Grain end = 1;  // of the last run that is not free
  for (Grain grain = 1; grain < top_;) {
    const MapEntry entry = map_[grain];
    const bool in_slab = is_slab(entry);
    const std::size_t length = in_slab ? slab_of(entry)->length() : length_of(entry);
    if (length == 0) fatal("heap", address(grain), kMapOverwritten);
    const bool is_free = in_slab ? visit_slab(slab_of(entry)) : entry_kind(entry) == kFree;
    if (is_free) {
      fill_entries(grain, in_slab || length < kMinBinnedGrains ? length : kMinBinnedGrains, 0);
    } else {
      if (end != grain) insert(end, grain - end);
      end = grain + length;
    }
    grain += length;
  }
  top_ = end;
  freed_ = 0;
  growths_ = 0;
}

/// What is free behind the block is joined, and comes back as one where the block does not need it.
template <PageSource Pages, HeapObserver Observer>
TIDEMARK_RARE bool Runs<Pages, Observer>::resize_lean(Grain grain, std::size_t length, std::size_t new_length) {
  const Grain new_end = grain + new_length;
  Grain end = grain + length;
  while (end < new_end) {
    if (end == top_) {
      if (new_end > limit_ && !grow_memory(new_end - limit_)) break;
      advance_top(new_end);
      end = new_end;
    } else {
      const MapEntry entry = map_[end];
      if (entry_kind(entry) != kFree) break;
      const std::size_t found = entry_value(entry);
      if (found >= kMinBinnedGrains) bins_.remove(map_, end, found);
      map_[end] = 0;
      end += found;
    }
  }
  const bool fits = end >= new_end;
  if (fits) length = new_length;
  map_[grain] = make_entry(length, kBlock);
  grain += length;
  if (grain != end) release_lean(grain, end - grain);
  return fits;
}

}  // namespace tidemark
