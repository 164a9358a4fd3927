/* Limits, pressure and budgets of a program's heap: for programs that were linked with Tidemark's runtime, in C and C++ and
 * without any JavaScript. docs/limits.md has the whole picture.
 *
 *   hard limit   what live bytes (tidemark/heap_stats.h) never exceed. An allocation that would pass it first has pressure
 *                handlers give memory back, then the heap collect, each once; then it fails with null, as any malloc does.
 *   pressure     how near the limit is. It rises at once, and falls when the use is 5 % of the hard limit below the mark.
 *                  low       80 % of the soft limit
 *                  medium    the soft limit
 *                  high      the critical limit
 *                  critical  95 % of the hard limit, or the critical limit where that is more
 *   handler      gives back what the program can do without. It may allocate and free. It is called inside of malloc, so
 *                it must not rely on what the caller of malloc is changing; it must not throw.
 *   budget       a name, and the bytes that were allocated less those that were freed while it was the innermost scope.
 *                "a/b" is a part of "a".
 *
 * Cost     malloc's fast path: none. Memory: a few KiB of static data, nothing on the heap.
 * Threads  One at a time.
 */
#ifndef TIDEMARK_MANAGER_H_
#define TIDEMARK_MANAGER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TIDEMARK_MAX_PRESSURE_HANDLERS 32
#define TIDEMARK_MAX_BUDGETS 64
#define TIDEMARK_MAX_BUDGET_DEPTH 32
#define TIDEMARK_MAX_BUDGET_NAME 47

enum tidemark_pressure {
  TIDEMARK_PRESSURE_NONE = 0,
  TIDEMARK_PRESSURE_LOW = 1,
  TIDEMARK_PRESSURE_MEDIUM = 2,
  TIDEMARK_PRESSURE_HIGH = 3,
  TIDEMARK_PRESSURE_CRITICAL = 4,
};

/** All in bytes; 0 is no limit. */
struct tidemark_limits {
  size_t hard_bytes;
  size_t critical_bytes;
  size_t soft_bytes;
  size_t max_allocation_bytes; /* of one block: the smallest that holds so many is the largest to be had */
};

enum tidemark_pressure_reason {
  TIDEMARK_REASON_LEVEL = 0,  /* the pressure has risen */
  TIDEMARK_REASON_LIMIT = 1,  /* an allocation would pass the hard limit */
  TIDEMARK_REASON_GROWTH = 2, /* the system has refused to let memory grow */
  TIDEMARK_REASON_ASKED = 3,  /* tidemark_relieve() */
};

struct tidemark_pressure_event {
  enum tidemark_pressure level;
  enum tidemark_pressure_reason reason;
  size_t live_bytes;
  size_t hard_bytes;
  size_t wanted_bytes; /* of the allocation that is waiting; 0 when none is */
};

typedef void (*tidemark_pressure_handler)(void* context, const struct tidemark_pressure_event* event);

struct tidemark_pressure_handler_stats {
  const char* name;
  size_t runs;
  size_t gained_bytes; /* in all: live bytes before less those after, where that is not negative */
  size_t last_gained_bytes;
  size_t runs_without_gain; /* since the last gain */
};

struct tidemark_budget_stats {
  const char* name;
  size_t limit_bytes; /* 0: none */
  size_t used_bytes;  /* parts included */
  size_t peak_bytes;
  size_t overruns; /* how often it has gone over its limit */
};

struct tidemark_manager_stats {
  size_t live_bytes;
  enum tidemark_pressure pressure;
  size_t reliefs;         /* how often room was made because of the hard limit or a refused growth */
  size_t relieved_bytes;  /* what that gave */
  size_t refusals;        /* allocations that failed at a limit */
  size_t refused_growths; /* how often the system refused to let memory grow */
};

/** Whether they were taken: 0 < soft <= critical <= hard is needed of those that are not 0. From now on; the use may be
 *  above already, and then only shrinks. */
int tidemark_set_limits(const struct tidemark_limits* limits);
void tidemark_get_limits(struct tidemark_limits* out);
void tidemark_get_manager_stats(struct tidemark_manager_stats* out);

enum tidemark_pressure tidemark_get_pressure(void);

/** Whether a block of so many bytes is within the limits now, without anything being given back. */
int tidemark_can_allocate(size_t n_bytes);

/** To be called when the pressure rises to `level` or above, and at the hard limit; those of higher priority first, and
 *  none after there is room enough. Returns a number for remove, or 0 when there are too many. `name` must stay. */
int tidemark_add_pressure_handler(tidemark_pressure_handler handler, void* context, enum tidemark_pressure level,
                                  int priority, const char* name);
/** Whether it was there. */
int tidemark_remove_pressure_handler(int id);
/** Fills at most `capacity` rows, in the order in which they are called; returns how many there are. */
size_t tidemark_get_pressure_handlers(struct tidemark_pressure_handler_stats* out, size_t capacity);

/** Has handlers of every level give back until `wanted_bytes` have come, and the heap collect; returns how many came. */
size_t tidemark_relieve(size_t wanted_bytes);

/** The number of the budget with this name, which is made, with those that it is a part of, where there is none; 0 when
 *  there are too many, or the name is empty, too long, or has an empty part. */
int tidemark_budget(const char* name);
/** Whether there is such a budget. */
int tidemark_set_budget_limit(int budget, size_t limit_bytes);
/** What is allocated and freed is the budget's until leave; scopes nest. Whether there is such a budget, and it could be
 *  entered. */
int tidemark_enter_budget(int budget);
/** Whether there was a scope to leave. */
int tidemark_leave_budget(void);
/** Takes bytes off a budget whose blocks were freed elsewhere. */
void tidemark_credit_budget(int budget, size_t n_bytes);
/** Called whenever a budget goes over its limit: once, until it has been 5 % below. Null for nobody. */
void tidemark_on_over_budget(void (*callback)(void* context, int budget), void* context);
/** Fills at most `capacity` rows, row i of budget i + 1; returns how many there are. */
size_t tidemark_get_budgets(struct tidemark_budget_stats* out, size_t capacity);

#ifdef __cplusplus
}  // extern "C"

namespace tidemark {

/// What is allocated while this lives is charged to a budget.
class BudgetScope {
 public:
  explicit BudgetScope(int budget) : entered_(tidemark_enter_budget(budget) != 0) {}
  explicit BudgetScope(const char* name) : BudgetScope(tidemark_budget(name)) {}
  ~BudgetScope() {
    if (entered_) tidemark_leave_budget();
  }
  BudgetScope(const BudgetScope&) = delete;
  BudgetScope& operator=(const BudgetScope&) = delete;

 private:
  bool entered_;
};

}  // namespace tidemark
#endif

#endif /* TIDEMARK_MANAGER_H_ */
