// The raw exports of the profiler and of the heap's meter.
#include <emscripten/stack.h>

#include <cstdint>

#include "monitor/heap_map.h"
#include "override/global_heap.h"
#include "tidemark/movable.h"
#include "tidemark/profile.h"

using tidemark::Address;
using tidemark::global_heap;

// Set by the linker: the stack, which lies among static data, and where static data end.
extern "C" unsigned char __stack_low, __stack_high, __heap_base;

// A program without movable blocks has neither.
extern "C" [[gnu::weak]] bool tidemark_movable_has(std::uintptr_t address);
extern "C" [[gnu::weak]] void tidemark_movable_get_stats(tidemark_movable_stats* out);

extern "C" {

/// What web/src/monitor.ts reads word by word: heap_meter.h has the order.
const void* tidemark_meter(void) { return &global_heap.observer(); }

void tidemark_meter_set_mark(std::size_t live_bytes) { global_heap.observer().set_mark(live_bytes); }

void tidemark_meter_reset_peak(void) { global_heap.observer().reset_peak(); }

/// As HeapMeter::start_sampling; a negative mean stops it.
void tidemark_profiler_sample(double mean_bytes, double share, std::uint32_t seed) {
  if (mean_bytes < 0) {
    global_heap.observer().stop_sampling();
  } else {
    global_heap.observer().start_sampling(mean_bytes, share, seed);
  }
}

/// Whether samples are rarer than was asked for; to be called again a while later, then.
bool tidemark_profiler_relax(void) {
  global_heap.observer().relax();
  return global_heap.observer().rate().throttled();
}

/// The address of the innermost scope of tidemark/profile.h; 0 for none.
const void* tidemark_profiler_scope(void) { return tidemark_scope_top; }

/// The lower end of the stack, where nothing but deeper calls would write; null where `count` bytes of it, and as many more as
/// filling the map takes, aren't free.
std::uint8_t* tidemark_heap_map_stack(std::size_t count) {
  constexpr std::size_t kCallBytes = 2048;
  const std::size_t free = emscripten_stack_get_current() - reinterpret_cast<Address>(&__stack_low);
  return count + kCallBytes <= free ? &__stack_low : nullptr;
}

/// Fills `count` bytes, one for each 4 KiB from address 0 on, as heap_map.h says.
void tidemark_heap_map(std::uint8_t* cells, std::size_t count) {
  using enum tidemark::MapCell;
  tidemark::HeapMap map(cells, count);
  map.add(kMapStatic, reinterpret_cast<Address>(&__stack_low));
  map.add(kMapStack, reinterpret_cast<Address>(&__stack_high));
  map.add(kMapStatic, reinterpret_cast<Address>(&__heap_base));
  tidemark_movable_stats movable{};
  if (tidemark_movable_get_stats != nullptr) tidemark_movable_get_stats(&movable);
  const bool has_movable = movable.held_bytes != 0;
  tidemark::add_heap(map, global_heap, [has_movable](const tidemark::Run& run) {
    return has_movable && tidemark_movable_has(run.begin);
  });
  map.add(kMapFree, tidemark::WasmPages().end());
  map.finish();
}

}  // extern "C"
