#include "movable/compactor.h"

#include <cstring>

namespace tidemark {

tidemark_compaction MovableHeap::compact(std::uint64_t budget_us, Clock& clock) {
  return Compactor(*this, budget_us, clock).run();
}

Compactor::Compactor(MovableHeap& heap, std::uint64_t budget_us, Clock& clock)
    : heap_(heap),
      chunks_(heap.chunks_),
      slots_(heap.slots_),
      clock_(clock),
      fully_(budget_us == MovableHeap::kFully),
      budget_us_(budget_us) {
  if (fully_) return;
  const std::uint64_t now_us = clock_.now_us();
  deadline_us_ = budget_us > MovableHeap::kFully - now_us ? MovableHeap::kFully : now_us + budget_us;
}

tidemark_compaction Compactor::run() {
  const std::size_t held_before = heap_.stats().held_bytes;
  chunks_.release_spare();
  if (!fully_) {
    run_pass();
  } else if (chunks_.runs().count() == 0) {
    heap_.phase_ = MovableHeap::Phase::kNone;
    slots_.shrink(true);
    chunks_.shrink_list();
    result_.finished = 1;
  } else {
    heap_.phase_ = MovableHeap::Phase::kNone;  // what is left of a pass would see only a part of the blocks
    for (int pass = 0; pass < kMaxFullPasses; ++pass) {
      const std::size_t moved_before = result_.moved_blocks;
      run_pass();
      if (result_.moved_blocks == moved_before) break;
    }
    settle_fully();
  }
  const std::size_t held_after = heap_.stats().held_bytes;
  if (held_after < held_before) result_.released_bytes = held_before - held_after;
  if (result_.moved_blocks != 0) heap_.have_moved();
  return result_;
}

void Compactor::run_pass() {
  if (heap_.phase_ == MovableHeap::Phase::kNone) begin_pass();
  if (heap_.phase_ == MovableHeap::Phase::kBlocks) compact_blocks();
  while (!over_ && heap_.phase_ != MovableHeap::Phase::kNone) {
    if (heap_.phase_ == MovableHeap::Phase::kSettling) {
      settle();
    } else {
      compact_runs();
    }
  }
}

void Compactor::begin_pass() {
  const RunList& runs = chunks_.runs();
  heap_.phase_ = MovableHeap::Phase::kBlocks;
  heap_.pass_end_ = runs.count() == 0 ? 0 : runs[runs.count() - 1].begin() + 1;
  chunks_.set_cursor(0);
}

void Compactor::end_pass() {
  heap_.phase_ = MovableHeap::Phase::kNone;
  result_.finished = 1;
  slots_.shrink(false);
}

void Compactor::spend(std::size_t n_bytes) {
  if (fully_) return;
  idle_ = false;
  credit_ -= static_cast<std::int64_t>(n_bytes) + kBlockCost;
  if (credit_ > 0) return;
  credit_ = kQuantum;
  if (clock_.now_us() >= deadline_us_) over_ = true;
}

// --- phase "blocks"

void Compactor::compact_blocks() {
  const RunList& runs = chunks_.runs();
  bool first = true;
  while (!over_) {
    const Address cursor = chunks_.cursor();
    std::size_t index = runs.first_from(cursor);
    BlockHeader* at = nullptr;
    if ((index == runs.count() || runs[index].begin() != cursor) && index > 0 && !runs[index - 1].is_large()) {
      const Address chunk = runs[index - 1].begin();
      if (cursor < Chunks::end_of_chunk(chunk)->address()) {
        at = reinterpret_cast<BlockHeader*>(cursor);
        --index;
      }
    }
    if (index == runs.count() || runs[index].begin() >= heap_.pass_end_) {
      chunks_.set_cursor(~Address{0});  // nowhere: phase "runs" has pass_end_
      begin_settling();
      return;
    }
    if (first) note_ends_below(index);
    first = false;
    const RunEntry run = runs[index];
    if (run.is_large()) {
      chunks_.set_cursor(run.begin() + 1);
      spend(0);
    } else {
      compact_chunk(run.begin(), at != nullptr ? at : Chunks::first_of_chunk(run.begin()));
    }
  }
}

/// From `at` to the end of its chunk, or of the budget. Leaves the cursor where to go on.
void Compactor::compact_chunk(Address chunk, BlockHeader* at) {
  BlockHeader* const end = Chunks::end_of_chunk(chunk);
  while (at < end && !over_) {
    spend(0);
    if (!at->is_live()) {
      if (at->next()->is_end() || at->next()->pins() != 0) {
        note_hole(at);
        at = at->next();
        continue;
      }
      if (hole_count_ == 0) {
        at = slide_blocks(at);
        continue;
      }
    }
    BlockHeader* const block = at->is_live() ? at : at->next();
    if (block->pins() == 0 && hole_count_ != 0) {
      chunks_.set_cursor(block->address());
      if (move_to_hole(block)) {
        at = reinterpret_cast<BlockHeader*>(chunks_.cursor());
        if (at > end) return;  // it was the last one: there is no such chunk any more
        continue;
      }
    }
    at = at->is_live() ? at->next() : slide_blocks(at);
  }
  chunks_.set_cursor(at < end ? at->address() : end->address());
}

/// Moves blocks behind a hole down into it: one if there are holes below to be tried for the next, else all until the
/// next pinned one. Returns the hole.
BlockHeader* Compactor::slide_blocks(BlockHeader* hole) {
  chunks_.take_free(hole);
  std::size_t free_units = hole->units();
  do {
    const BlockHeader* const block = hole + free_units;
    const std::size_t units = block->units();
    std::memmove(hole, block, units * kUnitBytes);
    hole->set_after_free(false);
    slots_.set_address(hole->slot(), hole->content());
    count(units * kUnitBytes);
    spend(units * kUnitBytes);
    hole += units;
    BlockHeader* const next = hole + free_units;
    if (!next->is_live()) {
      chunks_.take_free(next);
      free_units += next->units();
    }
  } while (hole_count_ == 0 && !over_ && !hole[free_units].is_end() && hole[free_units].pins() == 0);
  chunks_.put_free(hole, free_units);
  return hole;
}

/// Into the lowest hole that it fits; false when there is none.
bool Compactor::move_to_hole(BlockHeader* block) {
  const std::size_t units = block->units();
  std::size_t i = 0;
  while (i < hole_count_ && !FreeBins::fits(holes_[i]->units(), units)) ++i;
  if (i == hole_count_) return false;
  const bool exact = holes_[i]->units() == units;
  BlockHeader* const to = chunks_.carve(holes_[i], units);
  *to = BlockHeader::live(units, block->slot(), block->tag());
  std::memcpy(to + 1, block + 1, (units - 1) * kUnitBytes);
  slots_.set_address(to->slot(), to->content());
  holes_[i] = to + units;
  if (exact) {
    --hole_count_;
    for (; i < hole_count_; ++i) holes_[i] = holes_[i + 1];
  }
  chunks_.free(block);
  chunks_.release_spare();
  count(units * kUnitBytes);
  spend(units * kUnitBytes);
  return true;
}

/// Holes are noted in ascending order. Where there are too many, the shortest is forgotten.
void Compactor::note_hole(BlockHeader* hole) {
  if (hole_count_ == kHoles) {
    std::size_t shortest = 0;
    for (std::size_t i = 1; i < kHoles; ++i) {
      if (holes_[i]->units() < holes_[shortest]->units()) shortest = i;
    }
    if (hole->units() <= holes_[shortest]->units()) return;
    --hole_count_;
    for (std::size_t i = shortest; i < hole_count_; ++i) holes_[i] = holes_[i + 1];
  }
  holes_[hole_count_++] = hole;
}

/// What an earlier slice has left at the ends of chunks.
void Compactor::note_ends_below(std::size_t index) {
  const RunList& runs = chunks_.runs();
  for (std::size_t i = index < kHoles ? 0 : index - kHoles; i < index; ++i) {
    if (runs[i].is_large()) continue;
    BlockHeader* const end = Chunks::end_of_chunk(runs[i].begin());
    if (end->is_after_free()) note_hole(end->before());
  }
}

// --- phase "settling"

void Compactor::begin_settling() {
  heap_.phase_ = MovableHeap::Phase::kSettling;
  heap_.settled_ = 0;
  heap_.relocated_ = 0;
}

void Compactor::settle() {
  RunSource& source = chunks_.source();
  if (fully_) {
    source.settle();
  } else {
    do {
      heap_.settled_ = source.settle_part(heap_.settled_, kSettledRuns);
      spend(kSettledRuns * kBlockCost);
    } while (heap_.settled_ != 0 && !over_);
  }
  if (heap_.settled_ == 0) heap_.phase_ = MovableHeap::Phase::kRuns;
}

// --- phase "runs"

/// Of a run that is copied in one piece, and is more than a chunk.
std::uint64_t Compactor::copying_us(RunEntry run) const {
  if (fully_ || !run.is_large()) return 0;
  const std::size_t n_bytes = chunks_.bytes_of(run);
  return n_bytes <= Chunks::kMaxChunkBytes ? 0 : n_bytes / kBytesPerUs;
}

/// Whether there is so much left of the slice, or the slice has just begun.
bool Compactor::is_time_for(std::uint64_t us) { return us == 0 || idle_ || clock_.now_us() + us <= deadline_us_; }

void Compactor::compact_runs() {
  const RunList& runs = chunks_.runs();
  hole_count_ = 0;  // their chunks may move
  while (!over_) {
    const std::size_t index = runs.first_from(heap_.pass_end_);
    if (index == 0) {
      end_pass();
      return;
    }
    const RunEntry run = runs[index - 1];
    const std::uint64_t copying = copying_us(run);
    const bool is_too_large = copying > budget_us_;
    if (!is_too_large && !is_time_for(copying)) {
      over_ = true;
      return;
    }
    heap_.pass_end_ = run.begin();
    spend(kRelocationCost);
    // What comes next will be allocated in the last one's end.
    if (!run.is_large() && (fully_ || index != runs.count())) chunks_.trim(run.begin());
    if (is_too_large || heap_.has_pins(run)) continue;
    const Address to = chunks_.relocate(run);
    if (to == run.begin() && heap_.relocated_ >= kSettleAfter) {
      heap_.pass_end_ = run.begin() + 1;  // this one again
      begin_settling();                   // what was freed by the last ones hides what is below
      return;
    }
    if (to != run.begin()) ++heap_.relocated_;
    moved_run(run, to);
  }
}

void Compactor::moved_run(RunEntry run, Address to) {
  if (to == run.begin()) return;
  if (run.is_large()) {
    BlockHeader* const block = Chunks::of_large(to);
    slots_.set_address(block->slot(), block->content());
    count(Chunks::content_bytes(block));
    spend(Chunks::content_bytes(block));
    return;
  }
  const BlockHeader* const end = Chunks::end_of_chunk(to);
  for (const BlockHeader* block = Chunks::first_of_chunk(to); block != end; block = block->next()) {
    if (!block->is_live()) continue;
    slots_.set_address(block->slot(), block->content());
    count(block->units() * kUnitBytes);
    spend(block->units() * kUnitBytes);
  }
}

void Compactor::settle_fully() {
  slots_.shrink(true);
  chunks_.shrink_list();
  chunks_.source().slide(*this);
  slots_.shrink(true);
  chunks_.shrink_list();
  chunks_.source().settle();
}

bool Compactor::may_move(Address begin, std::size_t n_bytes, std::size_t free_bytes) {
  const RunList& runs = chunks_.runs();
  const std::size_t index = runs.first_from(begin);
  if (index == runs.count() || runs[index].begin() != begin) return false;  // somebody else's
  if (free_bytes * kWorthSliding < n_bytes || heap_.has_pins(runs[index])) return false;
  chunks_.take_links(runs[index]);
  return true;
}

void Compactor::moved(Address from, Address to) {
  const RunEntry run = chunks_.runs()[chunks_.runs().first_from(from)];
  chunks_.set_run(from, to);
  chunks_.put_links(RunEntry(to, run.is_large()));
  moved_run(run, to);
}

}  // namespace tidemark
