// Which block a word points into: a picture of the heap's runs, taken at one moment, with a mark for every block.
//
//   grain -> number of its run -> record: where the run begins, its blocks, which of them are live, which are marked
//
// A picture, because a scan in slices lasts longer than slabs may: a run that has been released since, and has become
// something else, must not be taken for what it was. It may be taken in parts, each run at its own moment: what a run has
// become since, or was made since, is for_each_new()'s, as if it had come a moment later.
//
// Memory     One piece that the caller gives: 4 bytes for each grain of the heap up to its top, 64 for each run in use, and 0.8 % for
//            the worklist: 2.4 % of the heap, and 1.6 % more where it consists of slabs of 64-byte blocks. The bindings take it from the
//            heap, past malloc and its observers, and give it back when the scan ends; it is never scanned.
// Cost       build() and drop_freed(): one step for each run, and one store for each grain; drop_freed and for_each_new also one
//            for each block in runs that have been cut differently since.
#pragma once

#include <bit>
#include <limits>

#include "heap/heap_walk.h"
#include "heap/size_class.h"
#include "leaks/worklist.h"

namespace tidemark {

// One cache line: a pointer that is followed costs a miss or two, and not three.
struct alignas(64) BlockRun {
  std::uint64_t live = 0;     // bit i: block i is in use
  std::uint64_t marked = 0;   // … is reachable
  std::uint64_t scanned = 0;  // … has been looked through, or need not be
  Address begin = 0;          // of the first block, which may lie behind the run's
  std::size_t bytes = 0;      // of all blocks
  std::size_t block_bytes = 0;
  std::uint32_t reciprocal = 0;    // of block_bytes, times 2^32, rounded up; 0 of a large block
  std::uint32_t first_number = 0;  // of its unreachable blocks: lost_graph.h

  Address address(unsigned index) const { return begin + index * block_bytes; }
  std::uint64_t lost() const { return live & ~marked; }
};

class BlockTable {
 public:
  struct Place {
    BlockRun* run = nullptr;  // null: the word points into no live block
    unsigned index = 0;
    std::uint64_t bit() const { return std::uint64_t{1} << index; }
  };

  /// Of the heap: where its runs begin and end, and how many of them have blocks.
  struct Outline {
    Address low = 0, high = 0;
    std::size_t runs = 0;
  };

  /// Bytes that a picture needs.
  static std::size_t bytes_for(const Outline& outline) {
    return layout(outline.runs, (outline.high - outline.low) >> kGrainShift);
  }

  // --- taking it: start, add each run from the lowest on, finish

  void start(const Outline& outline, void* memory) {
    const std::size_t runs = outline.runs;
    low_ = filled_ = outline.low;
    high_ = outline.high;
    room_ = runs;
    run_count_ = 0;
    runs_ = reinterpret_cast<BlockRun*>(round_up(reinterpret_cast<Address>(memory), alignof(BlockRun)));
    runs_[0] = BlockRun{};  // of grains that are in no run with blocks: it has none
    work_.start(runs_ + runs + 1, runs + 1, low_, high_ - low_);
    of_grain_ = reinterpret_cast<std::uint32_t*>(reinterpret_cast<Address>(runs_ + runs + 1) +
                                                 Worklist::bytes_for(runs + 1, high_ - low_));
  }
  /// Whether there was room for it.
  bool add(const Run& run) {
    if (run.begin < low_ || run.begin + run.bytes > high_) return true;  // it is new, or has become longer
    std::uint32_t number = 0;
    if (has_blocks(run)) {
      if (run_count_ == room_) return false;
      number = static_cast<std::uint32_t>(++run_count_);
      runs_[number] = record_of(run);
    }
    fill(filled_, run.begin, 0);
    fill(run.begin, run.begin + run.bytes, number);
    if (filled_ < run.begin + run.bytes) filled_ = run.begin + run.bytes;
    return true;
  }
  void finish() { fill(filled_, high_, 0); }

  template <class Walk>
  static Outline outline_of(const Walk& walk) {
    Outline outline{walk.low(), walk.high(), 0};
    walk.for_each_run([&](const Run& run) { outline.runs += has_blocks(run); });
    return outline;
  }
  template <class Walk>
  static std::size_t bytes_for(const Walk& walk) {
    return bytes_for(outline_of(walk));
  }
  /// All at once. Blocks are all unmarked. False, and no picture, where `n_bytes` at `memory` are not enough.
  template <class Walk>
  bool build(const Walk& walk, void* memory, std::size_t n_bytes) {
    const Outline outline = outline_of(walk);
    run_count_ = 0;
    low_ = high_ = 0;
    if (bytes_for(outline) > n_bytes) return false;
    start(outline, memory);
    walk.for_each_run([&](const Run& run) { static_cast<void>(add(run)); });
    finish();
    return true;
  }

  // --- what has become of it

  /// Calls visit(begin, bytes) for the blocks of a run, as it is now, that are not in the picture.
  template <class Visit>
  void for_each_new(const Run& run, Visit&& visit) const {
    if (!has_blocks(run)) return;
    const BlockRun now = record_of(run);
    const BlockRun* const before = run_of(now.begin);
    std::uint64_t fresh = now.live;
    const bool as_it_was = before->begin == now.begin && before->block_bytes == now.block_bytes;
    if (as_it_was) fresh &= ~before->live;
    for (; fresh != 0; fresh &= fresh - 1) {
      const Address block = now.address(static_cast<unsigned>(std::countr_zero(fresh)));
      if (as_it_was || !holds(find(block), block, now.block_bytes)) visit(block, now.block_bytes);
    }
  }

