// Movable memory in runs of the program's heap.
#include "movable/heap_runs.h"
#include "movable/movable_heap.h"
#include "override/global_heap.h"

namespace tidemark {

namespace {

constinit HeapRuns<WasmPages, ProgramObserver> runs(global_heap);
constinit MovableHeap movable_heap(runs);

}  // namespace

MovableHeap& program_movable_heap() { return movable_heap; }

}  // namespace tidemark
