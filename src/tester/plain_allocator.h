// What a score is relative to: an allocator that is as plain as it can be while it still reuses memory. Free blocks of each
// size stand in a list of their own, and there is nothing else: no check, no joining, nothing given back. Few instructions
// can be saved on it, on any machine, and that is what makes it a measure.
//
// Sizes   n + 8 bytes of header are rounded up to four steps for each doubling.
// Memory  chunks from `source`, kept until reset() or the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tester/allocator_functions.h"

namespace tidemark {

class PlainAllocator {
 public:
  /// Of `source`, only `allocate` and `free` are called.
  explicit PlainAllocator(const AllocatorFunctions& source) : source_(source) {}
  ~PlainAllocator() { release(); }
  PlainAllocator(const PlainAllocator&) = delete;
  PlainAllocator& operator=(const PlainAllocator&) = delete;

  /// Null when the source is exhausted. Multiples of 8. Cost: O(1).
  void* allocate(std::size_t n_bytes);
  /// Nothing for null. Cost: O(1), no check.
  void free(void* block);
  /// Cost: O(1) while the size class stays, and else that of a copy.
  void* reallocate(void* block, std::size_t n_bytes);

  /// Gives every chunk back to the source, and with them all blocks.
  void release();

 private:
  struct Header {
    std::uint32_t size_class;
    std::uint32_t unused;
  };
  struct FreeBlock {
    FreeBlock* next;
  };
  struct Chunk {
    Chunk* next;
    std::size_t unused;
  };

  static constexpr std::uint32_t kClassCount = 4 * 28;
  static constexpr std::size_t kLargestBytes = std::size_t{1} << 30;
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

  static std::uint32_t class_for(std::size_t n_bytes);
  static std::size_t class_bytes(std::uint32_t size_class);
  void* cut(std::uint32_t size_class);

  AllocatorFunctions source_;
  std::array<FreeBlock*, kClassCount> free_{};
  Chunk* chunks_ = nullptr;
  std::uintptr_t next_ = 0;
  std::uintptr_t end_ = 0;
};

}  // namespace tidemark
