// Budgets: who has the memory. Scopes nest; between two changes of the innermost scope, whatever the use has risen or fallen
// by is that scope's. So an allocation pays nothing for it.
//
// Invariants (check())
//   B1  total of a budget = its own bytes + the totals of its parts.
//   B2  A part comes after what it is a part of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tidemark/manager.h"

namespace tidemark {

class Budgets {
 public:
  static constexpr int kCapacity = TIDEMARK_MAX_BUDGETS;
  static constexpr int kMaxDepth = TIDEMARK_MAX_BUDGET_DEPTH;
  static constexpr std::size_t kMaxName = TIDEMARK_MAX_BUDGET_NAME;

  constexpr Budgets() = default;

  /// Numbers begin at 1; 0 as tidemark_budget() describes it.
  int find_or_make(const char* name);
  bool set_limit(int budget, std::size_t limit_bytes);
  bool enter(int budget, std::size_t live_bytes);
  bool leave(std::size_t live_bytes);
  void credit(int budget, std::size_t n_bytes);

  /// Charges the innermost scope with what has happened since it was charged last.
  void settle(std::size_t live_bytes);

  /// How much the use may rise before a budget of the innermost scope goes over; SIZE_MAX where none can.
  std::size_t headroom() const;

  void on_over(void (*callback)(void* context, int budget), void* context) {
    callback_ = callback;
    callback_context_ = context;
  }

  std::size_t stats(tidemark_budget_stats* out, std::size_t capacity) const;
  const char* check() const;

 private:
  struct Row {
    char name[kMaxName + 1] = {};
    int parent = 0;
    bool is_over = false;
    std::int64_t own = 0;
    std::int64_t total = 0;  // below 0 where blocks of others were freed in the scope
    std::int64_t peak = 0;
    std::size_t limit_bytes = 0;
    std::size_t overruns = 0;
  };

  bool known(int budget) const { return budget > 0 && budget <= count_; }
  Row& row(int budget) { return rows_[budget - 1]; }
  const Row& row(int budget) const { return rows_[budget - 1]; }
  int find(const char* name, std::size_t length) const;
  int make(const char* name, std::size_t length);
  void charge(int budget, std::int64_t n_bytes);
  void compare(int budget);

  Row rows_[kCapacity];
  int count_ = 0;
  int scopes_[kMaxDepth] = {};
  int depth_ = 0;
  std::size_t settled_bytes_ = 0;  // the use when the innermost scope was charged last
  void (*callback_)(void*, int) = nullptr;
  void* callback_context_ = nullptr;
};

}  // namespace tidemark
