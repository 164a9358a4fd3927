#include "leak_scan.h"

namespace tidemark {

namespace {

AddressRange statics() { return {sizeof(Address), address_of(&__heap_base)}; }

}  // namespace

/// One part of one phase.
ScanStatus Scan::go_on(std::uint64_t left_us, Clock& clock) {
  switch (phase_) {
    case Phase::kIdle:
      return ScanStatus::kIdle;
    case Phase::kCounting:
      if (!visit_runs(kRunsAtATime, [&](const Run& run) { outline_.runs += BlockTable::has_blocks(run); })) break;
      if (!take_memory()) {
        end();
        return ScanStatus::kNoMemory;
      }
      marking_ = Marking(table_);
      go_to(Phase::kBuilding);
      break;
    case Phase::kBuilding: {
      bool there_is_room = true;
      const bool all = visit_runs(kRunsAtATime, [&](const Run& run) {
        there_is_room = there_is_room && table_.add(run);
        // Memory that the program has grown by itself, between the heap's runs. The heap's own are the map, which begins
        // with a guard, and pieces of less than a page.
        if (run.kind != RunKind::kReserved || run.bytes < kPageBytes) return;
        if (*reinterpret_cast<const MapEntry*>(run.begin) == kMapGuard) return;
        marking_.add_roots({run.begin, run.begin + run.bytes});
      });
      if (!there_is_room) {
        begin_counting();  // the program has made many runs meanwhile
      } else if (all) {
        begin_marking();
        return ScanStatus::kReady;
      }
      break;
    }
    case Phase::kReady:
      go_to(Phase::kMarking);
      break;
    case Phase::kMarking:
      if (marking_.step(left_us, clock)) go_to(Phase::kMade);
      break;
    case Phase::kMade:
      if (visit_runs(kMadeRunsAtATime, [&](const Run& run) {
            table_.for_each_new(run,
                                [&](Address begin, std::size_t n_bytes) { marking_.add_new_block(begin, n_bytes); });
          })) {
        go_to(Phase::kFinishing);
      }
      break;
    case Phase::kFinishing:
      if (marking_.step(left_us, clock)) phase_ = Phase::kMarked;
      break;
    case Phase::kMarked:
      return ScanStatus::kMarked;
    case Phase::kDropping:
      if (!visit_runs(kRunsAtATime, [&](const Run& run) { table_.drop_freed(run); })) break;
      if (!begin_graph()) {
        end();
        return ScanStatus::kNoMemory;
      }
      go_to(Phase::kGraph);
      break;
    case Phase::kGraph:
      if (graph_.step(left_us, clock)) phase_ = Phase::kReport;
      break;
    case Phase::kReport:
      if (!report_.step(left_us, clock)) break;
      phase_ = Phase::kDone;
      tell();
      return ScanStatus::kDone;
    case Phase::kDone:
      return ScanStatus::kDone;
  }
  return ScanStatus::kMore;
}

/// For the picture. Its own block is one more run, may lie on top, and may make the heap's map longer; more runs may come
/// while the picture is taken.
bool Scan::take_memory() {
  outline_.runs += outline_.runs / 32 + 64;
  std::size_t n_bytes = 0;
  for (;;) {
    const HeapWalk walk(global_heap);
    outline_.low = walk.low();
    outline_.high = walk.high();
    const std::size_t needed = BlockTable::bytes_for(outline_);
    if (table_memory_.get() != nullptr && needed <= n_bytes) break;
    n_bytes = needed + needed / 32 + kPageBytes / 8;
    if (!table_memory_.take(n_bytes)) return false;
  }
  own_bytes_ = n_bytes;
  table_.start(outline_, table_memory_.get());
  return true;
}

void Scan::begin_marking() {
  table_.finish();
  marking_.exclude_block(address_of(table_memory_.get()));
  if (earlier_memory_.get() != nullptr) marking_.exclude_block(address_of(earlier_memory_.get()));
  add_program_roots();
  go_to(Phase::kReady);
}

bool Scan::begin_graph() {
  table_.end_drop();
  if (second_) table_.confirm(earlier_);
  earlier_memory_.give();
  graph_ = LostGraph(table_);
  if (!graph_memory_.take(graph_.count())) return false;
  graph_.start(graph_memory_.get());
  report_ = LostReport(graph_, statics());
  return true;
}

void Scan::add_program_roots() {
  const Address stack_low = address_of(&__stack_low), stack_high = address_of(&__stack_high);
  const Address stack_pointer = emscripten_stack_get_current();
  // Half of the places: what is excluded below may cut each in two.
  constants_->for_each_variable(statics(), Marking::kMaxRanges / 2,
                                [&](AddressRange range) { marking_.add_roots(range); });
  // Of the stack, what is in use.
  const bool known = stack_pointer >= stack_low && stack_pointer <= stack_high;
  marking_.exclude_roots({stack_low, known ? stack_pointer : stack_low});
  marking_.exclude_roots(own_state_);
  marking_.exclude_roots({address_of(&global_heap), address_of(&global_heap + 1)});
  // What others have above the heap.
  const HeapWalk walk(global_heap);
  const Address end = WasmPages().end(), heap_end = walk.high() + walk.top_bytes();
  if (heap_end < end && walk.high() != 0) marking_.add_roots({heap_end, end});
  memory_end_ = end;
}

}  // namespace tidemark
