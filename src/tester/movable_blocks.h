// Movable memory behind the three functions of an allocator, so that a workload can be done with it: a block's "address" is
// that of an entry that holds its handle. Blocks are marked at both ends, and looked up anew each time: whoever compacts in
// between must have left the marks where they belong.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tidemark/movable.h"

namespace tidemark {

class MovableBlocks {
 public:
  static constexpr std::uint32_t kCapacity = 4096;

  MovableBlocks();

  /// Null when there is no memory, or kCapacity blocks are in use.
  void* allocate(std::size_t n_bytes);
  void free(void* block);
  void* reallocate(void* block, std::size_t n_bytes);

  /// Blocks whose marks were gone.
  std::uint32_t damaged() const { return damaged_; }

 private:
  struct alignas(8) Entry {
    tidemark_handle handle;
    std::size_t bytes;
    Entry* next_free;
  };

  void mark(const Entry& entry, std::size_t n_bytes);
  void check(const Entry& entry);

  std::array<Entry, kCapacity> entries_;
  Entry* free_ = nullptr;
  std::uint32_t damaged_ = 0;
};

}  // namespace tidemark
