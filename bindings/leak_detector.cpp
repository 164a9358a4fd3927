// The leak detector's rules as raw exports: web/src/leak_detector.ts drives them, and reads what they return through views.
//
// A scan goes   begin → step … kReady → add_roots … → step … kMarked → [begin again, the second time, → …] → examine →
//               step … kDone → end
#include <cstdint>

#include "leak_scan.h"
#include "leaks/census.h"
#include "leaks/rules/fragmentation.h"
#include "leaks/rules/growth.h"
#include "leaks/rules/reachability.h"
#include "leaks/rules/resources.h"

namespace tidemark {
namespace {

struct Detector {
  Scan scan;
  Constants constants;
  GrowthRule growth;
  TrendPoint samples[GrowthRule::kMaxSamples + GrowthRule::kMaxFloors] = {};
  Address roots[1024] = {};
  Census census;
  GrowthFinding growth_finding;
  FragmentationFinding fragmentation;
  LeakFinding finding;
};

constinit Detector detector;

AddressRange own_state() { return {address_of(&detector), address_of(&detector + 1)}; }

}  // namespace
}  // namespace tidemark

using tidemark::detector;
using tidemark::HeapWalk;
using tidemark::own_state;

extern "C" {

// --- scanning

/// To be called before any code of the program has run.
void tidemark_leaks_note_constants(void) {
  detector.constants.note({tidemark::address_of(&__global_base), tidemark::address_of(&__data_end)});
}

/// `again`: the second time, to confirm what the first has found.
std::uint32_t tidemark_leaks_begin(bool again) {
  return static_cast<std::uint32_t>(detector.scan.begin(again, own_state(), detector.constants));
}

/// Where tidemark_leaks_add_roots takes up to 1024 addresses from.
tidemark::Address* tidemark_leaks_roots(void) { return detector.roots; }

void tidemark_leaks_add_roots(std::size_t n) {
  for (std::size_t i = 0; i < n && i < 1024; ++i) detector.scan.add_root(detector.roots[i]);
}

/// A negative budget is for all at once.
std::uint32_t tidemark_leaks_step(double budget_us) {
  const bool fully = budget_us < 0;
  return static_cast<std::uint32_t>(
      detector.scan.step(fully ? tidemark::Marking::kFully : static_cast<std::uint64_t>(budget_us)));
}

std::uint32_t tidemark_leaks_examine(void) { return static_cast<std::uint32_t>(detector.scan.examine()); }
const void* tidemark_leaks_report(void) { return &detector.scan.report(); }
std::uint32_t tidemark_leaks_state_of(tidemark::Address address) { return detector.scan.state_of(address); }
std::size_t tidemark_leaks_bytes_at(tidemark::Address address) { return detector.scan.bytes_at(address); }
void tidemark_leaks_reclaim(void) { detector.scan.reclaim(); }
void tidemark_leaks_end(void) { detector.scan.end(); }

// --- rules

/// Where tidemark_leaks_growth takes its samples from, and the floors behind them: pairs of time and value.
tidemark::TrendPoint* tidemark_leaks_samples(void) { return detector.samples; }

const void* tidemark_leaks_growth(std::size_t n, std::size_t n_floors, double window_ms, std::size_t min_samples,
                                  double threshold) {
  detector.growth_finding =
      detector.growth.judge(detector.samples, n, detector.samples + n, n_floors, {window_ms, min_samples, threshold});
  return &detector.growth_finding;
}

const void* tidemark_leaks_census(void) {
  take_census(HeapWalk(tidemark::global_heap), detector.census);
  return &detector.census;
}

/// Of the last census.
const void* tidemark_leaks_fragmentation(double lasting_ms, double window_ms, double threshold) {
  detector.fragmentation = judge_fragmentation(detector.census, lasting_ms, window_ms, {.threshold = threshold});
  return &detector.fragmentation;
}

/// Of the last scan, against the totals of the one before.
const void* tidemark_leaks_reachability(std::uint32_t kind, double blocks_before, double bytes_before,
                                        double elapsed_ms) {
  const auto& report = detector.scan.report();
  detector.finding =
      judge_reachability({report.direct_blocks, report.direct_bytes, report.all_blocks, report.all_bytes},
                         {0, 0, blocks_before, bytes_before}, elapsed_ms, static_cast<tidemark::ScanKind>(kind));
  return &detector.finding;
}

const void* tidemark_leaks_resource(double live, double forgotten, double lost, double netted, double bytes,
                                    bool looked, std::uint32_t rising) {
  detector.finding = tidemark::judge_resource(
      {live, forgotten, lost, netted, bytes, looked, static_cast<tidemark::LeakVerdict>(rising)});
  return &detector.finding;
}

}  // extern "C"
