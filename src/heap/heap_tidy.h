// Tidying: what trim() does, in parts that may be far apart. Runs of idle slabs are released, slabs split, free neighbours
// joined, and the top lowered, from the lowest run to the highest; between two parts the heap is whole, and may be used.
//
// What a sweep does better: it puts the bins in order of address, and finds descriptors that are all free.
#pragma once

#include <cstddef>

#include "heap/heap_walk.h"

namespace tidemark {

enum class Tidying { kCount, kRelease, kReleaseAndSplit };

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapTidy {
 public:
  explicit HeapTidy(Heap<Pages, Observer>& heap) : heap_(heap), slabs_(heap.slabs_), runs_(heap.slabs_.runs()) {}

  /// From `from`, kNoGrain at first, over about `max_runs` runs; returns where to go on, kNoGrain at the end. A count
  /// changes nothing.
  /// Cost      a step for each run, and for each grain of what the heap has put across the border since the last part.
  TIDEMARK_RARE Grain run(Grain from, std::size_t max_runs, Tidying tidying) {
    if (runs_.mapped_ == 0) return kNoGrain;
    const bool counts = tidying == Tidying::kCount;
    if (!counts) {
      runs_.carve_from(kNoGrain, kNoGrain);
      runs_.put_recent_into_bins();
    }
    Grain split_end = 0;  // below it, slabs are split already
    Grain grain = HeapWalk(heap_).border_from(from);
    for (auto left = static_cast<std::ptrdiff_t>(max_runs); grain < runs_.top_; --left) {
      const MapEntry entry = runs_.entry(grain);
      if (grain == runs_.carve_) {
        grain = runs_.carve_end_;
        continue;
      }
      if (entry_kind(entry) == kFree) {
        if (!counts) add_free(grain, entry_value(entry));
        grain += entry_value(entry);
        continue;
      }
      Slab* const slab = entry_kind(entry) == kSlab ? slab_of(entry) : nullptr;
      const std::size_t length = slab != nullptr ? slab->length() : runs_.length_of(entry);
      if (slab != nullptr && slab->idle()) {
        idle_bytes_ += length << kGrainShift;
        if (!counts) add_idle(slab, grain, length);
        grain += length;
        continue;
      }
      if (slab != nullptr) {
        const auto free_blocks = static_cast<std::size_t>(std::popcount(slab->free_blocks));
        spare_bytes_ += free_blocks * slab->block_bytes;
        if (tidying == Tidying::kReleaseAndSplit && grain >= split_end && free_blocks * 2 >= slab->blocks() &&
            slab != slabs_.current_[slab->size_class]) {
          split_end = grain + length;
          slabs_.close(slab);
          SlabSplit(slabs_).split(slab);
          place_parts(grain, split_end);
          continue;  // with the first part
        }
      }
      put_joined(grain);
      if (left <= 0) return grain;
      grain += length;
    }
    if (start_ != kNoGrain) lower_top();
    return kNoGrain;
  }

  /// Of the slabs without a block in use that were met.
  std::size_t idle_bytes() const { return idle_bytes_; }
  /// Of free blocks of the other slabs that were met.
  std::size_t spare_bytes() const { return spare_bytes_; }
  /// Whether there is so much that slabs are worth splitting, as a sweep has it.
  bool is_worth_splitting(std::size_t spare_bytes) const {
    return spare_bytes > runs_.top_ * kGrainBytes / Slabs<Pages, Observer>::kSplitShare;
  }

 private:
  /// Free runs next to each other gather in [start_, …). One that stays alone is left where it is in its bin.
  void add_free(Grain grain, std::size_t length) {
    if (start_ == kNoGrain) {
      start_ = grain;
      alone_ = length;
      return;
    }
    take_out(grain, length);
    take_out_first();
  }

  void add_idle(Slab* slab, Grain grain, std::size_t length) {
    slabs_.close(slab);
    runs_.held().remove_slab(*slab);
    runs_.fill_entries(grain, length, 0);
    slabs_.descriptors_.give(slab);
    if (start_ == kNoGrain) start_ = grain;
    take_out_first();
  }

  void take_out_first() {
    if (alone_ != 0) take_out(start_, alone_);
    alone_ = 0;
  }

  void take_out(Grain grain, std::size_t length) {
    if (length >= kMinBinnedGrains) {
      runs_.bins_.remove(&runs_.entry(0), grain, length);
    } else {
      runs_.entry(grain) = 0;
    }
  }

  void put_joined(Grain end) {
    if (start_ != kNoGrain && alone_ == 0) runs_.insert(start_, end - start_);
    start_ = kNoGrain;
    alone_ = 0;
  }

  void lower_top() {
    take_out_first();
    runs_.top_ = start_;
    start_ = kNoGrain;
  }

  /// The parts of a slab, and what a split has left between them.
  void place_parts(Grain grain, Grain end) {
    while (grain < end) {
      const MapEntry entry = runs_.entry(grain);
      const bool is_slab = entry_kind(entry) == kSlab;
      const std::size_t length = is_slab ? slab_of(entry)->length() : runs_.length_of(entry);
      if (is_slab) slabs_.open_or_close(slab_of(entry));
      if (entry_kind(entry) == kFree) runs_.insert(grain, length);
      grain += length;
    }
  }

  Heap<Pages, Observer>& heap_;
  Slabs<Pages, Observer>& slabs_;
  Runs<Pages, Observer>& runs_;
  Grain start_ = kNoGrain;
  std::size_t alone_ = 0;  // length of the one free run at start_, as long as nothing was joined to it
  std::size_t idle_bytes_ = 0;
  std::size_t spare_bytes_ = 0;
};

}  // namespace tidemark
