// What the npm package's manager calls: tidemark/manager.h with numbers in place of structures.
#include "tidemark/manager.h"

#include <cstdint>

#include "heap/heap_tidy.h"
#include "override/global_heap.h"
#include "override/program_manager.h"

using tidemark::global_heap;
using tidemark::Tidying;

namespace {

constexpr std::size_t kBudgetWords = 5;

// What tidemark_manager_stats() and tidemark_manager_budget_stats() return: JavaScript reads them word by word.
tidemark_manager_stats stats;
tidemark_budget_stats budgets[TIDEMARK_MAX_BUDGETS];
static_assert(sizeof(tidemark_budget_stats) == kBudgetWords * sizeof(std::size_t));

// What a step of tidying has met, and where to go on, 0 at the end.
struct Tidied {
  std::size_t next;
  std::size_t idle_bytes;
};
Tidied tidied;
std::size_t spare_bytes = 0;  // that the last count has found

char name_buffer[TIDEMARK_MAX_BUDGET_NAME + 1];

}  // namespace

extern "C" {

int tidemark_manager_set_limits(std::size_t hard, std::size_t critical, std::size_t soft) {
  const tidemark_limits limits{hard, critical, soft, tidemark::program_manager.limits().max_allocation_bytes};
  return tidemark_set_limits(&limits);
}

std::size_t tidemark_manager_live_bytes(void) { return global_heap.observer().live_bytes(); }

/// From run `from` on, 0 at first, over about `max_runs`: counts what slabs keep that have no block in use, or releases
/// it, joins what is free, and, where a count has found that it is worth it, splits slabs.
const Tidied* tidemark_manager_tidy(std::size_t from, std::size_t max_runs, int releases) {
  tidemark::HeapTidy tidy(global_heap);
  if (releases == 0) {
    if (from == 0) spare_bytes = 0;
    tidied.next = tidy.run(from, max_runs, Tidying::kCount);
    spare_bytes += tidy.spare_bytes();
  } else {
    const bool splits = tidy.is_worth_splitting(spare_bytes);
    tidied.next = tidy.run(from, max_runs, splits ? Tidying::kReleaseAndSplit : Tidying::kRelease);
  }
  tidied.idle_bytes = tidy.idle_bytes();
  return &tidied;
}

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
