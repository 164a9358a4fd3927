// The WebAssembly side of shrink: what JavaScript (move.js) calls, in the old instance and then in the new one.
#include <cstdint>

#include "heap/heap_shrink.h"
#include "movable/movable_heap.h"
#include "override/global_heap.h"
#include "tidemark/movable.h"

using tidemark::Address;
using tidemark::global_heap;
using Shrink = tidemark::HeapShrink<tidemark::WasmPages, tidemark::ProgramObserver>;
using tidemark::kCopyBytes;
using tidemark::kPageBytes;

// A program without movable blocks has no compactor.
extern "C" [[gnu::weak]] tidemark_compaction tidemark_movable_compact(std::uint64_t budget_us);
extern "C" [[gnu::weak]] void tidemark_movable_fold();
extern "C" [[gnu::weak]] void tidemark_movable_outlook(tidemark::MovableOutlook* out);
extern "C" [[gnu::weak]] bool tidemark_movable_moves(std::uintptr_t address);

// The limits of the stack, which Emscripten keeps in WebAssembly globals, in a program that asks for them.
extern "C" [[gnu::weak]] std::uintptr_t emscripten_stack_get_base();
extern "C" [[gnu::weak]] std::uintptr_t emscripten_stack_get_end();
extern "C" [[gnu::weak]] void emscripten_stack_set_limits(void* base, void* end);

namespace {

constexpr std::size_t kMaxRanges = 256;

struct Range {
  Address begin;
  Address end;
};

// JavaScript reads it word by word.
struct Plan {
  std::uint32_t complete;  // nothing comes after these ranges
  std::uint32_t count;
  Range ranges[kMaxRanges];
};

struct StackLimits {
  std::uintptr_t base;
  std::uintptr_t end;
};

struct Expectation {
  std::size_t memory_bytes;
  std::size_t copied_bytes;
};

struct Compaction {
  std::size_t moved_bytes;
  std::size_t released_bytes;
  std::uint32_t completed;
};

Plan plan;
StackLimits stack_limits;
Expectation expectation;
Compaction compaction;
Shrink::Cursor cursor;

bool add_to_plan(Address begin, Address end) {
  if (plan.count != 0 && begin == plan.ranges[plan.count - 1].end) {
    plan.ranges[plan.count - 1].end = end;
    return true;
  }
  if (plan.count == kMaxRanges) return false;
  plan.ranges[plan.count++] = {begin, end};
  return true;
}

}  // namespace

// Set by the linker: the stack, which lies among static data, and where static data end.
extern "C" unsigned char __stack_low, __stack_high, __heap_base;

extern "C" {

/// Draws the heap together; returns the least size of memory that the program can go on in.
std::size_t tidemark_shrink_prepare(void) {
  if (emscripten_stack_get_base != nullptr) stack_limits = {emscripten_stack_get_base(), emscripten_stack_get_end()};
  if (tidemark_movable_fold != nullptr) tidemark_movable_fold();
  Shrink shrink(global_heap);
  shrink.settle();
  return shrink.lowest_end();
}

/// The next live ranges of the heap; `first` begins anew.
const Plan* tidemark_shrink_plan(bool first) {
  if (first) cursor = {};
  plan.count = 0;
  plan.complete = Shrink(global_heap).for_each_live_range(cursor, add_to_plan);
  return &plan;
}

/// The next ranges, from `from` on, of what is not zero below the heap: static data and the stack, but for the part of it
/// that is not in use.
const Plan* tidemark_shrink_static(Address stack_pointer, Address from) {
  const Address low = reinterpret_cast<Address>(&__stack_low), high = reinterpret_cast<Address>(&__stack_high);
  const Address end = tidemark::round_up(reinterpret_cast<Address>(&__heap_base), kCopyBytes);
  Address unused_begin = tidemark::round_up(low + 2 * sizeof(Address), kCopyBytes);  // the first words are a cookie
  Address unused_end = stack_pointer & ~(kCopyBytes - 1);
  if (stack_pointer < low || stack_pointer > high || unused_begin > unused_end) unused_begin = unused_end = end;
  plan.count = 0;
  plan.complete = Shrink::visit_pages(0, unused_begin, from, add_to_plan) &&
                  Shrink::visit_pages(unused_end, end, from, add_to_plan);
  return &plan;
}

/// The next ranges, from `from` on, of what is not zero between the static data and `end`: in an instance in which nothing has
/// run, what constructors that were run by the linker (-sEVAL_CTORS) have left on the heap.
const Plan* tidemark_shrink_written(Address from, Address end) {
  plan.count = 0;
  plan.complete = Shrink::visit_pages(tidemark::round_up(reinterpret_cast<Address>(&__heap_base), kCopyBytes), end,
                                      from, add_to_plan);
  return &plan;
}

/// In the new instance, when everything was copied.
void tidemark_shrink_commit(std::size_t memory_bytes) {
  if (emscripten_stack_set_limits != nullptr) {
    emscripten_stack_set_limits(reinterpret_cast<void*>(stack_limits.base), reinterpret_cast<void*>(stack_limits.end));
  }
  Shrink(global_heap).commit(memory_bytes);
}

/// What a shrink would find in the heap, after a full compaction; changes nothing.
const Expectation* tidemark_shrink_expect(void) {
  tidemark::MovableOutlook movable{};
  if (tidemark_movable_outlook != nullptr) tidemark_movable_outlook(&movable);
  const auto moves = [&](Address address) { return movable.packed_bytes != 0 && tidemark_movable_moves(address); };
  const Shrink shrink(global_heap);
  expectation.memory_bytes = shrink.expected_end(moves, movable.packed_bytes, movable.least_run_bytes);
  expectation.copied_bytes = shrink.expected_bytes(moves) + movable.packed_bytes - movable.zero_bytes;
  return &expectation;
}

/// Moves movable blocks together for about so long.
const Compaction* tidemark_compact(double budget_us) {
  constexpr double kMost = 1e18;
  compaction = {0, 0, 1};
  if (tidemark_movable_compact == nullptr) return &compaction;
  const std::uint64_t budget = budget_us < kMost ? static_cast<std::uint64_t>(budget_us) : TIDEMARK_COMPACT_FULLY;
  const tidemark_compaction done = tidemark_movable_compact(budget);
  compaction = {done.moved_bytes, done.released_bytes, static_cast<std::uint32_t>(done.finished)};
  return &compaction;
}

}  // extern "C"
