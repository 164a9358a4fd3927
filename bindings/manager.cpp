// What the npm package's manager calls: tidemark/manager.h with numbers in place of structures.
#include "tidemark/manager.h"

#include <cstdint>

#include "heap/heap_walk.h"
#include "override/global_heap.h"
#include "override/program_manager.h"

using tidemark::global_heap;
using tidemark::HeapWalk;
using tidemark::Run;
using tidemark::RunKind;

namespace {

constexpr std::size_t kBudgetWords = 5;

// What tidemark_manager_stats() and tidemark_manager_budget_stats() return: JavaScript reads them word by word.
tidemark_manager_stats stats;
tidemark_budget_stats budgets[TIDEMARK_MAX_BUDGETS];
static_assert(sizeof(tidemark_budget_stats) == kBudgetWords * sizeof(std::size_t));

char name_buffer[TIDEMARK_MAX_BUDGET_NAME + 1];

}  // namespace

extern "C" {

int tidemark_manager_set_limits(std::size_t hard, std::size_t critical, std::size_t soft) {
  const tidemark_limits limits{hard, critical, soft, tidemark::program_manager.limits().max_allocation_bytes};
  return tidemark_set_limits(&limits);
}

std::size_t tidemark_manager_live_bytes(void) { return global_heap.observer().live_bytes(); }

/// Bytes that nothing else can use: live blocks, and slabs that have none but were not released yet. What a collection
/// gives back to the heap is what this falls by, each byte once.
std::size_t tidemark_manager_held_bytes(void) {
  std::size_t held = 0;
  HeapWalk(global_heap).for_each_run([&](const Run& run) {
    if (run.kind == RunKind::kBlock) held += run.bytes;
    if (run.kind != RunKind::kSlab) return;
    const auto free_blocks = static_cast<std::size_t>(std::popcount(run.slab->free_blocks));
    held += run.slab->idle() ? run.bytes : (run.slab->blocks() - free_blocks) * run.slab->block_bytes;
  });
  return held;
}

/// Releases what is kept for speed.
void tidemark_manager_release(void) { global_heap.trim(); }

const tidemark_manager_stats* tidemark_manager_get_stats(void) {
  tidemark_get_manager_stats(&stats);
  return &stats;
}

/// Where a budget's name is to be written, TIDEMARK_MAX_BUDGET_NAME bytes and a 0, before it is opened.
char* tidemark_manager_name(void) { return name_buffer; }

int tidemark_manager_open_budget(void) { return tidemark_budget(name_buffer); }

/// Of one budget: name, limit, used, peak, overruns.
const tidemark_budget_stats* tidemark_manager_budget_stats(int budget) {
  tidemark_get_budgets(budgets, TIDEMARK_MAX_BUDGETS);
  return &budgets[budget - 1];
}

}  // extern "C"
