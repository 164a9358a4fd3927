// A trace, done again and again with one allocator, and what went wrong while it was.
//
// Blocks in memory of this instance are marked at both ends when they are had, and the marks are checked when they are
// resized or freed. In another instance's memory nothing can be written: there, addresses are all that is looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tester/allocator_functions.h"
#include "tester/trace.h"

namespace tidemark {

enum class AllocatorFault : std::uint8_t {
  kNone,
  kMisaligned,  // not a multiple of 8
  kContent,     // a mark is gone: another block, or the allocator itself, has written over it
  kOverlap,     // two blocks in use share bytes
};

struct TestBlock {
  std::uintptr_t address;  // 0: empty
  std::uint32_t bytes;
};

class TraceReplay {
 public:
  /// Whose memory the blocks are in; kNone: what the allocator returns are names of blocks.
  enum class Memory : std::uint8_t { kOwn, kOther, kNone };

  struct Room {
    std::span<TestBlock> blocks;          // kMaxSlots
    std::span<std::uintptr_t> leaked;     // as many as may be forgotten
    std::span<std::uint16_t> by_address;  // kMaxSlots
  };

  TraceReplay(const Trace& trace, const AllocatorFunctions& allocator, Memory memory, const Room& room);

  /// Other entries of the table, for the same allocator.
  void set_allocator(const AllocatorFunctions& allocator) { allocator_ = allocator; }

  /// Does the next operations; after the last one of the trace comes the first one.
  void run(std::uint64_t operations);
  /// Frees all that is in use, what was leaked on purpose included.
  void free_all();

  /// Operations of the round under way that were done.
  std::uint32_t position() const { return position_; }
  bool can_leak() const { return room_.leaked.size() - leaked_count_ >= trace_.leaked_blocks; }

  std::uint64_t live_bytes() const { return live_bytes_; }
  std::uint64_t peak_live_bytes() const { return peak_live_bytes_; }
  std::uint64_t leaked_bytes() const { return leaked_bytes_; }
  std::uint64_t allocated_bytes() const { return allocated_bytes_; }
  std::uint64_t refused() const { return refused_; }
  AllocatorFault fault() const { return fault_; }
  /// Where the highest block ever has ended.
  std::uintptr_t highest_end() const { return highest_end_; }

  /// From the lowest to the highest byte of the blocks in use. Cost: O(slots).
  std::uint64_t span_bytes() const;
  /// Looks for blocks that share bytes. Cost: O(n log n).
  void check_overlaps();

 private:
  void allocated(TestBlock& block, void* address, std::uint32_t n_bytes);
  void mark(const TestBlock& block);
  void check_mark(const TestBlock& block);
  void found(AllocatorFault fault) {
    if (fault_ == AllocatorFault::kNone) fault_ = fault;
  }

  Trace trace_;
  AllocatorFunctions allocator_;
  Memory memory_;
  Room room_;
  std::uint32_t position_ = 0;
  std::size_t leaked_count_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t peak_live_bytes_ = 0;
  std::uint64_t leaked_bytes_ = 0;
  std::uint64_t allocated_bytes_ = 0;
  std::uint64_t refused_ = 0;
  std::uintptr_t highest_end_ = 0;
  AllocatorFault fault_ = AllocatorFault::kNone;
};

}  // namespace tidemark
