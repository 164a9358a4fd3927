// The manager of one heap: decides on allocations that come near a limit, and has memory given back when there is too
// little of it. tidemark/manager.h says what limits, pressure and budgets are.
//
// Where it stands in malloc
//   The heap's observer lets allocations pass without a question for as long as no limit can have been reached: the
//   manager tells it how many bytes may be asked for until then (the horizon). The rest is admits(), off the fast path.
//   The horizon is an eighth of the distance to the nearest mark: a block has at most 8 times the bytes that were asked
//   for (malloc(1)). malloc(0) asks for nothing, and so the observer also asks about everything while the use is above
//   tight_mark(), which it compares whenever malloc left its fast path: 64 blocks of 8 bytes are the most in between.
// Invariant    With a hard limit, the use is at or below it after every allocation that was served, unless it was above
//              when the limit was set.
// Re-entrancy  While room is being made, allocations are judged by the limit alone: handlers, which may allocate and free,
//              are not called from within handlers.
#pragma once

#include <cstddef>

#include "manager/budgets.h"
#include "manager/pressure_gauge.h"
#include "manager/pressure_handlers.h"
#include "tidemark/manager.h"

namespace tidemark {

/// What the manager asks of the heap that it looks after.
class ManagedHeap {
 public:
  virtual std::size_t live_bytes() = 0;
  /// admits() is to be asked after another `horizon_bytes` were requested, and always while the use, when malloc leaves
  /// its fast path, is at or above `tight_mark`.
  virtual void watch_for(std::size_t horizon_bytes, std::size_t tight_mark) = 0;
  /// Gives back what is kept for speed.
  virtual void collect() = 0;
  /// Whoever else can give back: JavaScript's handlers. With TIDEMARK_REASON_LEVEL, nothing is waited for.
  virtual void ask_others(const tidemark_pressure_event& event) = 0;

 protected:
  ~ManagedHeap() = default;
};

class MemoryManager {
 public:
  static constexpr std::size_t kNever = ~std::size_t{0};

  constexpr explicit MemoryManager(ManagedHeap& heap) : heap_(&heap) {}

  MemoryManager(const MemoryManager&) = delete;
  MemoryManager& operator=(const MemoryManager&) = delete;

  // --- asked by the heap's observer

  /// Whether a block of `n_bytes` may be had in place of one of `held_bytes`. Makes room for it where it must.
  bool admits(std::size_t n_bytes, std::size_t held_bytes);
  /// The system has no more memory for a block of `n_bytes`: whether to try again.
  bool make_room(std::size_t n_bytes);

  // --- asked by the program

  bool set_limits(const tidemark_limits& limits);
  const tidemark_limits& limits() const { return limits_; }
  bool can_allocate(std::size_t n_bytes);
  tidemark_pressure pressure();
  std::size_t relieve(std::size_t wanted_bytes);
  tidemark_manager_stats stats();

  PressureHandlers& handlers() { return handlers_; }

  Budgets& settled_budgets() {
    budgets_.settle(heap_->live_bytes());
    return budgets_;
  }
  bool enter_budget(int budget);
  bool leave_budget();
  /// A limit of a budget has changed.
  void rearm() { arm(heap_->live_bytes()); }

 private:
  /// Nearer than this to a mark, every allocation is looked at.
  static constexpr std::size_t kTightBytes = 4096;
  static constexpr std::size_t kMostBytesARequestedByte = 8;
  /// More than blocks of malloc(0) can take unseen.
  static constexpr std::size_t kUncountedBytes = 1024;

  bool fits(std::size_t n_bytes, std::size_t held_bytes);
  template <class Enough>
  void make_room(tidemark_pressure_reason reason, std::size_t wanted_bytes, Enough&& enough);
  void arm(std::size_t live_bytes);

  ManagedHeap* heap_;
  tidemark_limits limits_{};
  PressureGauge gauge_;
  tidemark_pressure told_ = TIDEMARK_PRESSURE_NONE;  // the highest level that handlers know of
  PressureHandlers handlers_;
  Budgets budgets_;
  bool making_room_ = false;
  bool made_room_ = false;  // for the allocation that is under way
  tidemark_manager_stats stats_{};
};

}  // namespace tidemark
