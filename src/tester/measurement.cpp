#include "tester/measurement.h"

#include <algorithm>

namespace tidemark {

namespace {

constexpr std::uint64_t kStepsOfClock = 10;  // that a section lasts, at least: the clock is then at most a tenth off
constexpr std::uint64_t kSectionUs = 20;
constexpr std::uint64_t kSectionsOfUnit = 8;  // the reference is many times as fast, and takes steps of the clock, too
constexpr std::uint64_t kUnitsWanted = 100;   // of each side, where the budget allows
constexpr std::uint32_t kWarmUpRounds = 3;    // until the code is compiled, and memory has grown
constexpr std::uint32_t kAllWatched = 16;     // units; of the others, every eighth

}  // namespace

Measurement::Measurement(const MeasurementPlan& plan, Clock& clock, const AllocatorFunctions& tested,
                         const AllocatorFunctions& reference)
    : plan_(plan),
      clock_(clock),
      trace_(write_trace(plan.workload, plan.seed, operations_room_)),
      tested_(trace_, tested, plan.memory, {tested_blocks_, leaked_, by_address_}),
      reference_(trace_, reference,
                 // What isn't written on one side isn't on the other.
                 plan.memory, {reference_blocks_, reference_leaked_, by_address_}) {
  plan_.max_units = std::min(plan.max_units, kMaxUnits);
}

void Measurement::measure_resolution() {
  // The least step that the clock was seen to make, in a few steps or, where it stands still, many reads.
  std::uint64_t reads = 0;
  std::uint64_t before = clock_.now_us();
  for (unsigned steps = 0; steps < 8 && reads < 200'000; ++reads) {
    const std::uint64_t now = clock_.now_us();
    if (now == before) continue;
    resolution_us_ = steps == 0 ? now - before : std::min(resolution_us_, now - before);
    before = now;
    ++steps;
  }
}

void Measurement::warm_up() {
  const std::uint64_t size = trace_.operations.size();
  for (std::uint32_t round = 1; round < kWarmUpRounds && tested_.can_leak(); ++round) tested_.run(size);
  const std::uint64_t section_us = std::max(kSectionUs, kStepsOfClock * resolution_us_);
  const bool leaks = trace_.leaked_blocks != 0;
  // By a clock whose steps are longer than a round, one alone takes no time.
  std::uint64_t rounds = 0;
  std::uint64_t us = 0;
  const std::uint64_t before = clock_.now_us();
  do {
    tested_.run(size);
    ++rounds;
    us = clock_.now_us() - before;
  } while (us < section_us && resolution_us_ != 0 && !leaks);
  us = std::max<std::uint64_t>(us, 1);
  section_operations_ = std::max<std::uint64_t>(16, size * rounds * section_us / us);
  const std::uint64_t unit_us = std::max(kSectionsOfUnit * section_us, plan_.budget_us / (2 * kUnitsWanted));
  rounds_per_unit_ = leaks ? 1 : std::max<std::uint64_t>(1, (unit_us * rounds + us - 1) / us);
  section_operations_ = std::min(section_operations_, rounds_per_unit_ * size);
}

void Measurement::begin_unit(Phase phase) {
  phase_ = phase;
  left_in_unit_ = rounds_per_unit_ * trace_.operations.size();
  unit_us_ = 0;
}

bool Measurement::run_section(TraceReplay& replay, bool in_histogram) {
  const std::uint64_t n = std::min(left_in_unit_, section_operations_);
  const std::uint64_t before = clock_.now_us();
  replay.run(n);
  const std::uint64_t us = clock_.now_us() - before;
  // The rest of a unit may be too short to be timed alone.
  if (in_histogram && n * 2 >= section_operations_) latency_.record(us * 1000 / n, n);
  unit_us_ += us;
  left_in_unit_ -= n;
  return left_in_unit_ == 0;
}

MeasurementEvent Measurement::watch() {
  const std::uint32_t at = tested_.position();
  const auto size = static_cast<std::uint32_t>(trace_.operations.size());
  std::uint32_t stop = size;
  if (at < trace_.peak) stop = trace_.peak;
  if (at < trace_.holes) stop = std::min(stop, trace_.holes);
  tested_.run(stop - at);
  if (stop == size) return MeasurementEvent::kEnd;
  tested_.check_overlaps();
  // Where both are one place, it is the peak.
  return stop == trace_.peak ? MeasurementEvent::kPeak : MeasurementEvent::kHoles;
}

void Measurement::end_unit() {
  ++units_;
  const bool spent = tested_us_ + reference_us_ >= plan_.budget_us && units_ >= kMinUnits;
  if (spent || units_ >= plan_.max_units || !tested_.can_leak()) {
    phase_ = Phase::kDone;
  } else {
    begin_unit(Phase::kTested);
  }
}

MeasurementEvent Measurement::run(std::uint64_t slice_us) {
  const std::uint64_t begun = clock_.now_us();
  const std::uint64_t unit_operations = rounds_per_unit_ * trace_.operations.size();
  for (;;) {
    switch (phase_) {
      case Phase::kBegin:
        measure_resolution();
        // The reference first: what it takes from its source is then there before anything is counted.
        if (plan_.with_reference) {
          for (std::uint32_t round = 0; round < kWarmUpRounds; ++round) reference_.run(trace_.operations.size());
        }
        phase_ = Phase::kWarmUp;
        return MeasurementEvent::kStart;
      case Phase::kWarmUp:
        warm_up();
        begin_unit(Phase::kTested);
        return MeasurementEvent::kSliceOver;
      case Phase::kTested:
        if (run_section(tested_, true)) {
          tested_costs_[units_] = static_cast<double>(unit_us_) * 1000 / static_cast<double>(unit_operations);
          tested_us_ += unit_us_;
          operations_ += unit_operations;
          phase_ =
              (units_ < kAllWatched || units_ % 8 == 0) && tested_.can_leak() ? Phase::kWatched : Phase::kReference;
          if (phase_ == Phase::kReference) begin_unit(phase_);
        }
        break;
      case Phase::kWatched: {
        const MeasurementEvent event = watch();
        if (event == MeasurementEvent::kEnd) begin_unit(Phase::kReference);
        return event;
      }
      case Phase::kReference:
        if (!plan_.with_reference) {
          end_unit();
        } else if (run_section(reference_, false)) {
          reference_costs_[units_] = static_cast<double>(unit_us_) * 1000 / static_cast<double>(unit_operations);
          reference_us_ += unit_us_;
          end_unit();
        }
        break;
      case Phase::kDone:
        return MeasurementEvent::kDone;
    }
    if (clock_.now_us() - begun >= slice_us) return MeasurementEvent::kSliceOver;
  }
}

void Measurement::free_all() {
  tested_.free_all();
  reference_.free_all();
  phase_ = Phase::kDone;
}

}  // namespace tidemark
