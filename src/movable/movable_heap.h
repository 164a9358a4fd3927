// Movable memory: blocks behind handles, in runs of a heap, and the compactor that pushes them together.
// tidemark/movable.h says what handles, pins, tags and the epoch are.
//
//   handle -> slot_table.h: slot -> address of the content -> block_header.h: the header in front of it -> its slot
//
// Invariants (those of slot_table.h and chunks.h, and; check())
//   M1  Every live block's slot has the address of its content, and every slot in use that of a live block.
//   M2  The figures are what counting the blocks gives.
// Space       After compact(kFully) without pins: 16 bytes a block (in WebAssembly; 24 natively), slots that are free
//             below the highest in use, most of which fold() leaves zero, and in each run less than a grain at its end and
//             16 bytes. See compactor.h.
// Failure     What is refused has changed nothing but, perhaps, the room in the table of slots and the list of runs.
#pragma once

#include "movable/chunks.h"
#include "movable/slot_table.h"
#include "platform/clock.h"
#include "tidemark/movable.h"

namespace tidemark {

using Handle = tidemark_handle;
using MovableOutcome = tidemark_movable_outcome;

/// What a full compaction would make of movable memory: the heap's bytes that it would still hold; the least run of those:
/// in holes of the heap that are shorter, none of it has room; and how many of them fold() would leave zero.
struct MovableOutlook {
  std::size_t packed_bytes;
  std::size_t least_run_bytes;
  std::size_t zero_bytes;
};

class MovableHeap {
 public:
  static constexpr unsigned kTags = BlockHeader::kTags;
  static constexpr std::uint64_t kFully = TIDEMARK_COMPACT_FULLY;

  constexpr explicit MovableHeap(RunSource& source) : slots_(source), chunks_(source) {}

  MovableHeap(const MovableHeap&) = delete;
  MovableHeap& operator=(const MovableHeap&) = delete;

  /// 0 when memory is exhausted. Requires tag < kTags.
  Handle allocate(std::size_t n_bytes, unsigned tag = 0);
  MovableOutcome free(Handle handle);
  MovableOutcome resize(Handle handle, std::size_t n_bytes);

  void* resolve(Handle handle) const { return reinterpret_cast<void*>(slots_.resolve(handle)); }
  /// As resolve, and a call.
  void* look_up(Handle handle) const { return reinterpret_cast<void*>(slots_.look_up(handle)); }
  std::size_t bytes(Handle handle) const {
    const Address content = slots_.resolve(handle);
    return content == 0 ? 0 : Chunks::content_bytes(BlockHeader::of_content(content));
  }

  void* pin(Handle handle) {
    const Address content = slots_.resolve(handle);
    if (content == 0) return nullptr;
    BlockHeader* const block = BlockHeader::of_content(content);
    const unsigned pins = block->pins();
    if (pins == BlockHeader::kMaxPins) return nullptr;
    if (pins == 0) ++pinned_blocks_;
    block->add_pin();
    return reinterpret_cast<void*>(content);
  }

  /// Whether it was pinned.
  bool unpin(Handle handle) {
    const Address content = slots_.resolve(handle);
    if (content == 0) return false;
    BlockHeader* const block = BlockHeader::of_content(content);
    if (block->pins() == 0) return false;
    block->remove_pin();
    if (block->pins() == 0) --pinned_blocks_;
    return true;
  }

  /// compactor.h describes it. The clock is not read when the budget is kFully.
  tidemark_compaction compact(std::uint64_t budget_us, Clock& clock);

  /// Leaves pages of the table of handles that has few in use zero, for a shrink not to copy them. To be called after
  /// compact(kFully).
  void fold() { slots_.fold(); }
  SlotFolding folding() const { return slots_.folding(); }

  /// Cost      a look at every block.
  MovableOutlook outlook() const;
  /// Whether that would move, or free, the heap's block at `address`.
  bool moves(Address address) const;

  /// Whether movable memory has the run that begins there, be it for blocks or for what is known of them.
  /// Cost      a binary search among its runs.
  bool has(Address address) const;

  const std::uint32_t& epoch() const { return epoch_; }
  /// Called after the epoch has risen, for who can't look at it each time: it may not use movable memory.
  void on_moved(void (*listener)()) { listener_ = listener; }
  tidemark_movable_stats stats() const;
  tidemark_movable_tag_stats tag_stats(unsigned tag) const { return tags_[tag]; }

  /// Calls visit(handle, content, n_bytes, tag) for every block, by slot.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t index = 0; index < slots_.count(); ++index) {
      const Address content = slots_.address_at(index);
      if (content == 0) continue;
      const BlockHeader* const block = BlockHeader::of_content(content);
      visit(slots_.handle_of(index), reinterpret_cast<void*>(content), Chunks::content_bytes(block), block->tag());
    }
  }

  /// Frees every block, pinned ones too, and gives all memory back.
  void free_all();

  /// Null when every invariant holds, else which one does not.
  const char* check() const;

 private:
  friend class Compactor;

  enum class Phase { kNone, kBlocks, kSettling, kRuns };

  void count(const BlockHeader* block, std::size_t blocks) {
    const std::size_t bytes = Chunks::content_bytes(block);
    tidemark_movable_tag_stats& tag = tags_[block->tag()];
    // Unsigned: a count of -1 takes away.
    live_.live_blocks += blocks;
    live_.live_bytes += blocks * bytes;
    tag.live_blocks += blocks;
    tag.live_bytes += blocks * bytes;
  }

  void have_moved() {
    ++epoch_;
    if (listener_ != nullptr) listener_();
  }
  BlockHeader* move_to_new(BlockHeader* block, std::size_t n_bytes);
  bool has_pins(RunEntry run) const;
  TIDEMARK_RARE bool is_own_data(Address address) const;

  SlotTable slots_;  // first: tidemark/movable.h looks handles up in it, inline
  Chunks chunks_;
  tidemark_movable_tag_stats live_{};
  tidemark_movable_tag_stats tags_[kTags] = {};
  std::size_t pinned_blocks_ = 0;
  std::uint32_t epoch_ = 0;
  void (*listener_)() = nullptr;
  Phase phase_ = Phase::kNone;
  /// Runs at or above this came after the pass began; in phase "runs", or have been visited.
  Address pass_end_ = 0;
  /// Where the source goes on in phase "settling".
  std::size_t settled_ = 0;
  /// Runs that have moved since then.
  std::size_t relocated_ = 0;
};

/// The one that tidemark/movable.h speaks of: override/movable.cpp, or, natively, program_heap_native.cpp.
MovableHeap& program_movable_heap();

}  // namespace tidemark
