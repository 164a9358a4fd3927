// A heap with a meter and a manager, as a program of the runtime has it.
#pragma once

#include <functional>

#include "manager/memory_manager.h"
#include "monitor/heap_meter.h"
#include "platform/fake_clock.h"
#include "support/arena.h"

namespace tidemark::testing {

class MeteredHeap : private HeapListener, private ManagedHeap {
 public:
  explicit MeteredHeap(Arena& arena) : heap_(ArenaSource(arena), HeapMeter(*this)), manager_(*this) {
    heap_.observer().stop_sampling();
  }

  Heap<ArenaSource, HeapMeter>& heap() { return heap_; }
  MemoryManager& manager() { return manager_; }
  HeapMeter& meter() { return heap_.observer(); }
  std::size_t live_bytes() override { return meter().live_bytes(); }
  bool limit(std::size_t hard_bytes, std::size_t critical_bytes = 0, std::size_t soft_bytes = 0) {
    return manager_.set_limits({hard_bytes, critical_bytes, soft_bytes, 0});
  }

  /// What others than the handlers are asked for.
  std::function<void(const tidemark_pressure_event&)> others = [](const tidemark_pressure_event&) {};
  std::size_t collections = 0;
  std::size_t samples = 0;

 private:
  void sampled(Address, std::size_t, double) override { ++samples; }
  void sample_freed(Address, bool) override {}
  void sample_moved(Address, Address) override {}
  bool admits(std::size_t n_bytes, std::size_t held_bytes) override { return manager_.admits(n_bytes, held_bytes); }
  bool make_room(std::size_t n_bytes) override { return manager_.make_room(n_bytes); }
  void alarm() override {}
  Clock& clock() override { return clock_; }

  void watch_for(std::size_t horizon) override { meter().set_horizon(horizon); }
  void collect() override {
    ++collections;
    heap_.trim();
  }
  void ask_others(const tidemark_pressure_event& event) override { others(event); }

  FakeClock clock_;
  Heap<ArenaSource, HeapMeter> heap_;
  MemoryManager manager_;
};

}  // namespace tidemark::testing
