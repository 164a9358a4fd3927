// The handlers that give memory back, and what each of them gave.
//
// A handler may allocate, free, and add or remove handlers: rows are ordered by links, so that a row stays where it is,
// and a round remembers which rows it has called.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tidemark/manager.h"

namespace tidemark {

class PressureHandlers {
 public:
  static constexpr int kCapacity = TIDEMARK_MAX_PRESSURE_HANDLERS;

  constexpr PressureHandlers() = default;

  /// 0 when there are too many.
  int add(tidemark_pressure_handler handler, void* context, tidemark_pressure level, int priority, const char* name);
  bool remove(int id);

  /// Calls those of `event.level` and below, by priority, each at most once, until enough() says true. live_bytes() is
  /// what gains are measured by.
  template <class LiveBytes, class Enough>
  void run(tidemark_pressure_event event, LiveBytes&& live_bytes, Enough&& enough) {
    std::uint32_t called = 0;
    for (int row = next(event.level, called); row >= 0 && !enough(); row = next(event.level, called)) {
      called |= std::uint32_t{1} << row;
      const int id = rows_[row].id;
      const std::size_t before = live_bytes();
      event.live_bytes = before;
      rows_[row].handler(rows_[row].context, &event);
      const std::size_t after = live_bytes();
      if (rows_[row].id == id) count(rows_[row], before > after ? before - after : 0);
    }
  }

  std::size_t stats(tidemark_pressure_handler_stats* out, std::size_t capacity) const;

 private:
  struct Row {
    tidemark_pressure_handler handler = nullptr;
    void* context = nullptr;
    int id = 0;  // 0 of a free row
    int level = 0;
    int priority = 0;
    tidemark_pressure_handler_stats stats{};
  };

  /// The row to call next, of highest priority, and of those the one that was added first; -1 when there is none.
  int next(int level, std::uint32_t called) const;
  static void count(Row& row, std::size_t gained_bytes);

  Row rows_[kCapacity];
  int last_id_ = 0;
};

static_assert(PressureHandlers::kCapacity <= 32);  // bits of `called`

}  // namespace tidemark
