// The leak detector's rules as raw exports: web/src/leak_detector.ts drives them, and reads what they return through views.
//
// A scan goes   begin → add_roots … → step … kMarked → [begin again, the second time, → …] → examine → step … kDone → end
//
// Memory        The scan's own comes from the heap, past the functions that programs call, and is given back by end. What
//               is static here is no root: it is full of addresses.
#include <emscripten/stack.h>

#include <cstdint>

#include "leaks/census.h"
#include "leaks/lost_report.h"
#include "leaks/rules/fragmentation.h"
#include "leaks/rules/growth.h"
#include "leaks/rules/reachability.h"
#include "leaks/rules/resources.h"
#include "override/global_heap.h"
#include "platform/program_clock.h"

// Set by the linker: the stack, which lies among static data, and where static data end.
extern "C" unsigned char __stack_low, __stack_high, __heap_base;

namespace tidemark {
namespace {

enum class Status : std::uint32_t { kMore = 0, kMarked = 1, kDone = 2, kNoMemory = 3, kDisturbed = 4, kIdle = 5 };

Address address_of(const void* at) { return reinterpret_cast<Address>(at); }

AddressRange statics() { return {sizeof(Address), address_of(&__heap_base)}; }

/// Blocks of the heap that are the scan's own.
class OwnBlock {
 public:
  bool take(std::size_t n_bytes) {
    give();
    block_ = global_heap.allocate(n_bytes);
    return block_ != nullptr;
  }
  void give() {
    global_heap.free(block_);
    block_ = nullptr;
  }
  void* get() const { return block_; }
  void swap(OwnBlock& other) {
    void* const block = block_;
    block_ = other.block_;
    other.block_ = block;
  }

 private:
  void* block_ = nullptr;
};

struct ScanReport {
  double direct_blocks, direct_bytes, all_blocks, all_bytes;
  double live_blocks, live_bytes, scanned_bytes, own_bytes;
  std::uint32_t group_count;
  std::uint32_t group_bytes;
  const LostGroup* groups;
  std::uint32_t examined_blocks;
};

class Scan {
 public:
  Status begin(bool again, Address stack_pointer) {
    if (again) {
      earlier_ = table_;
      earlier_memory_.swap(table_memory_);
    } else {
      end();
    }
    second_ = again;
    const HeapWalk walk(global_heap);
    // The block itself is one more run, and may make the map longer.
    std::size_t n_bytes = BlockTable::bytes_for(walk);
    for (bool built = false; !built;) {
      n_bytes += n_bytes / 32 + kPageBytes / 8;
      if (!table_memory_.take(n_bytes)) {
        end();
        return Status::kNoMemory;
      }
      built = table_.build(walk, table_memory_.get(), n_bytes);
    }
    own_bytes_ = n_bytes;
    marking_ = Marking(table_);
    marking_.exclude_block(address_of(table_memory_.get()));
    if (earlier_memory_.get() != nullptr) marking_.exclude_block(address_of(earlier_memory_.get()));
    add_program_roots(stack_pointer);
    phase_ = Phase::kMarking;
    return Status::kMore;
  }

  void add_root(Address address) {
    if (phase_ == Phase::kMarking) marking_.add_root(address);
  }

  Status examine() {
    if (phase_ != Phase::kMarked) return Status::kIdle;
    table_.drop_freed(HeapWalk(global_heap));
    if (second_) table_.confirm(earlier_);
    earlier_memory_.give();
    graph_ = LostGraph(table_);
    if (!graph_memory_.take(graph_.count())) {
      end();
      return Status::kNoMemory;
    }
    graph_.start(graph_memory_.get());
    report_ = LostReport(graph_, statics());
    phase_ = Phase::kGraph;
    return Status::kMore;
  }

  Status step(std::uint64_t budget_us) {
    Clock& clock = program_clock();
    if (phase_ == Phase::kIdle) return Status::kIdle;
    // A program that was moved to a smaller memory since: what was to be read may not be there any more.
    if (WasmPages().end() < memory_end_) {
      end();
      return Status::kDisturbed;
    }
    memory_end_ = WasmPages().end();
    if (phase_ == Phase::kMarking && marking_.step(budget_us, clock)) phase_ = Phase::kMarked;
    if (phase_ == Phase::kMarked) return Status::kMarked;
    if (phase_ == Phase::kGraph) {
      if (graph_.step(budget_us, clock)) phase_ = Phase::kReport;
      if (budget_us != Marking::kFully) return Status::kMore;
    }
    if (phase_ == Phase::kReport && report_.step(budget_us, clock)) {
      phase_ = Phase::kDone;
      tell();
    }
    return phase_ == Phase::kDone ? Status::kDone : Status::kMore;
  }

  void end() {
    table_memory_.give();
    earlier_memory_.give();
    graph_memory_.give();
    phase_ = Phase::kIdle;
    memory_end_ = 0;
  }

