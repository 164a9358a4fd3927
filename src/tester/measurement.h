// One workload, done with the allocator under test and with the reference in turn.
//
// Unit      some rounds of the trace, long enough for the clock. A unit of the allocator under test and one of the reference
//           follow each other, so that both meet the same machine; each gives one figure, nanoseconds for an operation.
// Section   the operations between two reads of the clock, 20 us or ten steps of the clock: what the histogram counts.
// Watched   after a unit of the allocator under test, a round that isn't timed stops where there is something to see.
#pragma once

#include <array>
#include <cstdint>

#include "platform/clock.h"
#include "tester/latency_histogram.h"
#include "tester/plain_allocator.h"
#include "tester/trace.h"
#include "tester/trace_replay.h"

namespace tidemark {

inline constexpr std::uint32_t kMaxUnits = 512;

/// Why run() has come back. At all but the first two the program is to be looked at.
enum class MeasurementEvent : std::uint8_t {
  kDone,
  kSliceOver,
  kStart,  // nothing was asked of the allocator under test yet
  kPeak,   // as much is live as ever is
  kHoles,  // most is free again
  kEnd,    // of a round: everything was freed
};

struct MeasurementPlan {
  WorkloadKind workload;
  std::uint64_t seed;
  std::uint64_t budget_us;  // of timed operations, both sides together
  std::uint32_t max_units;  // at most kMaxUnits
  bool with_reference;
  TraceReplay::Memory memory;
};

class Measurement {
 public:
  static constexpr std::uint32_t kMinUnits = 8;

  /// `reference` is the allocator that `tested` is measured against, reached in the same way.
  Measurement(const MeasurementPlan& plan, Clock& clock, const AllocatorFunctions& tested,
              const AllocatorFunctions& reference);

  /// Goes on for about `slice_us`, or until there is something to see.
  MeasurementEvent run(std::uint64_t slice_us);
  /// Frees all that the allocator under test, and the reference, still hold.
  void free_all();

  const Trace& trace() const { return trace_; }
  TraceReplay& tested() { return tested_; }
  const LatencyHistogram& latency() const { return latency_; }
  std::uint64_t resolution_us() const { return resolution_us_; }
  std::uint64_t section_operations() const { return section_operations_; }
  std::uint64_t rounds_per_unit() const { return rounds_per_unit_; }
  std::uint32_t units() const { return units_; }
  std::uint64_t operations() const { return operations_; }
  /// Of whole units.
  std::uint64_t tested_us() const { return tested_us_; }
  /// Of the budget.
  std::uint64_t spent_us() const { return tested_us_ + reference_us_ + (left_in_unit_ == 0 ? 0 : unit_us_); }
  /// Nanoseconds for an operation, of each unit.
  const double* tested_costs() const { return tested_costs_.data(); }
  const double* reference_costs() const { return reference_costs_.data(); }
  std::uint64_t reference_refused() const { return reference_.refused(); }

 private:
  enum class Phase : std::uint8_t { kBegin, kWarmUp, kTested, kWatched, kReference, kDone };

  void measure_resolution();
  void warm_up();
  void begin_unit(Phase phase);
  bool run_section(TraceReplay& replay, bool in_histogram);
  MeasurementEvent watch();
  void end_unit();

  MeasurementPlan plan_;
  Clock& clock_;
  std::array<TraceOperation, kMaxOperations> operations_room_;
  std::array<TestBlock, kMaxSlots> tested_blocks_;
  std::array<TestBlock, kMaxSlots> reference_blocks_;
  std::array<std::uintptr_t, kMaxSlots> leaked_;
  std::array<std::uintptr_t, kMaxSlots> reference_leaked_;
  std::array<std::uint16_t, kMaxSlots> by_address_;
  std::array<double, kMaxUnits> tested_costs_;
  std::array<double, kMaxUnits> reference_costs_;
  Trace trace_;
  TraceReplay tested_;
  TraceReplay reference_;
  LatencyHistogram latency_;
  Phase phase_ = Phase::kBegin;
  std::uint64_t resolution_us_ = 0;
  std::uint64_t section_operations_ = 0;
  std::uint64_t rounds_per_unit_ = 1;
  std::uint64_t left_in_unit_ = 0;
  std::uint64_t unit_us_ = 0;
  std::uint64_t tested_us_ = 0;
  std::uint64_t reference_us_ = 0;
  std::uint64_t operations_ = 0;
  std::uint32_t units_ = 0;
};

}  // namespace tidemark
