// Movable memory over a heap in an arena, step by step beside a map of what there should be: each block's content, tag and
// pins, the addresses of those that are pinned, and handles that are stale.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "heap/heap_walk.h"
#include "movable/heap_runs.h"
#include "movable/movable_heap.h"
#include "platform/fake_clock.h"
#include "support/arena.h"
#include "support/block_model.h"
#include "support/random.h"

namespace tidemark::testing {

struct MovableModelBlock {
  std::size_t bytes = 0;  // that the block has
  std::uint64_t seed = 0;
  unsigned tag = 0;
  unsigned pins = 0;
  const void* pinned_at = nullptr;
};

class MovableModel {
 public:
  using Blocks = std::map<Handle, MovableModelBlock>;

  explicit MovableModel(MovableHeap& heap) : heap_(heap) {}

  /// Empty when they agree, as all of these; else what went wrong. A refused step must have changed nothing.
  std::string allocate(std::size_t n_bytes, unsigned tag) {
    const Handle handle = heap_.allocate(n_bytes, tag);
    refused_ = handle == 0;
    if (refused_) return {};
    if (blocks_.count(handle) != 0 || stale_.count(handle) != 0) return "a handle was given out twice";
    const std::size_t bytes = heap_.bytes(handle);
    if (bytes < n_bytes) return "a block is shorter than was asked for";
    const auto address = reinterpret_cast<Address>(heap_.resolve(handle));
    if (address == 0 || address % kUnitBytes != 0) return "a block is not aligned";
    MovableModelBlock block;
    block.bytes = bytes;
    block.seed = next_seed_++;
    block.tag = tag;
    Pattern::write(address, bytes, block.seed);
    blocks_[handle] = block;
    return {};
  }

  std::string free(Handle handle) {
    refused_ = false;
    const MovableModelBlock block = blocks_.at(handle);
    const std::string problem = verify(handle, block);
    if (!problem.empty()) return problem;
    const MovableOutcome outcome = heap_.free(handle);
    if (block.pins != 0) return outcome == TIDEMARK_MOVABLE_PINNED ? "" : "a pinned block was freed";
    if (outcome != TIDEMARK_MOVABLE_DONE) return "a block could not be freed";
    blocks_.erase(handle);
    stale_[handle] = {};
    return verify_stale(handle);
  }

  std::string resize(Handle handle, std::size_t n_bytes) {
    MovableModelBlock& block = blocks_.at(handle);
    const std::string problem = verify(handle, block);
    if (!problem.empty()) return problem;
    const void* const before = heap_.resolve(handle);
    const std::uint32_t epoch = heap_.epoch();
    const MovableOutcome outcome = heap_.resize(handle, n_bytes);
    const void* const after = heap_.resolve(handle);
    if (before != after && epoch == heap_.epoch()) return "resize moved a block, and the epoch is the same";
    refused_ = outcome == TIDEMARK_MOVABLE_EXHAUSTED;
    if (outcome != TIDEMARK_MOVABLE_DONE) {
      if (outcome == TIDEMARK_MOVABLE_PINNED && block.pins == 0) return "resize says of a block that it is pinned";
      if (heap_.bytes(handle) != block.bytes || before != after) return "a refused resize has changed the block";
      return verify(handle, block);
    }
    const std::size_t bytes = heap_.bytes(handle);
    if (bytes < n_bytes) return "a resized block is shorter than was asked for";
    const std::size_t kept = bytes < block.bytes ? bytes : block.bytes;
    if (!Pattern::stands(reinterpret_cast<Address>(after), block.bytes, kept, block.seed)) return "resize lost content";
    block.bytes = bytes;
    block.seed = next_seed_++;
    Pattern::write(reinterpret_cast<Address>(after), bytes, block.seed);
    return verify(handle, block);
  }

  std::string pin(Handle handle) {
    MovableModelBlock& block = blocks_.at(handle);
    void* const content = heap_.pin(handle);
    if (content == nullptr || content != heap_.resolve(handle)) return "pin gave another address than resolve";
    if (block.pins != 0 && content != block.pinned_at) return "a pinned block has moved";
    block.pinned_at = content;
    ++block.pins;
    return {};
  }

  std::string unpin(Handle handle) {
    MovableModelBlock& block = blocks_.at(handle);
    if (heap_.unpin(handle) != (block.pins != 0)) return "unpin disagrees on whether a block was pinned";
    if (block.pins != 0) --block.pins;
    return {};
  }

