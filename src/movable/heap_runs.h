// Runs from a Heap.
#pragma once

#include "heap/heap_slide.h"
#include "heap/heap_tidy.h"
#include "movable/run_source.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapRuns : public RunSource {
 public:
  static_assert(kMaxUnmovableBytes == kMaxSmallBytes);

  constexpr explicit HeapRuns(Heap<Pages, Observer>& heap) : heap_(heap) {}

  void* allocate(std::size_t n_bytes) override { return heap_.allocate(n_bytes); }
  void* allocate_below(std::size_t n_bytes, Address limit) override {
    return HeapSlide(heap_).allocate_below(n_bytes, limit);
  }
  void* allocate_lowest(std::size_t n_bytes, Address limit) override {
    return HeapSlide(heap_).allocate_lowest(n_bytes, limit);
  }
  void* reallocate(void* block, std::size_t n_bytes) override { return heap_.reallocate(block, n_bytes); }
  void free(void* block) override { heap_.free(block); }
  std::size_t usable_bytes(const void* block) override { return heap_.usable_bytes(block); }
  void settle() override { heap_.trim(); }
  std::size_t settle_part(std::size_t from, std::size_t max_runs) override {
    return HeapTidy(heap_).run(from, max_runs, Tidying::kRelease);
  }
  void slide(RunMover& mover) override {
    HeapSlide(heap_).slide([&](Address begin, std::size_t n_bytes,
                               std::size_t free_bytes) { return mover.may_move(begin, n_bytes, free_bytes); },
                           [&](Address from, Address to) { mover.moved(from, to); });
  }

 private:
  Heap<Pages, Observer>& heap_;
};

}  // namespace tidemark
