// Monitors for JavaScript, as raw exports. What goes in and out is one row of doubles, at the address of the monitor:
// web/src/monitor_memory.ts has the order.
#include "monitor/monitor.h"

#include <cstdlib>
#include <new>

#include "monitor/known_stats.h"
#include "override/global_heap.h"
#include "platform/wasm_pages.h"

using tidemark::Monitor;
using tidemark::Sample;

namespace {

struct MonitorRow {
  Sample sample;
  double peak_allocated_bytes;
  double peak_used_bytes;
  double next_mark_bytes;
  double history;  // address of the oldest sample
  double history_count;
};

struct MonitorBlock {
  MonitorRow row;
  Monitor monitor;
};

void tell(MonitorBlock& block) {
  const Monitor& monitor = block.monitor;
  block.row.peak_allocated_bytes = monitor.peak_allocated_bytes();
  block.row.peak_used_bytes = monitor.peak_used_bytes();
  block.row.next_mark_bytes = monitor.next_mark(block.row.sample.limit_bytes);
  block.row.history = static_cast<double>(reinterpret_cast<std::uintptr_t>(monitor.history().data()));
  block.row.history_count = static_cast<double>(monitor.history().count());
}

constinit tidemark::KnownStats<tidemark::WasmPages, tidemark::ProgramObserver> known_stats;

}  // namespace

extern "C" {

/// The heap's statistics, as monitor/known_stats.h has them. Their live_bytes are the meter's to tell, and memory_bytes the
/// memory's.
const tidemark_heap_stats* tidemark_monitor_heap_stats(bool exactly) {
  return &known_stats.of(tidemark::global_heap, exactly);
}

/// A monitor with a history of `capacity` >= 4 samples, all of whose memory is one block; null when there is none.
MonitorBlock* tidemark_monitor_create(std::size_t capacity, double low, double medium, double high, double critical) {
  if (capacity > (PTRDIFF_MAX - sizeof(MonitorBlock)) / sizeof(Sample)) return nullptr;
  void* const memory = std::malloc(sizeof(MonitorBlock) + capacity * sizeof(Sample));
  if (memory == nullptr) return nullptr;
  auto* const samples = reinterpret_cast<Sample*>(static_cast<MonitorBlock*>(memory) + 1);
  auto* const block = new (memory) MonitorBlock{{}, Monitor(samples, capacity)};
  block->monitor.thresholds().set({low, medium, high, critical});
  return block;
}

/// Other thresholds from now on; history and peaks stay.
void tidemark_monitor_set_thresholds(MonitorBlock* block, double low, double medium, double high, double critical) {
  block->monitor.thresholds().set({low, medium, high, critical});
}

void tidemark_monitor_destroy(MonitorBlock* block) { std::free(block); }

/// Takes the row's sample in; returns the level to warn of, 0 for none.
std::uint32_t tidemark_monitor_take(MonitorBlock* block) {
  const auto level = block->monitor.take(block->row.sample);
  tell(*block);
  return static_cast<std::uint32_t>(level);
}

/// Fills in what the row's sample leads to, and takes nothing in.
void tidemark_monitor_derive(MonitorBlock* block) {
  block->monitor.derive(block->row.sample);
  block->monitor.note_peaks(block->row.sample);
  tell(*block);
}

}  // extern "C"
