// tidemark/manager.h in a program of C++ alone: limits, pressure, budgets, relief, and what happens at the limit.
#include <tidemark/heap_stats.h>
#include <tidemark/manager.h>
#include <tidemark/movable.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

namespace {

constexpr size_t kMiB = 1024 * 1024;

/// What the program can do without.
std::vector<std::vector<char>> cache;

void drop_cache(void*, const tidemark_pressure_event* event) {
  std::printf("handler: reason %d, level %d\n", event->reason, event->level);
  cache.clear();
}

void over_budget(void* context, int budget) { *static_cast<int*>(context) = budget; }

tidemark_budget_stats stats_of(int budget) {
  tidemark_budget_stats rows[TIDEMARK_MAX_BUDGETS];
  tidemark_get_budgets(rows, TIDEMARK_MAX_BUDGETS);
  return rows[budget - 1];
}

void limits_and_pressure() {
  const tidemark_limits limits = {8 * kMiB, 7 * kMiB, 6 * kMiB, 0};
  const tidemark_limits reversed = {kMiB, 2 * kMiB, 0, 0};
  std::printf("limits %d %d\n", tidemark_set_limits(&limits), tidemark_set_limits(&reversed));
  std::printf("can %d %d\n", tidemark_can_allocate(7 * kMiB), tidemark_can_allocate(9 * kMiB));

  // At the limit the handler makes room, and the allocation is served.
  const int handler = tidemark_add_pressure_handler(drop_cache, nullptr, TIDEMARK_PRESSURE_CRITICAL, 0, "cache");
  for (int i = 0; i < 4; ++i) cache.emplace_back(kMiB);
  void* large = std::malloc(6 * kMiB);
  std::printf("served %d, cache %zu, pressure %d\n", large != nullptr, cache.size(), tidemark_get_pressure());
  tidemark_pressure_handler_stats stats;
  tidemark_get_pressure_handlers(&stats, 1);
  std::printf("%s ran %zu, gained %d MiB\n", stats.name, stats.runs, static_cast<int>(stats.gained_bytes / kMiB));

  // Where nothing can be given back: null, and bad_alloc, and the program goes on.
  std::printf("null %d\n", std::malloc(3 * kMiB) == nullptr);
  try {
    std::string text(3 * kMiB, 'x');
    std::printf("not refused\n");
  } catch (const std::bad_alloc&) {
    std::printf("bad_alloc\n");
  }
  std::vector<int*> small;
  try {
    for (;;) small.push_back(new int[1000]);
  } catch (const std::bad_alloc&) {
    tidemark_manager_stats now;
    tidemark_get_manager_stats(&now);
    std::printf("full: within %d, refusals %zu\n", now.live_bytes <= limits.hard_bytes, now.refusals);
  }
  for (int* block : small) delete[] block;
  std::free(large);
  std::printf("removed %d %d\n", tidemark_remove_pressure_handler(handler), tidemark_remove_pressure_handler(handler));
  std::printf("again %d\n", tidemark_can_allocate(6 * kMiB));
}

void budgets() {
  const int textures = tidemark_budget("renderer/textures"), renderer = tidemark_budget("renderer");
  int over = 0;
  tidemark_on_over_budget(over_budget, &over);
  tidemark_set_budget_limit(textures, kMiB);
  void* texture = nullptr;
  {
    const tidemark::BudgetScope scope("renderer/textures");
    texture = std::malloc(2 * kMiB);
    const tidemark::BudgetScope inner(renderer);
    std::free(std::malloc(1000));
  }
  const bool charged = stats_of(textures).used_bytes >= 2 * kMiB && stats_of(renderer).used_bytes >= 2 * kMiB;
  std::printf("charged %d, over %d\n", charged, over == textures);
  {
    const tidemark::BudgetScope scope(textures);
    std::free(texture);
  }
  std::printf("left %zu, peak %d MiB\n", stats_of(textures).used_bytes,
              static_cast<int>(stats_of(textures).peak_bytes / kMiB));
  tidemark_on_over_budget(nullptr, nullptr);
}

void collection() {
  // Movable blocks, of which every fourth stays: compaction gives the room of the others back.
  std::vector<tidemark_handle> kept;
  for (int i = 0; i < 4000; ++i) {
    const tidemark_handle handle = tidemark_movable_allocate(1000, 0);
    std::memset(tidemark_movable_resolve(handle), i & 127, 1000);
    kept.push_back(handle);
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i % 4 != 0) tidemark_movable_free(kept[i]);
  }
  tidemark_heap_stats before, after;
  tidemark_get_heap_stats(&before);
  while (!tidemark_movable_compact(1000).finished) {
  }
  const size_t relieved = tidemark_relieve(0);
  tidemark_get_heap_stats(&after);
  bool whole = true;
  for (size_t i = 0; i < kept.size(); i += 4) {
    whole = whole && *static_cast<char*>(tidemark_movable_resolve(kept[i])) == static_cast<char>(i & 127);
  }
  std::printf("collected %d, whole %d, relieved %zu\n", before.live_bytes > after.live_bytes + 2 * kMiB, whole,
              relieved);
}

}  // namespace

int main() {
  limits_and_pressure();
  budgets();
  collection();
  return 0;
}
