// What a compactor asks of the heap: free memory below some address, and a block moved down over the free run before it.
// Both are for large blocks only: they are whole runs.
#pragma once

#include <cstring>

#include "heap/heap.h"

namespace tidemark {

template <PageSource Pages>
class HeapSlide {
 public:
  explicit HeapSlide(Heap<Pages>& heap) : runs_(heap.runs_) {}

  /// A block of at least `n_bytes` > kMaxSmallBytes that begins below `limit`; null when the heap finds none, and
  /// nothing has changed then. Takes no memory above the top.
  void* allocate_below(std::size_t n_bytes, Address limit) {
    if (runs_.mapped() == 0) return nullptr;
    const std::size_t length = grains_for(n_bytes);
    const Grain grain = runs_.acquire_below_top(length);
    if (grain == kNoGrain) return nullptr;
    if (runs_.address(grain) >= limit) {
      runs_.release(grain, length);
      return nullptr;
    }
    runs_.entry(grain) = make_entry(length, kBlock);
    return reinterpret_cast<void*>(runs_.address(grain));
  }

  /// Bytes that slide() would move a large block down by: the length of the free run in front of it.
  std::size_t bytes_before(const void* block) const {
    const Grain grain = runs_.grain_of(reinterpret_cast<Address>(block));
    if (grain == runs_.carve_end_) return (grain - runs_.carve_) << kGrainShift;
    const Entry before = runs_.entry(grain - 1);
    if (grain == 1 || entry_kind(before) != kFree) return 0;
    return entry_value(before) << kGrainShift;
  }

  /// Moves a large block, content and all, down over the free run in front of it; returns where it is then.
  /// Cost      a memmove of the block.
  void* slide(void* block) {
    if (bytes_before(block) == 0) return block;
    const Grain grain = runs_.grain_of(reinterpret_cast<Address>(block));
    if (grain == runs_.carve_end_) runs_.stop_carving();
    const std::size_t gap = entry_value(runs_.entry(grain - 1)), length = entry_value(runs_.entry(grain));
    const Grain to = grain - gap;
    runs_.remove(to, gap);
    runs_.entry(grain) = 0;
    runs_.entry(to) = make_entry(length, kBlock);
    void* const moved = reinterpret_cast<void*>(runs_.address(to));
    std::memmove(moved, block, length << kGrainShift);
    runs_.release(to + length, gap);
    return moved;
  }

 private:
  Runs<Pages>& runs_;
};

}  // namespace tidemark
