#ifdef TIDEMARK_OBSERVED
#include "override/global_heap.h"
#include "override/program_manager.h"

/// Of bindings/manager.js: the handlers of JavaScript.
extern "C" void tidemark_on_pressure(int level, int reason, std::size_t wanted_bytes);

namespace tidemark {

namespace {

class ProgramHeap final : public ManagedHeap {
 public:
  std::size_t live_bytes() override { return global_heap.observer().live_bytes(); }
  void watch_for(std::size_t horizon_bytes) override { global_heap.observer().set_horizon(horizon_bytes); }
  void collect() override { global_heap.trim(); }
  void ask_others(const tidemark_pressure_event& event) override {
    tidemark_on_pressure(event.level, event.reason, event.wanted_bytes);
  }
};

constinit ProgramHeap program_heap;

}  // namespace

constinit MemoryManager program_manager(program_heap);

}  // namespace tidemark

using tidemark::program_manager;

extern "C" {

int tidemark_set_limits(const tidemark_limits* limits) { return program_manager.set_limits(*limits); }

void tidemark_get_limits(tidemark_limits* out) { *out = program_manager.limits(); }

void tidemark_get_manager_stats(tidemark_manager_stats* out) { *out = program_manager.stats(); }

tidemark_pressure tidemark_get_pressure(void) { return program_manager.pressure(); }

int tidemark_can_allocate(std::size_t n_bytes) { return program_manager.can_allocate(n_bytes); }

int tidemark_add_pressure_handler(tidemark_pressure_handler handler, void* context, tidemark_pressure level,
                                  int priority, const char* name) {
  return program_manager.handlers().add(handler, context, level, priority, name);
}

int tidemark_remove_pressure_handler(int id) { return program_manager.handlers().remove(id); }

std::size_t tidemark_get_pressure_handlers(tidemark_pressure_handler_stats* out, std::size_t capacity) {
  return program_manager.handlers().stats(out, capacity);
}

std::size_t tidemark_relieve(std::size_t wanted_bytes) { return program_manager.relieve(wanted_bytes); }

int tidemark_budget(const char* name) { return program_manager.settled_budgets().find_or_make(name); }

int tidemark_set_budget_limit(int budget, std::size_t limit_bytes) {
  const bool known = program_manager.settled_budgets().set_limit(budget, limit_bytes);
  program_manager.rearm();
  return known;
}

int tidemark_enter_budget(int budget) { return program_manager.enter_budget(budget); }

int tidemark_leave_budget(void) { return program_manager.leave_budget(); }

void tidemark_credit_budget(int budget, std::size_t n_bytes) {
  program_manager.settled_budgets().credit(budget, n_bytes);
}

void tidemark_on_over_budget(void (*callback)(void* context, int budget), void* context) {
  program_manager.settled_budgets().on_over(callback, context);
}

std::size_t tidemark_get_budgets(tidemark_budget_stats* out, std::size_t capacity) {
  return program_manager.settled_budgets().stats(out, capacity);
}

}  // extern "C"
#endif
