// Memory that the program has grown for its heap beforehand, or has begun with: malloc hands it out as if it had grown it itself.
#pragma once

#include "heap/heap.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapGrowth {
 public:
  explicit HeapGrowth(Heap<Pages, Observer>& heap) : heap_(heap), runs_(heap.slabs_.runs()) {}

  /// Memory ends at `end` or above; false where there is no more. What is grown is nobody's where a stranger's memory lies in front.
  bool reach(Address end) {
    const Address before = runs_.pages_.end();
    if (end <= before) return true;
    const bool is_next = begin() && before == runs_.address(runs_.limit_);
    if (!runs_.pages_.grow(round_up(end - runs_.pages_.end(), kPageBytes))) return false;
    if (is_next) take_all();
    return true;
  }

  /// All memory above the heap is the heap's.
  void take_all() {
    if (begin()) runs_.limit_ = runs_.grain_of(runs_.pages_.end());
  }

 private:
  /// Whether the heap knows where it lies: from its first block on.
  bool begin() {
    if (runs_.mapped_ == 0) heap_.free(heap_.allocate(1));
    return runs_.mapped_ != 0;
  }

  Heap<Pages, Observer>& heap_;
  Runs<Pages, Observer>& runs_;
};

}  // namespace tidemark
