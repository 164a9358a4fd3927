// What a compactor asks of the heap: free memory below some address, and blocks moved down over the free memory in front
// of them. Both are for large blocks only: they are whole runs.
#pragma once

#include <cstring>

#include "heap/heap.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapSlide {
  using Bins = typename Runs<Pages, Observer>::RunBins;

 public:
  explicit HeapSlide(Heap<Pages, Observer>& heap) : heap_(heap), runs_(heap.slabs_.runs()) {}

  /// A block of at least `n_bytes` > kMaxSmallBytes that begins below `limit`; null when none is found, and nothing has
  /// changed then. Sees what the last sweep has joined.
  void* allocate_below(std::size_t n_bytes, Address limit) {
    return observed(n_bytes, [&] { return find_below(n_bytes, limit); });
  }

  /// As allocate_below, at the lowest address there is.
  /// Cost      a step for each run below it.
  void* allocate_lowest(std::size_t n_bytes, Address limit) {
    return observed(n_bytes, [&] { return find_lowest(n_bytes, limit); });
  }

  /// Offers every large block that has free memory in front of it, lowest first: may_move(begin, n_bytes, free_bytes).
  /// Where that says yes, the block is moved, content and all, to where the free memory began, and moved(from, to) told.
  /// Neither may use the heap.
  /// Cost      two sweeps of the heap, and a memmove of each block that moves.
  template <class MayMove, class Moved>
  void slide(MayMove&& may_move, Moved&& moved) {
    if (runs_.mapped() == 0) return;
    heap_.trim();
    // Free runs get entries, but bins and links are left to the second sweep to set right.
    Grain hole = kNoGrain;  // begin of the free memory that ends at `grain`
    for (Grain grain = 1; grain < runs_.top();) {
      const MapEntry entry = runs_.entry(grain);
      const EntryKind kind = entry_kind(entry);
      const std::size_t length = kind == kSlab ? slab_of(entry)->length() : runs_.length_of(entry);
      const Address from = runs_.address(grain);
      if (kind == kFree) {
        runs_.entry(grain) = 0;
        if (length >= kMinBinnedGrains) runs_.entry(grain + 1) = runs_.entry(grain + 2) = 0;
        if (hole == kNoGrain) hole = grain;
      } else if (hole != kNoGrain && kind == kBlock &&
                 may_move(from, length << kGrainShift, (grain - hole) << kGrainShift)) {
        const Address to = runs_.address(hole);
        std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), length << kGrainShift);
        runs_.entry(grain) = 0;
        runs_.entry(hole) = entry;
        hole += length;
        if (Observer::kActive && (entry & kWatched) != 0) heap_.observer_.moved(from, to);
        moved(from, to);
      } else if (hole != kNoGrain) {
        runs_.entry(hole) = make_entry(grain - hole, kFree);
        hole = kNoGrain;
      }
      grain += length;
    }
    if (hole != kNoGrain) runs_.top_ = hole;  // which the map need not reach
    heap_.trim();
  }

 private:
  static constexpr int kMaxProbes = 64;

  /// Blocks that compaction takes count, and keep to the limit, as all others do.
  template <class Find>
  void* observed(std::size_t n_bytes, Find&& find) {
    if (runs_.mapped() == 0) return nullptr;
    const BlockSize size{grains_for(n_bytes) << kGrainShift, true};
    Observer& observer = heap_.observer_;
    if (observer.wants(size) && observer.judge(size, 0) == Verdict::kRefuse) return nullptr;
    void* const block = find();
    if (block == nullptr) observer.gave(size);
    return block;
  }

  void* find_below(std::size_t n_bytes, Address limit) {
    runs_.put_recent_into_bins();
    const std::size_t length = grains_for(n_bytes);
    for (unsigned bin = Bins::bin_of(length); bin < Bins::kCount; ++bin) {
      // What was freed last is in front, and mostly above: so more are looked at than an allocation would.
      Grain grain = runs_.bins_.head(bin);
      for (int probes = kMaxProbes; grain != kNoGrain && probes > 0; --probes) {
        const std::size_t found = entry_value(runs_.entry(grain));
        if (found >= length && runs_.address(grain) < limit) return take(grain, length);
        grain = entry_value(runs_.entry(grain + 1));
      }
    }
    return nullptr;
  }

  void* find_lowest(std::size_t n_bytes, Address limit) {
    runs_.put_recent_into_bins();
    runs_.carve_from(kNoGrain, kNoGrain);
    const std::size_t length = grains_for(n_bytes);
    for (Grain grain = 1; grain < runs_.top() && runs_.address(grain) < limit;) {
      const MapEntry entry = runs_.entry(grain);
      const bool is_slab = entry_kind(entry) == kSlab;
      const std::size_t found = is_slab ? slab_of(entry)->length() : runs_.length_of(entry);
      if (entry_kind(entry) == kFree && found >= length) return take(grain, length);
      grain += found;
    }
    return nullptr;
  }

  /// The first `length` >= kMinBinnedGrains grains of a free run.
  void* take(Grain grain, std::size_t length) {
    const std::size_t found = entry_value(runs_.entry(grain));
    runs_.bins_.remove(&runs_.entry(0), grain, found);
    if (found > length) runs_.insert(grain + length, found - length);
    runs_.entry(grain) = make_entry(length, kBlock);
    return reinterpret_cast<void*>(runs_.address(grain));
  }

  Heap<Pages, Observer>& heap_;
  Runs<Pages, Observer>& runs_;
};

}  // namespace tidemark
