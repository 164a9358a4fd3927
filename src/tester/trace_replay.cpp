#include "tester/trace_replay.h"

#include <algorithm>
#include <cstring>

namespace tidemark {

namespace {

std::uint32_t mark_of(const TestBlock& block) {
  return static_cast<std::uint32_t>(block.address) * 0x9e3779b9u ^ block.bytes;
}

char* end_mark(const TestBlock& block) {
  return reinterpret_cast<char*>(block.address) + block.bytes - sizeof(std::uint32_t);
}

}  // namespace

TraceReplay::TraceReplay(const Trace& trace, const AllocatorFunctions& allocator, Memory memory, const Room& room)
    : trace_(trace), allocator_(allocator), memory_(memory), room_(room) {
  std::fill(room_.blocks.begin(), room_.blocks.end(), TestBlock{});
}

void TraceReplay::mark(const TestBlock& block) {
  const std::uint32_t mark = mark_of(block);
  std::memcpy(reinterpret_cast<char*>(block.address), &mark, sizeof(mark));
  std::memcpy(end_mark(block), &mark, sizeof(mark));
}

void TraceReplay::check_mark(const TestBlock& block) {
  const std::uint32_t mark = mark_of(block);
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::memcpy(&first, reinterpret_cast<const char*>(block.address), sizeof(first));
  std::memcpy(&last, end_mark(block), sizeof(last));
  if (first != mark || last != mark) found(AllocatorFault::kContent);
}

void TraceReplay::allocated(TestBlock& block, void* address, std::uint32_t n_bytes) {
  block = {reinterpret_cast<std::uintptr_t>(address), n_bytes};
  allocated_bytes_ += n_bytes;
  live_bytes_ += n_bytes;
  peak_live_bytes_ = std::max(peak_live_bytes_, live_bytes_);
  highest_end_ = std::max(highest_end_, block.address + n_bytes);
  if (block.address % 8 != 0) found(AllocatorFault::kMisaligned);
  if (memory_ == Memory::kOwn) mark(block);
}

void TraceReplay::run(std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    const TraceOperation& operation = trace_.operations[position_];
    position_ = position_ + 1 == trace_.operations.size() ? 0 : position_ + 1;
    TestBlock& block = room_.blocks[operation.slot];
    switch (operation.action) {
      case TraceAction::kAllocate: {
        void* address = allocator_.allocate(operation.bytes);
        if (address == nullptr) {
          ++refused_;
        } else {
          allocated(block, address, operation.bytes);
        }
        break;
      }
      case TraceAction::kFree:
        if (block.address == 0) break;  // it was refused
        if (memory_ == Memory::kOwn) check_mark(block);
        allocator_.free(reinterpret_cast<void*>(block.address));
        live_bytes_ -= block.bytes;
        block = {};
        break;
      case TraceAction::kReallocate: {
        std::uint32_t first = 0;
        if (memory_ == Memory::kOwn && block.address != 0) {
          check_mark(block);
          std::memcpy(&first, reinterpret_cast<const char*>(block.address), sizeof(first));
        }
        void* address = allocator_.reallocate(reinterpret_cast<void*>(block.address), operation.bytes);
        if (address == nullptr) {
          ++refused_;
          break;
        }
        if (memory_ == Memory::kOwn && block.address != 0 && std::memcmp(address, &first, sizeof(first)) != 0) {
          found(AllocatorFault::kContent);
        }
        live_bytes_ -= block.bytes;
        allocated(block, address, operation.bytes);
        break;
      }
      case TraceAction::kLeak: {
        if (leaked_count_ == room_.leaked.size()) break;
        void* address = allocator_.allocate(operation.bytes);
        if (address == nullptr) {
          ++refused_;
          break;
        }
        room_.leaked[leaked_count_++] = reinterpret_cast<std::uintptr_t>(address);
        leaked_bytes_ += operation.bytes;
        allocated_bytes_ += operation.bytes;
        highest_end_ = std::max(highest_end_, reinterpret_cast<std::uintptr_t>(address) + operation.bytes);
        break;
      }
    }
  }
}

void TraceReplay::free_all() {
  for (TestBlock& block : room_.blocks) {
    if (block.address == 0) continue;
    if (memory_ == Memory::kOwn) check_mark(block);
    allocator_.free(reinterpret_cast<void*>(block.address));
    block = {};
  }
  while (leaked_count_ != 0) allocator_.free(reinterpret_cast<void*>(room_.leaked[--leaked_count_]));
  live_bytes_ = 0;
  leaked_bytes_ = 0;
  position_ = 0;
}

std::uint64_t TraceReplay::span_bytes() const {
  std::uintptr_t lowest = UINTPTR_MAX;
  std::uintptr_t end = 0;
  for (const TestBlock& block : room_.blocks) {
    if (block.address == 0) continue;
    lowest = std::min(lowest, block.address);
    end = std::max(end, block.address + block.bytes);
  }
  return end == 0 ? 0 : end - lowest;
}

void TraceReplay::check_overlaps() {
  if (memory_ == Memory::kNone) return;
  std::size_t count = 0;
  for (std::uint32_t slot = 0; slot < room_.blocks.size(); ++slot) {
    if (room_.blocks[slot].address != 0) room_.by_address[count++] = static_cast<std::uint16_t>(slot);
  }
  const auto in_use = room_.by_address.first(count);
  const auto address = [&](std::uint16_t slot) { return room_.blocks[slot].address; };
  const auto below = [&](std::uint16_t a, std::uint16_t b) { return address(a) < address(b); };
  // A sort whose code is a sixth of std::sort's: nobody waits for this one.
  std::make_heap(in_use.begin(), in_use.end(), below);
  std::sort_heap(in_use.begin(), in_use.end(), below);
  for (std::size_t i = 1; i < count; ++i) {
    const TestBlock& before = room_.blocks[in_use[i - 1]];
    if (before.address + before.bytes > address(in_use[i])) found(AllocatorFault::kOverlap);
  }
}

}  // namespace tidemark
