// Natively the system's malloc stays, so movable memory has a heap of its own, over address space that the system gives
// memory to as it is touched.
#include <sys/mman.h>

#include "movable/heap_runs.h"
#include "movable/movable_heap.h"
#include "platform/arena_pages.h"

namespace tidemark {

namespace {

constexpr std::size_t kAddressSpaceBytes = std::size_t{1} << (sizeof(void*) == 8 ? 38 : 30);

ArenaPages reserve_pages() {
  void* const begin =
      mmap(nullptr, kAddressSpaceBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return begin == MAP_FAILED ? ArenaPages() : ArenaPages(begin, kAddressSpaceBytes, 0);
}

}  // namespace

MovableHeap& program_movable_heap() {
  static Heap<ArenaPages> heap(reserve_pages());
  static HeapRuns<ArenaPages> runs(heap);
  static MovableHeap movable_heap(runs);
  return movable_heap;
}

}  // namespace tidemark
