// The manager of one heap: decides on allocations that come near a limit, and has memory given back when there is too
// little of it. tidemark/manager.h says what limits, pressure and budgets are.
//
// Where it stands in malloc
//   The heap's observer lets allocations pass without a question for as long as no mark can have been reached: the manager
//   tells it how many bytes may come into use until then (the horizon). The rest is admits(), off the fast path.
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
  /// admits() is to be asked about the allocation with which `horizon_bytes` more will have come into use.
  virtual void watch_for(std::size_t horizon_bytes) = 0;
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

  /// While it lives, allocations are judged by the limit alone: for who allocates in the middle of work that handlers
  /// may want to use.
  class Quiet {
   public:
    explicit Quiet(MemoryManager& manager) : manager_(manager), before_(manager.making_room_) {
      manager_.making_room_ = true;
    }
    ~Quiet() { manager_.making_room_ = before_; }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

   private:
    MemoryManager& manager_;
    bool before_;
  };

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
  /// Levels and budgets may be noticed so late; the limit may not.
  static constexpr std::size_t kLateBytes = 4096;

  bool is_too_large(std::size_t n_bytes) const;
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
