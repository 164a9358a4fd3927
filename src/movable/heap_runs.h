// Runs from a Heap.
#pragma once

#include "heap/heap_slide.h"
#include "movable/run_source.h"

namespace tidemark {

template <PageSource Pages>
class HeapRuns : public RunSource {
 public:
  static_assert(kMaxUnmovableBytes == kMaxSmallBytes);

  constexpr explicit HeapRuns(Heap<Pages>& heap) : heap_(heap) {}

  void* allocate(std::size_t n_bytes) override { return heap_.allocate(n_bytes); }
  void* allocate_below(std::size_t n_bytes, Address limit) override {
    return HeapSlide(heap_).allocate_below(n_bytes, limit);
  }
  std::size_t bytes_before(const void* block) override { return HeapSlide(heap_).bytes_before(block); }
  void* slide(void* block) override { return HeapSlide(heap_).slide(block); }
  void* reallocate(void* block, std::size_t n_bytes) override { return heap_.reallocate(block, n_bytes); }
  void free(void* block) override { heap_.free(block); }
  std::size_t usable_bytes(const void* block) override { return heap_.usable_bytes(block); }

 private:
  Heap<Pages>& heap_;
};

}  // namespace tidemark
