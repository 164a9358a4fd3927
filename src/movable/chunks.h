// Chunks: runs that are cut into movable blocks; and large blocks, which are runs by themselves.
//
//   chunk   head: 8 bytes | blocks, live and free | end: 8 bytes
//   large   head: 8 bytes | header | content
//
// What is known of a block stands in front of it (block_header.h). Free blocks coalesce at once. A chunk without live
// blocks goes back to the heap, but for one that is kept as a spare.
//
// Invariants (check())
//   C1  Blocks tile a chunk from behind its head to its end, whose `slot` is the sum of their lengths. None is shorter
//       than kMinUnits.
//   C2  No two free blocks are neighbours; exactly the block after a free one says so.
//   C3  A free block's length stands in its last unit, and it is in its bin.
//   C4  A chunk that is wholly free is the spare one.
//   C5  cursor() is where a run begins, or a block in a chunk, or outside of all chunks. It never goes down.
//   C6  run_bytes_ is the sum of what the heap holds for the runs.
// Failure     An allocation that is refused has changed nothing but, perhaps, the room in the list of runs.
#pragma once

#include "movable/free_bins.h"
#include "movable/run_list.h"

namespace tidemark {

class Chunks {
 public:
  /// The largest block that is cut from a chunk; one more unit, and it is a run by itself, rounded up to a grain.
  static constexpr std::size_t kMaxChunkedUnits = 1 + 8 * 1024 / kUnitBytes;
  static constexpr std::size_t kMinChunkBytes = 4 * 1024;
  static constexpr std::size_t kMaxChunkBytes = 256 * 1024;
  static constexpr std::size_t kMaxContentBytes = ~std::size_t{0} / 4;

  constexpr explicit Chunks(RunSource& source) : source_(&source), runs_(source) {}

  /// A live block of at least `n_bytes` <= kMaxContentBytes, without a slot; null when memory is exhausted.
  BlockHeader* allocate(std::size_t n_bytes);
  void free(BlockHeader* block);

  /// Makes a block longer or shorter where it is; false, and nothing changed, when that can't be done. A large block
  /// remains large, and only gets shorter.
  bool resize_in_place(BlockHeader* block, std::size_t n_bytes);
  /// Makes a large block longer or shorter, and large still, wherever it is then; null, and nothing changed, when memory
  /// is exhausted.
  BlockHeader* resize_large(BlockHeader* block, std::size_t n_bytes);

  static std::size_t content_bytes(const BlockHeader* block) {
    return block->is_large() ? large_bytes(block) : (block->units() - 1) * kUnitBytes;
  }
  static bool is_large_size(std::size_t n_bytes) { return units_for(n_bytes) > kMaxChunkedUnits; }

  // --- for the compactor

  const RunList& runs() const { return runs_; }
  static BlockHeader* first_of_chunk(Address chunk) { return reinterpret_cast<BlockHeader*>(chunk) + 1; }
  static BlockHeader* end_of_chunk(Address chunk) {
    BlockHeader* const first = first_of_chunk(chunk);
    return first + reinterpret_cast<const std::uint64_t*>(chunk)[0];
  }
  static BlockHeader* of_large(Address run) { return reinterpret_cast<BlockHeader*>(run) + 1; }

  /// Cuts a live block of `units`, which must fit, off the begin of a free one.
  BlockHeader* carve(BlockHeader* free, std::size_t units);
  /// Takes a free block out of its bin: there is a gap in the chunk until put_free().
  void take_free(BlockHeader* free) { bins_.remove(free); }
  /// Makes a gap a free block. Requires live blocks, or the chunk's ends, on both sides.
  void put_free(BlockHeader* at, std::size_t units);

  /// Gives the free memory at the end of a chunk back, in grains. Requires cursor() not to be in it.
  void trim(Address chunk);
  /// Moves a whole run, chunk or large block, to free memory of the heap below; returns where it is then. Slots have to be
  /// told, of chunks by whoever calls.
  Address relocate(RunEntry run);
  /// For a run that somebody else moves as a whole: take_links() before, put_links() after it.
  void take_links(RunEntry run);
  void put_links(RunEntry run);
  void set_run(Address from, Address to) { runs_.move(from, to); }
  std::size_t bytes_of(RunEntry run) const { return source_->usable_bytes(reinterpret_cast<void*>(run.begin())); }

  /// Where compaction goes on; kept valid through all changes.
  Address cursor() const { return cursor_; }
  void set_cursor(Address cursor) { cursor_ = cursor; }