  /// Verifies all content, whatever the slice did.
  std::string compact(std::uint64_t budget_us, FakeClock& clock, bool* finished = nullptr) {
    std::map<Handle, const void*> before;
    for (const auto& [handle, block] : blocks_) before[handle] = heap_.resolve(handle);
    const std::uint32_t epoch = heap_.epoch();
    const std::size_t held_before = heap_.stats().held_bytes;
    const tidemark_compaction done = heap_.compact(budget_us, clock);
    const std::size_t held_after = heap_.stats().held_bytes;
    if (done.released_bytes != (held_after < held_before ? held_before - held_after : 0))
      return "what compaction says that it released";
    if (finished != nullptr) *finished = done.finished != 0;
    bool moved = false;
    for (const auto& [handle, block] : blocks_) {
      const void* const now = heap_.resolve(handle);
      if (now > before[handle]) return "compaction moved a block up";
      moved |= now != before[handle];
    }
    if (moved != (done.moved_blocks != 0)) return "what compaction says that it moved";
    if (moved && epoch == heap_.epoch()) return "blocks have moved, and the epoch is the same";
    return verify_all();
  }

  std::string verify(Handle handle, const MovableModelBlock& block) const {
    const void* const content = heap_.resolve(handle);
    if (content == nullptr) return "a block's handle is stale";
    if (heap_.bytes(handle) != block.bytes) return "a block's size has changed";
    if (block.pins != 0 && content != block.pinned_at) return "a pinned block has moved";
    if (!Pattern::stands(reinterpret_cast<Address>(content), block.bytes, block.bytes, block.seed)) {
      return "a block's content has changed";
    }
    return {};
  }

  std::string verify_stale(Handle handle) {
    if (heap_.resolve(handle) != nullptr || heap_.bytes(handle) != 0) return "a stale handle leads to a block";
    if (heap_.pin(handle) != nullptr || heap_.unpin(handle)) return "a stale handle can be pinned";
    if (heap_.free(handle) != TIDEMARK_MOVABLE_STALE) return "a stale handle can be freed";
    if (heap_.resize(handle, 8) != TIDEMARK_MOVABLE_STALE) return "a stale handle can be resized";
    return {};
  }

  /// Content, figures, invariants, and what for_each visits.
  std::string verify_all() {
    tidemark_movable_tag_stats tags[MovableHeap::kTags] = {};
    std::size_t live_bytes = 0, pinned = 0;
    for (const auto& [handle, block] : blocks_) {
      const std::string problem = verify(handle, block);
      if (!problem.empty()) return problem;
      live_bytes += block.bytes;
      pinned += block.pins != 0;
      tags[block.tag].live_blocks += 1;
      tags[block.tag].live_bytes += block.bytes;
    }
    const tidemark_movable_stats stats = heap_.stats();
    if (stats.live_blocks != blocks_.size() || stats.live_bytes != live_bytes) return "the figures of all blocks";
    if (stats.pinned_blocks != pinned) return "the figure of pinned blocks";
    for (unsigned tag = 0; tag < MovableHeap::kTags; ++tag) {
      const tidemark_movable_tag_stats figures = heap_.tag_stats(tag);
      if (figures.live_blocks != tags[tag].live_blocks || figures.live_bytes != tags[tag].live_bytes)
        return "a tag's figures";
    }
    std::size_t visited = 0;
    bool known = true;
    heap_.for_each([&](Handle handle, void* content, std::size_t n_bytes, unsigned tag) {
      ++visited;
      const auto found = blocks_.find(handle);
      known = known && found != blocks_.end() && found->second.bytes == n_bytes && found->second.tag == tag &&
              content == heap_.resolve(handle);
    });
    if (!known || visited != blocks_.size()) return "what for_each visits";
    const char* const broken = heap_.check();
    return broken == nullptr ? "" : broken;
  }

  std::string verify_all_stale() const {
    for (const auto& [handle, nothing] : stale_) {
      if (heap_.resolve(handle) != nullptr) return "a stale handle leads to a block";
    }
    return {};
  }

  /// A block chosen by chance; 0 when there is none.
  Handle any(Random& random) const {
    if (blocks_.empty()) return 0;
    const auto found = blocks_.lower_bound(std::uint64_t{random.below(4)} << 32 | random.below(blocks_.size() * 2));
    return found == blocks_.end() ? blocks_.begin()->first : found->first;
  }

  Handle any_stale(Random& random) const {
    if (stale_.empty()) return 0;
    const auto found = stale_.lower_bound(random.next() >> 30);
    return found == stale_.end() ? stale_.begin()->first : found->first;
  }

  const Blocks& blocks() const { return blocks_; }
  /// Whether the last allocate, free or resize was refused for want of memory.
  bool refused() const { return refused_; }

 private:
  MovableHeap& heap_;
  Blocks blocks_;
  std::map<Handle, char> stale_;
  std::uint64_t next_seed_ = 1;
  bool refused_ = false;
};

/// A movable heap on a heap in an arena.
struct MovableFixture {
  explicit MovableFixture(std::size_t arena_bytes)
      : arena(arena_bytes), heap(ArenaSource(arena)), runs(heap), movable(runs) {}

  Arena arena;
  TestHeap heap;
  HeapRuns<ArenaSource, TestObserver> runs;
  MovableHeap movable;
};

}  // namespace tidemark::testing