  /// Takes away what has been freed since, and what has come in its place: begin_drop, drop_freed for each run as it is now,
  /// end_drop.
  void begin_drop() {
    for (BlockRun& run : *this) run.scanned = 0;  // from here on: is live still
  }
  void drop_freed(const Run& run) {
    if (!has_blocks(run)) return;
    // Slabs may have been split since: a run lies in one of the picture, or is new.
    const BlockRun now = record_of(run);
    BlockRun* const before = run_of(now.begin);
    if (before->lost() == 0) return;
    if (before->begin == now.begin && before->block_bytes == now.block_bytes) {
      before->scanned |= now.live;
      return;
    }
    for (std::uint64_t live = now.live; live != 0; live &= live - 1)
      keep(now.address(static_cast<unsigned>(std::countr_zero(live))), now.block_bytes);
  }
  void end_drop() {
    for (BlockRun& run : *this) run.live &= run.marked | run.scanned;
  }

  /// All at once.
  template <class Walk>
  void drop_freed(const Walk& walk) {
    begin_drop();
    walk.for_each_run([&](const Run& run) { drop_freed(run); });
    end_drop();
  }

  /// Keeps of this picture's lost blocks those that an earlier one has lost too.
  void confirm(const BlockTable& earlier);

  /// The live block that `address` points into, its begin, or anywhere up to its last byte.
  Place find(Address address) const {
    return address - low_ < high_ - low_ ? find_in(number_at(address), address) : Place{};
  }

  /// The same in two steps, for who has many addresses and doesn't want to wait for memory after each.
  /// Requires  low() <= address < high().
  std::uint32_t number_at(Address address) const { return of_grain_[(address - low_) >> kGrainShift]; }
  Place find_in(std::uint32_t number, Address address) const { return find_in(runs_ + number, address); }

  Address low() const { return low_; }
  Address high() const { return high_; }
  BlockRun* begin() { return runs_ + 1; }
  BlockRun* end() { return runs_ + 1 + run_count_; }
  const BlockRun* begin() const { return runs_ + 1; }
  const BlockRun* end() const { return runs_ + 1 + run_count_; }
  std::size_t run_count() const { return run_count_; }

  std::uint32_t number_of(const BlockRun* run) const { return static_cast<std::uint32_t>(run - runs_); }
  BlockRun* numbered(std::uint32_t number) { return runs_ + number; }
  Worklist& work() { return work_; }

  static bool has_blocks(const Run& run) { return run.kind == RunKind::kBlock || run.kind == RunKind::kSlab; }

 private:
  /// The one without blocks where there is none.
  BlockRun* run_of(Address address) const { return runs_ + (address - low_ < high_ - low_ ? number_at(address) : 0); }

  static Place find_in(BlockRun* run, Address address) {
    if (address - run->begin >= run->bytes) return {};
    const auto in_run = static_cast<std::uint32_t>(address - run->begin);
    const auto index = static_cast<unsigned>((std::uint64_t{in_run} * run->reciprocal) >> 32);
    const Place place{run, index};
    return (run->live & place.bit()) != 0 ? place : Place{};
  }

  static bool holds(const Place& place, Address block, std::size_t block_bytes) {
    return place.run != nullptr && place.run->address(place.index) == block && place.run->block_bytes == block_bytes;
  }

  void keep(Address block, std::size_t block_bytes) {
    const Place place = find(block);
    if (holds(place, block, block_bytes)) place.run->scanned |= place.bit();
  }

  void fill(Address begin, Address end, std::uint32_t number) {
    if (begin >= end) return;
    std::uint32_t* const entries = of_grain_ + ((begin - low_) >> kGrainShift);
    for (std::size_t i = 0; i < (end - begin) >> kGrainShift; ++i) entries[i] = number;
  }

  static std::size_t layout(std::size_t runs, std::size_t grains) {
    return (runs + 2) * sizeof(BlockRun) + Worklist::bytes_for(runs + 1, grains << kGrainShift) +
           grains * sizeof(std::uint32_t);
  }

  static BlockRun record_of(const Run& run) {
    BlockRun record;
    record.begin = run.begin;
    record.bytes = run.bytes;
    record.block_bytes = run.bytes;
    record.live = 1;
    if (run.slab != nullptr) {
      record.begin = run.slab->base;
      record.block_bytes = run.slab->block_bytes;
      record.bytes = run.slab->blocks() * record.block_bytes;
      record.live = ~run.slab->free_blocks & run.slab->all_free();
      // Exact for offsets below 2^16: the error of the product is below offset / 2^32 < 1 / block_bytes.
      static_assert(kMaxSlabBytes <= 1u << 16 && kMaxSmallBytes <= 1u << 16);
      record.reciprocal = static_cast<std::uint32_t>((std::uint64_t{1} << 32) / record.block_bytes + 1);
    }
    return record;
  }

  BlockRun* runs_ = nullptr;
  std::uint32_t* of_grain_ = nullptr;
  std::size_t run_count_ = 0;
  std::size_t room_ = 0;  // for runs
  Address filled_ = 0;    // entries of the grains below it are there
  Worklist work_;
  Address low_ = 0;
  Address high_ = 0;
};

}  // namespace tidemark
