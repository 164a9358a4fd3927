// The tester for JavaScript: a measurement at a time, as raw exports. What JavaScript puts into the table in place of the
// functions below is called by the workload without a crossing.
#include <malloc.h>
#include <stdlib.h>

#include <new>

#include "platform/program_clock.h"
#include "tester/measurement.h"
#include "tester/movable_blocks.h"

using namespace tidemark;

namespace {

PlainAllocator* plain = nullptr;
MovableBlocks* movable = nullptr;

void* plain_allocate(std::size_t n_bytes) { return plain->allocate(n_bytes); }
void plain_free(void* block) { plain->free(block); }
void* plain_reallocate(void* block, std::size_t n_bytes) { return plain->reallocate(block, n_bytes); }

void* movable_allocate(std::size_t n_bytes) { return movable->allocate(n_bytes); }
void movable_free(void* block) { movable->free(block); }
void* movable_reallocate(void* block, std::size_t n_bytes) { return movable->reallocate(block, n_bytes); }

enum Allocator : std::uint32_t { kOwn, kForeign, kMovable, kPlain, kReference };

// Places in the table, for others' functions. Who has no realloc gets one that keeps no content: nobody reads it.
void* foreign_allocate(std::size_t) { return nullptr; }
void foreign_free(void*) {}
void* foreign_reallocate(void* block, std::size_t n_bytes) {
  // Volatile: the functions above must be called through the table, for what is there by then.
  void* (*volatile allocate)(std::size_t) = foreign_allocate;
  void (*volatile free)(void*) = foreign_free;
  void* moved = allocate(n_bytes);
  if (moved != nullptr) free(block);
  return moved;
}
void* reference_allocate(std::size_t) { return nullptr; }
void reference_free(void*) {}
void* reference_reallocate(void*, std::size_t) { return nullptr; }

constexpr AllocatorFunctions kAllocators[] = {
    {malloc, free, realloc},
    {foreign_allocate, foreign_free, foreign_reallocate},
    {movable_allocate, movable_free, movable_reallocate},
    {plain_allocate, plain_free, plain_reallocate},
    {reference_allocate, reference_free, reference_reallocate},
};

constexpr TraceReplay::Memory kMemories[] = {TraceReplay::Memory::kOwn, TraceReplay::Memory::kOther,
                                             TraceReplay::Memory::kNone, TraceReplay::Memory::kOwn,
                                             TraceReplay::Memory::kOwn};

Measurement* measurement = nullptr;

/// JavaScript reads it number by number: web/src/tester_engine.ts has the order.
struct Figures {
  double operations;
  double tested_us;
  double units;
  double rounds_per_unit;
  double section_operations;
  double resolution_us;
  double p50_ns, p95_ns, p99_ns, max_ns;
  double live_bytes;
  double peak_live_bytes;
  double leaked_bytes;
  double leaked_bytes_per_round;
  double allocated_bytes;
  double refused;
  double reference_refused;
  double fault;
  double highest_end;
  double span_bytes;
  double damaged;
  double operations_per_round;
  double spent_us;
};
Figures figures;

}  // namespace

extern "C" {

/// Where in the table the functions of an allocator are: 0 allocate, 1 free, 2 reallocate.
std::uintptr_t tidemark_tester_entry(std::uint32_t allocator, std::uint32_t which) {
  const AllocatorFunctions& functions = kAllocators[allocator];
  switch (which) {
    case 0:
      return reinterpret_cast<std::uintptr_t>(functions.allocate);
    case 1:
      return reinterpret_cast<std::uintptr_t>(functions.free);
    default:
      return reinterpret_cast<std::uintptr_t>(functions.reallocate);
  }
}

/// Frees what a measurement holds of the allocator under test, when that is still to be trusted, and ends it. Nothing where
/// there is none.
void tidemark_tester_end(int with_blocks) {
  if (measurement != nullptr && with_blocks != 0) measurement->free_all();
  delete measurement;
  delete plain;  // with all its blocks
  delete movable;
  measurement = nullptr;
  plain = nullptr;
  movable = nullptr;
}

/// Whether there was memory for it, and no other one under way.
int tidemark_tester_begin(std::uint32_t workload, std::uint32_t seed, std::uint32_t budget_us, std::uint32_t max_units,
                          std::uint32_t allocator, std::uint32_t reference) {
  if (measurement != nullptr) return 0;
  const bool with_reference = reference != kOwn;
  const MeasurementPlan plan = {
      static_cast<WorkloadKind>(workload), seed, budget_us, max_units, with_reference, kMemories[allocator]};
  plain = new (std::nothrow) PlainAllocator(kAllocators[kOwn]);
  if (allocator == kMovable) movable = new (std::nothrow) MovableBlocks();
  measurement = new (std::nothrow)
      Measurement(plan, program_clock(), kAllocators[allocator], kAllocators[with_reference ? reference : kPlain]);
  if (measurement != nullptr && plain != nullptr && (allocator != kMovable || movable != nullptr)) return 1;
  tidemark_tester_end(0);
  return 0;
}

/// A MeasurementEvent.
std::uint32_t tidemark_tester_run(std::uint32_t slice_us) {
  return measurement == nullptr ? 0 : static_cast<std::uint32_t>(measurement->run(slice_us));
}

/// What was found up to now. Null where nothing is under way.
const Figures* tidemark_tester_figures() {
  if (measurement == nullptr) return nullptr;
  const LatencyHistogram& latency = measurement->latency();
  const TraceReplay& tested = measurement->tested();
  const auto number = [](auto value) { return static_cast<double>(value); };
  figures = {number(measurement->operations()),
             number(measurement->tested_us()),
             number(measurement->units()),
             number(measurement->rounds_per_unit()),
             number(measurement->section_operations()),
             number(measurement->resolution_us()),
             number(latency.quantile(0.5)),
             number(latency.quantile(0.95)),
             number(latency.quantile(0.99)),
             number(latency.max()),
             number(tested.live_bytes()),
             number(tested.peak_live_bytes()),
             number(tested.leaked_bytes()),
             number(measurement->trace().leaked_bytes),
             number(tested.allocated_bytes()),
             number(tested.refused()),
             number(measurement->reference_refused()),
             number(tested.fault()),
             number(tested.highest_end()),
             number(tested.span_bytes()),
             number(movable == nullptr ? 0 : movable->damaged()),
             number(measurement->trace().operations.size()),
             number(measurement->spent_us())};
  return &figures;
}

/// Nanoseconds for an operation, of each unit: of the allocator under test, or of the reference.
const double* tidemark_tester_costs(int of_reference) {
  if (measurement == nullptr) return nullptr;
  return of_reference != 0 ? measurement->reference_costs() : measurement->tested_costs();
}

}  // extern "C"
