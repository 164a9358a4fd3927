#include "movable/movable_heap.h"

#include <cstring>

#include "platform/fatal.h"

namespace tidemark {

namespace {

constexpr std::size_t kMinusOne = ~std::size_t{0};

}  // namespace

Handle MovableHeap::allocate(std::size_t n_bytes, unsigned tag) {
  if (tag >= kTags) fatal("movable_allocate", tag, "there is no such tag");
  if (n_bytes > Chunks::kMaxContentBytes) return 0;
  const std::uint32_t slot = slots_.reserve();
  if (slot == SlotTable::kNoSlot) return 0;
  BlockHeader* const block = chunks_.allocate(n_bytes);
  if (block == nullptr) return 0;
  *block = BlockHeader::live(block->units(), slot, tag);
  count(block, 1);
  return slots_.take(slot, block->content());
}

MovableOutcome MovableHeap::free(Handle handle) {
  const Address content = slots_.look_up(handle);
  if (content == 0) return TIDEMARK_MOVABLE_STALE;
  BlockHeader* const block = BlockHeader::of_content(content);
  if (block->pins() != 0) return TIDEMARK_MOVABLE_PINNED;
  count(block, kMinusOne);
  chunks_.free(block);
  slots_.give(SlotTable::index_of(handle));
  return TIDEMARK_MOVABLE_DONE;
}

MovableOutcome MovableHeap::resize(Handle handle, std::size_t n_bytes) {
  const Address content = slots_.look_up(handle);
  if (content == 0) return TIDEMARK_MOVABLE_STALE;
  if (n_bytes > Chunks::kMaxContentBytes) return TIDEMARK_MOVABLE_EXHAUSTED;
  BlockHeader* block = BlockHeader::of_content(content);
  count(block, kMinusOne);
  MovableOutcome outcome = TIDEMARK_MOVABLE_DONE;
  if (!chunks_.resize_in_place(block, n_bytes)) {
    if (block->pins() != 0) {
      outcome = TIDEMARK_MOVABLE_PINNED;
    } else {
      BlockHeader* const moved = move_to_new(block, n_bytes);
      if (moved == nullptr) {
        outcome = TIDEMARK_MOVABLE_EXHAUSTED;
      } else {
        block = moved;
      }
    }
  }
  count(block, 1);
  if (block->content() != content) {
    slots_.set_address(block->slot(), block->content());
    have_moved();
  }
  return outcome;
}

BlockHeader* MovableHeap::move_to_new(BlockHeader* block, std::size_t n_bytes) {
  if (block->is_large() && Chunks::is_large_size(n_bytes)) return chunks_.resize_large(block, n_bytes);
  BlockHeader* const moved = chunks_.allocate(n_bytes);
  if (moved == nullptr) return nullptr;
  *moved = BlockHeader::live(moved->units(), block->slot(), block->tag());
  const std::size_t old_bytes = Chunks::content_bytes(block), new_bytes = Chunks::content_bytes(moved);
  std::memcpy(moved + 1, block + 1, old_bytes < new_bytes ? old_bytes : new_bytes);
  chunks_.free(block);
  return moved;
}

tidemark_movable_stats MovableHeap::stats() const {
  tidemark_movable_stats stats{};
  stats.live_blocks = live_.live_blocks;
  stats.live_bytes = live_.live_bytes;
  stats.held_bytes = chunks_.held_bytes() + slots_.held_bytes();
  stats.data_bytes = stats.held_bytes - chunks_.run_bytes();
  stats.pinned_blocks = pinned_blocks_;
  stats.runs = chunks_.runs().count();
  stats.epoch = epoch_;
  return stats;
}

bool MovableHeap::has_pins(RunEntry run) const {
  if (pinned_blocks_ == 0) return false;
  if (run.is_large()) return Chunks::of_large(run.begin())->pins() != 0;
  const BlockHeader* const end = Chunks::end_of_chunk(run.begin());
  for (const BlockHeader* block = Chunks::first_of_chunk(run.begin()); block != end; block = block->next()) {
    if (block->is_live() && block->pins() != 0) return true;
  }
  return false;
}

MovableOutlook MovableHeap::outlook() const {
  std::size_t chunked_bytes = 0, large_bytes = 0, large_blocks = 0, least = ~std::size_t{0};
  const RunList& runs = chunks_.runs();
  for (std::size_t i = 0; i < runs.count(); ++i) {
    const RunEntry run = runs[i];
    if (has_pins(run)) continue;
    if (run.is_large()) {
      const std::size_t bytes = chunks_.bytes_of(run);
      large_bytes += bytes;
      ++large_blocks;
      if (bytes < least) least = bytes;
      continue;
    }
    const BlockHeader* const end = Chunks::end_of_chunk(run.begin());
    for (const BlockHeader* block = Chunks::first_of_chunk(run.begin()); block != end; block = block->next()) {
      if (block->is_live()) chunked_bytes += block->units() * kUnitBytes;
    }
  }
  const std::size_t chunks = (chunked_bytes + Chunks::kMaxChunkBytes - 1) / Chunks::kMaxChunkBytes;
  chunked_bytes = round_up(chunked_bytes + chunks * 2 * kUnitBytes, kGrainBytes);
  if (chunks != 0 && chunked_bytes / chunks < least) least = chunked_bytes / chunks;
  const std::size_t data_bytes = slots_.needed_bytes() + RunList::needed_bytes(chunks + large_blocks);
  return {chunked_bytes + large_bytes + data_bytes, least, 0};
}

bool MovableHeap::is_own_data(Address address) const { return chunks_.runs().is_at(address) || slots_.is_at(address); }

bool MovableHeap::moves(Address address) const {
  const RunList& runs = chunks_.runs();
  const std::size_t index = runs.first_from(address);
  if (index != runs.count() && runs[index].begin() == address) return !has_pins(runs[index]);
  return is_own_data(address);
}

bool MovableHeap::has(Address address) const {
  const RunList& runs = chunks_.runs();
  const std::size_t index = runs.first_from(address);
  if (index != runs.count() && runs[index].begin() == address) return true;
  return is_own_data(address);
}

void MovableHeap::free_all() {
  for (std::uint32_t index = 0; index < slots_.count(); ++index) {
    const Address content = slots_.address_at(index);
    if (content == 0) continue;
    BlockHeader* const block = BlockHeader::of_content(content);
    count(block, kMinusOne);
    chunks_.free(block);
    slots_.give(index);
  }
  pinned_blocks_ = 0;
  phase_ = Phase::kNone;
  chunks_.release_spare();
  chunks_.shrink_list();
  slots_.shrink(true);
}

const char* MovableHeap::check() const {
  tidemark_movable_tag_stats counted[kTags] = {};
  std::size_t blocks = 0, bytes = 0, pinned = 0, in_use = 0;
  bool linked = true;
  const char* const broken = chunks_.check([&](const BlockHeader* block) {
    linked = linked && block->slot() < slots_.count() && slots_.address_at(block->slot()) == block->content();
    counted[block->tag()].live_blocks += 1;
    counted[block->tag()].live_bytes += Chunks::content_bytes(block);
    blocks += 1;
    bytes += Chunks::content_bytes(block);
    pinned += block->pins() != 0;
  });
  if (broken != nullptr) return broken;
  if (const char* const wrong = slots_.check()) return wrong;
  for (std::uint32_t index = 0; index < slots_.count(); ++index) in_use += slots_.address_at(index) != 0;
  if (!linked || in_use != blocks) return "M1: slots and blocks";
  if (blocks != live_.live_blocks || bytes != live_.live_bytes || pinned != pinned_blocks_) return "M2: the figures";
  if (std::memcmp(counted, tags_, sizeof(counted)) != 0) return "M2: the figures of tags";
  return nullptr;
}

}  // namespace tidemark