  void release_spare();
  RunSource& source() { return *source_; }
  void shrink_list() { runs_.shrink(); }

  std::size_t run_bytes() const { return run_bytes_; }
  std::size_t held_bytes() const { return run_bytes_ + runs_.held_bytes(); }

  /// Null when every invariant holds; visits every live block with visit(block).
  template <class Visit>
  const char* check(Visit&& visit) const;

 private:
  static std::size_t large_bytes(const BlockHeader* block) {
    return static_cast<std::size_t>(reinterpret_cast<const std::uint64_t*>(block)[-1]);
  }
  static void set_large_bytes(Address run, std::size_t bytes) { reinterpret_cast<std::uint64_t*>(run)[0] = bytes; }

  BlockHeader* add_chunk(std::size_t units);
  BlockHeader* allocate_large(std::size_t n_bytes);
  void release_chunk(const BlockHeader* first);
  void add_run(RunEntry run, std::size_t bytes);
  void remove_run(Address begin, std::size_t bytes);
  /// [begin, begin + bytes) becomes, or was, a run: blocks that come in it are none that compaction has still to visit.
  void skip_with_cursor(Address begin, std::size_t bytes) {
    if (begin < cursor_ && cursor_ - begin < bytes) cursor_ = begin + bytes;
  }
  /// The block at `from` is now part of the one at `to`.
  void absorbed(const BlockHeader* from, const BlockHeader* to) {
    if (cursor_ == from->address()) cursor_ = to->address();
  }

  RunSource* source_;
  FreeBins bins_;
  RunList runs_;
  BlockHeader* spare_ = nullptr;  // the free block that is all of the spare chunk
  Address cursor_ = 0;
  std::size_t run_bytes_ = 0;
};

template <class Visit>
const char* Chunks::check(Visit&& visit) const {
  std::size_t bytes = 0, free_blocks = 0, binned_blocks = 0;
  Address last_end = 0;
  bool cursor_seen = false;
  for (std::size_t i = 0; i < runs_.count(); ++i) {
    const RunEntry run = runs_[i];
    const Address begin = run.begin(), end = begin + bytes_of(run);
    if (begin < last_end) return "C6: runs overlap, or are out of order";
    last_end = end;
    bytes += end - begin;
    const bool cursor_inside = begin < cursor_ && cursor_ < end;
    if (run.is_large()) {
      const BlockHeader* const block = of_large(begin);
      if (!block->is_live() || !block->is_large()) return "C1: a large block";
      if (large_bytes(block) + 2 * kUnitBytes > end - begin) return "C1: the length of a large block";
      visit(block);
      continue;
    }
    const BlockHeader* block = first_of_chunk(begin);
    const BlockHeader* const chunk_end = end_of_chunk(begin);
    if (chunk_end->content() > end) return "C1: the length of a chunk";
    cursor_seen = !cursor_inside || cursor_ == chunk_end->address();
    bool after_free = false;
    for (; block < chunk_end; block = block->next()) {
      cursor_seen |= cursor_ == block->address();
      if (block->units() < BlockHeader::kMinUnits) return "C1: the length of a block";
      if (block->is_after_free() != after_free) return "C2: what a block says of the one before it";
      if (after_free && !block->is_live()) return "C2: two free blocks that should be one";
      after_free = !block->is_live();
      if (block->is_live()) {
        visit(block);
      } else {
        ++free_blocks;
        const BlockHeader* const next = block->next();
        if (reinterpret_cast<const std::uint64_t*>(next)[-1] != block->units()) return "C3: the length at the end";
        const bool whole = block == first_of_chunk(begin) && next == chunk_end;
        if (whole != (block == spare_)) return "C4: a chunk that is wholly free";
      }
    }
    if (block != chunk_end || !chunk_end->is_live() || !chunk_end->is_end()) return "C1: the end of a chunk";
    if (chunk_end->slot() != static_cast<std::size_t>(chunk_end - first_of_chunk(begin))) return "C1: the end's number";
    if (chunk_end->is_after_free() != after_free) return "C2: what the end of a chunk says";
    if (!cursor_seen) return "C5: the cursor";
  }
  if (bytes != run_bytes_) return "C6: the sum of runs";
  if (!bins_.is_sound(&binned_blocks)) return "F1: the bins";
  return binned_blocks == free_blocks ? nullptr : "F1: a free block that is in no bin";
}

}  // namespace tidemark
