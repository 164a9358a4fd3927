// The compactor: one slice of a pass over movable memory. A pass has three phases.
//
//   blocks   from the lowest run to the highest: each block slides down over the free block in front of it, or into a
//            hole that was left lower down: in front of a pinned block, or at the end of a chunk. A hole thus travels
//            upwards, and grows, until it is a chunk's end. A chunk that gets empty goes back to the heap.
//   settling the heap joins its free memory; again when many runs have moved, which hide what is below.
//   runs     from the highest run to the lowest: the free end of a chunk goes back to the heap, and a run for which the
//            heap has room below goes there as a whole.
//
// At the end of a full pass, runs slide down over the heap's free memory in front of them as well, where that is more
// than 1/32 of the run, and the table of slots and the list of runs follow.
//
// Between two blocks everything is in order, so a slice can end there, and what happens between slices needs no care but
// for the cursor (chunks.h).
// Progress    The end of a pass is set at its begin: runs that are added meanwhile above it are left to the next pass.
//             Every step moves the cursor, or a block down. So a pass ends however much is allocated between slices, and
//             each block is visited in every pass.
// Budget      The clock is read once for every kQuantum of work. A slice does one step at least; the longest step is a
//             chunk of 256 KiB, or the largest block that the budget has time for: at kBytesPerUs, and in one piece, since
//             the program may write to it between slices. What is larger is left to a pass with more time.
#pragma once

#include "movable/movable_heap.h"

namespace tidemark {

class Compactor : private RunMover {
 public:
  Compactor(MovableHeap& heap, std::uint64_t budget_us, Clock& clock);

  tidemark_compaction run();

 private:
  static constexpr std::size_t kHoles = 8;
  static constexpr std::int64_t kQuantum = 16 * 1024;  // bytes moved; a block looked at counts for some
  static constexpr std::int64_t kBlockCost = 32;
  static constexpr std::int64_t kRelocationCost = 2048;  // of a run: free memory below it is looked for
  static constexpr std::size_t kWorthSliding = 32;
  static constexpr std::size_t kSettleAfter = 32;   // the heap's settling is a step for each of its runs
  static constexpr std::size_t kSettledRuns = 256;  // at a time; each counts as a block looked at
  static constexpr std::size_t kBytesPerUs = 2048;  // that are copied to memory which was never touched
  static constexpr int kMaxFullPasses = 8;

  void run_pass();
  void begin_pass();
  void end_pass();

  // --- phase "blocks"
  void compact_blocks();
  void compact_chunk(Address chunk, BlockHeader* at);
  BlockHeader* slide_blocks(BlockHeader* hole);
  bool move_to_hole(BlockHeader* block);
  void note_hole(BlockHeader* hole);
  void note_ends_below(std::size_t index);

  // --- phase "runs"
  void compact_runs();
  void begin_settling();
  void settle();
  std::uint64_t copying_us(RunEntry run) const;
  bool is_time_for(std::uint64_t us);
  void settle_fully();
  bool may_move(Address begin, std::size_t n_bytes, std::size_t free_bytes) override;
  void moved(Address from, Address to) override;
  void moved_run(RunEntry run, Address to);

  void spend(std::size_t n_bytes);
  void count(std::size_t n_bytes) {
    ++result_.moved_blocks;
    result_.moved_bytes += n_bytes;
  }

  MovableHeap& heap_;
  Chunks& chunks_;
  SlotTable& slots_;
  Clock& clock_;
  const bool fully_;
  const std::uint64_t budget_us_;
  std::uint64_t deadline_us_ = 0;
  std::int64_t credit_ = kQuantum;
  bool over_ = false;
  bool idle_ = true;  // nothing was done in this slice yet
  tidemark_compaction result_{};

  // Free blocks below the cursor, ascending.
  BlockHeader* holes_[kHoles];
  std::size_t hole_count_ = 0;
};

}  // namespace tidemark
