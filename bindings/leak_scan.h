// One scan of the program's heap in slices, from the picture to the report.
//
//   counting    how many runs there are: how large the picture gets
//   building    the picture, run by run (leaks/block_table.h)
//   ready       whoever knows of roots beside the program's own adds them
//   marking     what can be reached (leaks/marking.h)
//   made        blocks that were made since the picture: what they point to is reachable
//   finishing   what follows from that
//   marked      the first of two scans may end here, and the second begin
//   dropping    what was freed since the picture is out of it
//   graph       of what is lost (leaks/lost_graph.h)
//   report      of that (leaks/lost_report.h)
//   done        until end()
//
// Memory      Comes from the heap, past the functions that programs call, and is given back by end(). What is static here is
//             no root: it is full of addresses.
// Slices      step() looks at the clock after parts of about 50 us. Not cut: asking for the memory, confirming (a step for
//             each run), and the begin of the graph (a step for each lost block that it has).
#pragma once

#include <emscripten/stack.h>

#include <cstdint>

#include "leaks/constants.h"
#include "leaks/lost_report.h"
#include "override/global_heap.h"
#include "platform/program_clock.h"

// Set by the linker: the stack, which may lie among static data; what the program has of these; and where all end.
extern "C" unsigned char __stack_low, __stack_high, __global_base, __data_end, __heap_base;

namespace tidemark {

enum class ScanStatus : std::uint32_t {
  kMore = 0,
  kMarked = 1,
  kDone = 2,
  kNoMemory = 3,
  kDisturbed = 4,
  kIdle = 5,
  kReady = 6,
};

inline Address address_of(const void* at) { return reinterpret_cast<Address>(at); }

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
  /// `again`: the second time, to confirm what the first has found. `own_state` is no root, nor are `constants`.
  ScanStatus begin(bool again, AddressRange own_state, const Constants& constants) {
    own_state_ = own_state;
    constants_ = &constants;
    if (again) {
      earlier_ = table_;
      earlier_memory_.swap(table_memory_);
    } else {
      end();
    }
    second_ = again;
    memory_end_ = WasmPages().end();
    begin_counting();
    return ScanStatus::kMore;
  }

  void add_root(Address address) {
    if (phase_ == Phase::kReady) marking_.add_root(address);
  }

  ScanStatus examine() {
    if (phase_ != Phase::kMarked) return ScanStatus::kIdle;
    table_.begin_drop();
    go_to(Phase::kDropping);
    return ScanStatus::kMore;
  }

  ScanStatus step(std::uint64_t budget_us) {
    if (phase_ == Phase::kIdle) return ScanStatus::kIdle;
    // A program that was moved to a smaller memory since: what was to be read may not be there any more.
    if (WasmPages().end() < memory_end_) {
      end();
      return ScanStatus::kDisturbed;
    }
    memory_end_ = WasmPages().end();
    Clock& clock = program_clock();
    const bool fully = budget_us == Marking::kFully;
    const std::uint64_t end_us = fully ? budget_us : clock.now_us() + budget_us;
    for (;;) {
      const std::uint64_t now_us = fully ? 0 : clock.now_us();
      if (now_us >= end_us) return ScanStatus::kMore;
      const ScanStatus status = go_on(fully ? Marking::kFully : end_us - now_us, clock);
      if (status != ScanStatus::kMore) return status;
    }
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
  enum class Phase {
    kIdle,
    kCounting,
    kBuilding,
    kReady,
    kMarking,
    kMade,
    kFinishing,
    kMarked,
    kDropping,
    kGraph,
    kReport,
    kDone,
  };
  static constexpr std::size_t kRunsAtATime = 1024;
  static constexpr std::size_t kMadeRunsAtATime = 16;  // their blocks are read

  void go_to(Phase phase) {
    phase_ = phase;
    cursor_ = kNoGrain;
  }

  void begin_counting() {
    outline_ = {};
    go_to(Phase::kCounting);
  }

  /// visit(run) for the next runs of the heap; whether these were the last.
  template <class Visit>
  bool visit_runs(std::size_t count, Visit&& visit) {
    cursor_ = HeapWalk(global_heap).visit_runs(cursor_, count, visit);
    return cursor_ == kNoGrain;
  }

  ScanStatus go_on(std::uint64_t left_us, Clock& clock);
  bool take_memory();
  void begin_marking();
  bool begin_graph();
  void add_program_roots();

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
  BlockTable::Outline outline_;
  OwnBlock table_memory_, earlier_memory_, graph_memory_;
  Marking marking_{table_};
  LostGraph graph_{table_};
  LostReport report_{graph_, {}};
  ScanReport told_{};
  AddressRange own_state_;
  const Constants* constants_ = nullptr;
  Phase phase_ = Phase::kIdle;
  Grain cursor_ = kNoGrain;
  bool second_ = false;
  Address memory_end_ = 0;
  std::size_t own_bytes_ = 0;
};

}  // namespace tidemark