  /// 0: in no live block; 1: reachable; 2: lost with what holds it; 3: lost itself.
  std::uint32_t state_of(Address address) const {
    if (phase_ != Phase::kDone) return 0;
    const BlockTable::Place place = table_.find(address);
    if (place.run == nullptr) return 0;
    if ((place.run->lost() & place.bit()) == 0) return 1;
    const LostGraph::Number number = graph_.find(address);
    return number != LostGraph::kNone && graph_.is_direct(graph_.component_of(number)) ? 3 : 2;
  }

  std::size_t bytes_at(Address address) const {
    if (phase_ != Phase::kDone) return 0;
    const BlockTable::Place place = table_.find(address);
    return place.run == nullptr ? 0 : place.run->block_bytes;
  }

  /// Frees everything that is lost. Runs no destructors.
  void reclaim() {
    if (phase_ != Phase::kDone) return;
    for (const BlockRun& run : table_) {
      for (std::uint64_t lost = run.lost(); lost != 0; lost &= lost - 1)
        global_heap.free(reinterpret_cast<void*>(run.address(static_cast<unsigned>(std::countr_zero(lost)))));
    }
    end();
  }

  const ScanReport& report() const { return told_; }

 private:
  enum class Phase { kIdle, kMarking, kMarked, kGraph, kReport, kDone };

  void add_program_roots(Address stack_pointer);

  void tell() {
    told_ = {};
    for (std::size_t i = 0; i < report_.count(); ++i) {
      told_.direct_blocks += report_[i].direct_blocks;
      told_.direct_bytes += report_[i].direct_bytes;
    }
    told_.all_blocks = static_cast<double>(graph_.all_blocks());
    told_.all_bytes = static_cast<double>(graph_.all_bytes());
    for (const BlockRun& run : table_) {
      const auto live = static_cast<std::size_t>(std::popcount(run.live));
      told_.live_blocks += static_cast<double>(live);
      told_.live_bytes += static_cast<double>(live * run.block_bytes);
    }
    told_.scanned_bytes = static_cast<double>(marking_.scanned_bytes());
    told_.own_bytes = static_cast<double>(own_bytes_);
    told_.group_count = static_cast<std::uint32_t>(report_.count());
    told_.group_bytes = sizeof(LostGroup);
    told_.groups = report_.count() == 0 ? nullptr : &report_[0];
    told_.examined_blocks = static_cast<std::uint32_t>(graph_.blocks());
  }

  BlockTable table_, earlier_;
  OwnBlock table_memory_, earlier_memory_, graph_memory_;
  Marking marking_{table_};
  LostGraph graph_{table_};
  LostReport report_{graph_, {}};
  ScanReport told_{};
  Phase phase_ = Phase::kIdle;
  bool second_ = false;
  Address memory_end_ = 0;
  std::size_t own_bytes_ = 0;
};

struct Detector {
  Scan scan;
  GrowthRule growth;
  TrendPoint samples[GrowthRule::kMaxSamples] = {};
  Address roots[1024] = {};
  Census census;
  GrowthFinding growth_finding;
  FragmentationFinding fragmentation;
  LeakFinding finding;
};

constinit Detector detector;

void Scan::add_program_roots(Address stack_pointer) {
  const Address stack_low = address_of(&__stack_low), stack_high = address_of(&__stack_high);
  marking_.add_roots(statics());
  // Of the stack, what is in use.
  const bool known = stack_pointer >= stack_low && stack_pointer <= stack_high;
  marking_.exclude_roots({stack_low, known ? stack_pointer : stack_low});
  marking_.exclude_roots({address_of(&detector), address_of(&detector + 1)});
  marking_.exclude_roots({address_of(&global_heap), address_of(&global_heap + 1)});
  // Memory that the program has grown by itself, between the heap's runs and above them. The heap's own are the map, which
  // begins with a guard, and pieces of less than a page.
  const HeapWalk walk(global_heap);
  walk.for_each_run([&](const Run& run) {
    if (run.kind != RunKind::kReserved || run.bytes < kPageBytes) return;
    if (*reinterpret_cast<const Entry*>(run.begin) == kMapGuard) return;
    marking_.add_roots({run.begin, run.begin + run.bytes});
  });
  const Address end = WasmPages().end(), heap_end = table_.high() + walk.stats().top_bytes;
  if (heap_end < end && table_.high() != 0) marking_.add_roots({heap_end, end});
  memory_end_ = end;
}

}  // namespace
}  // namespace tidemark

using tidemark::detector;
using tidemark::HeapWalk;

extern "C" {

// --- scanning

/// `again`: the second time, to confirm what the first has found.
std::uint32_t tidemark_leaks_begin(bool again) {
  return static_cast<std::uint32_t>(detector.scan.begin(again, emscripten_stack_get_current()));
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

/// Where tidemark_leaks_growth takes its samples from: pairs of time and value.
tidemark::TrendPoint* tidemark_leaks_samples(void) { return detector.samples; }

const void* tidemark_leaks_growth(std::size_t n, double window_ms, std::size_t min_samples, double threshold) {
  detector.growth_finding = detector.growth.judge(detector.samples, n, {window_ms, min_samples, threshold});
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
