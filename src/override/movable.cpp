// Movable memory in runs of the program's heap.
#include "movable/heap_runs.h"
#include "movable/movable_heap.h"
#include "override/global_heap.h"
#ifdef TIDEMARK_OBSERVED
#include "override/program_manager.h"
#endif

namespace tidemark {

namespace {

using Runs = HeapRuns<WasmPages, ProgramObserver>;

#ifdef TIDEMARK_OBSERVED
/// Movable memory takes runs in the middle of its own work: handlers, which may use it, are not called from there.
class LimitedRuns final : public Runs {
 public:
  using Runs::Runs;

  void* allocate(std::size_t n_bytes) override {
    const MemoryManager::Quiet quiet(program_manager);
    return Runs::allocate(n_bytes);
  }
  void* allocate_below(std::size_t n_bytes, Address limit) override {
    const MemoryManager::Quiet quiet(program_manager);
    return Runs::allocate_below(n_bytes, limit);
  }
  void* allocate_lowest(std::size_t n_bytes, Address limit) override {
    const MemoryManager::Quiet quiet(program_manager);
    return Runs::allocate_lowest(n_bytes, limit);
  }
  void* reallocate(void* block, std::size_t n_bytes) override {
    const MemoryManager::Quiet quiet(program_manager);
    return Runs::reallocate(block, n_bytes);
  }
};

constinit LimitedRuns runs(global_heap);
#else
constinit Runs runs(global_heap);
#endif

}  // namespace

// The symbol is that of the table of slots, which begins it.
extern constinit MovableHeap movable_heap __asm__("tidemark_movable_slots");
constinit MovableHeap movable_heap(runs);

MovableHeap& program_movable_heap() { return movable_heap; }

}  // namespace tidemark
