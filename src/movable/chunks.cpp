#include "movable/chunks.h"

#include <algorithm>
#include <cstring>

namespace tidemark {

// --- blocks in chunks

BlockHeader* Chunks::allocate(std::size_t n_bytes) {
  const std::size_t units = units_for(n_bytes);
  if (units > kMaxChunkedUnits) return allocate_large(n_bytes);
  BlockHeader* free = bins_.find(units);
  if (free == nullptr) free = add_chunk(units);
  return free == nullptr ? nullptr : carve(free, units);
}

BlockHeader* Chunks::carve(BlockHeader* free, std::size_t units) {
  if (free == spare_) spare_ = nullptr;
  bins_.remove(free);
  const std::size_t rest = free->units() - units;
  *free = BlockHeader::live(units, 0, 0);
  if (rest != 0) {
    put_free(free + units, rest);
  } else {
    free->next()->set_after_free(false);
  }
  return free;
}

void Chunks::put_free(BlockHeader* at, std::size_t units) {
  *at = BlockHeader::free(units);
  at->write_length();
  at->next()->set_after_free(true);
  bins_.insert(at);
}

void Chunks::free(BlockHeader* block) {
  if (block->is_large()) {
    const Address run = block->address() - kUnitBytes;
    remove_run(run, source_->usable_bytes(reinterpret_cast<void*>(run)));
    source_->free(reinterpret_cast<void*>(run));
    return;
  }
  BlockHeader* begin = block;
  std::size_t units = block->units();
  BlockHeader* const next = block->next();
  if (!next->is_live()) {
    bins_.remove(next);
    absorbed(next, block);
    units += next->units();
  }
  if (block->is_after_free()) {
    begin = block->before();
    bins_.remove(begin);
    absorbed(block, begin);
    units += begin->units();
  }
  const BlockHeader* const end = begin + units;
  const bool chunk_is_free = end->is_end() && end->slot() == units;
  if (chunk_is_free && spare_ != nullptr) {
    if (spare_ < begin) {
      release_chunk(begin);
      return;
    }
    bins_.remove(spare_);
    release_chunk(spare_);
    spare_ = nullptr;
  }
  put_free(begin, units);
  if (chunk_is_free) spare_ = begin;
}

bool Chunks::resize_in_place(BlockHeader* block, std::size_t n_bytes) {
  const std::size_t wanted = units_for(n_bytes);
  if (block->is_large()) {
    if (wanted <= kMaxChunkedUnits || n_bytes > large_bytes(block)) return false;
    return resize_large(block, n_bytes) != nullptr;
  }
  const std::size_t units = block->units();
  if (wanted == units) return true;
  if (wanted > kMaxChunkedUnits) return false;
  BlockHeader* const next = block->next();
  const std::size_t room = units + (next->is_live() ? 0 : next->units());
  if (!FreeBins::fits(room, wanted)) return wanted < units;  // what is left over would be too short: the block keeps it
  if (!next->is_live()) {
    absorbed(next, block + wanted);
    bins_.remove(next);
  }
  block->set_units(wanted);
  if (room != wanted) {
    put_free(block + wanted, room - wanted);
  } else {
    block->next()->set_after_free(false);
  }
  return true;
}

// --- chunks

BlockHeader* Chunks::add_chunk(std::size_t units) {
  if (!runs_.reserve()) return nullptr;
  const std::size_t needed = (units + 2) * kUnitBytes;
  const std::size_t wanted = std::clamp(run_bytes_ / 8, kMinChunkBytes, kMaxChunkBytes);
  void* run = source_->allocate(std::max(needed, wanted));
  if (run == nullptr) run = source_->allocate(std::max(needed, RunSource::kMaxUnmovableBytes + 1));
  if (run == nullptr) return nullptr;
  const std::size_t bytes = source_->usable_bytes(run);
  std::size_t area = bytes / kUnitBytes - 2;
  if (!FreeBins::fits(area, units)) area = units;  // what would be left over is too short to be a block
  const Address begin = reinterpret_cast<Address>(run);
  add_run(RunEntry(begin, false), bytes);
  reinterpret_cast<std::uint64_t*>(begin)[0] = area;
  *end_of_chunk(begin) = BlockHeader::end(area);
  BlockHeader* const first = first_of_chunk(begin);
  put_free(first, area);
  // Not the spare one: it is about to be cut.
  return first;
}

void Chunks::release_chunk(const BlockHeader* first) {
  const Address run = first->address() - kUnitBytes;
  remove_run(run, source_->usable_bytes(reinterpret_cast<void*>(run)));
  source_->free(reinterpret_cast<void*>(run));
}

void Chunks::release_spare() {
  if (spare_ == nullptr) return;
  bins_.remove(spare_);
  release_chunk(spare_);
  spare_ = nullptr;
}

void Chunks::trim(Address chunk) {
  BlockHeader* const end = end_of_chunk(chunk);
  if (!end->is_after_free()) return;
  BlockHeader* const tail = end->before();
  if (tail == spare_) return;
  void* const run = reinterpret_cast<void*>(chunk);
  const std::size_t bytes = source_->usable_bytes(run);
  // A free block that is left must be long enough to be one.
  const std::size_t used = tail->address() + sizeof(BlockHeader) - chunk;
  std::size_t kept = std::max(round_up(used, kGrainBytes), round_up(RunSource::kMaxUnmovableBytes + 1, kGrainBytes));
  if (kept != used && kept - used < BlockHeader::kMinUnits * kUnitBytes) kept += kGrainBytes;
  if (kept >= bytes) return;
  bins_.remove(tail);
  const std::size_t area = kept / kUnitBytes - 2;
  reinterpret_cast<std::uint64_t*>(chunk)[0] = area;
  BlockHeader* const new_end = end_of_chunk(chunk);
  *new_end = BlockHeader::end(area);
  if (new_end != tail) put_free(tail, static_cast<std::size_t>(new_end - tail));
  source_->reallocate(run, kept);
  run_bytes_ -= bytes - source_->usable_bytes(run);
}

// --- large blocks

BlockHeader* Chunks::allocate_large(std::size_t n_bytes) {
  if (!runs_.reserve()) return nullptr;
  const std::size_t bytes = round_up(n_bytes, kUnitBytes);
  void* const run = source_->allocate(bytes + 2 * kUnitBytes);
  if (run == nullptr) return nullptr;
  const Address begin = reinterpret_cast<Address>(run);
  add_run(RunEntry(begin, true), source_->usable_bytes(run));
  set_large_bytes(begin, bytes);
  BlockHeader* const block = of_large(begin);
  *block = BlockHeader::live(0, 0, 0);
  return block;
}

BlockHeader* Chunks::resize_large(BlockHeader* block, std::size_t n_bytes) {
  void* const run = block - 1;
  const std::size_t old_bytes = source_->usable_bytes(run);
  const std::size_t bytes = round_up(n_bytes, kUnitBytes);
  void* const resized = source_->reallocate(run, bytes + 2 * kUnitBytes);
  if (resized == nullptr) return nullptr;
  const Address from = reinterpret_cast<Address>(run), to = reinterpret_cast<Address>(resized);
  remove_run(from, old_bytes);
  add_run(RunEntry(to, true), source_->usable_bytes(resized));
  set_large_bytes(to, bytes);
  return of_large(to);
}

// --- runs

void Chunks::add_run(RunEntry run, std::size_t bytes) {
  runs_.insert(run);
  run_bytes_ += bytes;
  skip_with_cursor(run.begin(), bytes);
}

void Chunks::remove_run(Address begin, std::size_t bytes) {
  runs_.erase(begin);
  run_bytes_ -= bytes;
  skip_with_cursor(begin, bytes);
}

/// Free blocks of a chunk that moves are in no bin while it does: their links are addresses.
void Chunks::take_links(RunEntry run) {
  if (run.is_large()) return;
  BlockHeader* const end = end_of_chunk(run.begin());
  for (BlockHeader* block = first_of_chunk(run.begin()); block != end; block = block->next()) {
    if (!block->is_live()) bins_.remove(block);
  }
}

void Chunks::put_links(RunEntry run) {
  if (run.is_large()) return;
  BlockHeader* const end = end_of_chunk(run.begin());
  for (BlockHeader* block = first_of_chunk(run.begin()); block != end; block = block->next()) {
    if (!block->is_live()) bins_.insert(block);
  }
}

Address Chunks::relocate(RunEntry run) {
  const Address from = run.begin();
  void* const block = reinterpret_cast<void*>(from);
  const std::size_t bytes = source_->usable_bytes(block);
  void* const lower = source_->allocate_below(bytes, from);
  if (lower == nullptr) return from;
  const Address to = reinterpret_cast<Address>(lower);
  take_links(run);
  std::memcpy(lower, block, bytes);
  set_run(from, to);
  source_->free(block);
  put_links(RunEntry(to, run.is_large()));
  return to;
}

}  // namespace tidemark
