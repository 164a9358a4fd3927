#include "tester/plain_allocator.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tidemark {

// Class 4 * d + s has (4 + s) << (d + 2) bytes: 16, 20 (as 24), 24, 28 (as 32), 32, 40, 48, 56, 64, … The two odd ones of
// the first doubling are rounded up to a multiple of 8.
std::uint32_t PlainAllocator::class_for(std::size_t n_bytes) {
  const std::size_t n = std::max(n_bytes, std::size_t{16});
  const auto doubling = static_cast<std::uint32_t>(std::bit_width(n - 1) - 1);  // 2^doubling < n <= 2^(doubling + 1)
  const std::size_t step = std::size_t{1} << (doubling - 2);
  const std::size_t steps = (n - (std::size_t{1} << doubling) + step - 1) / step;  // 1 … 4
  return 4 * (doubling - 3) + static_cast<std::uint32_t>(steps) - 4;
}

std::size_t PlainAllocator::class_bytes(std::uint32_t size_class) {
  const std::uint32_t place = size_class + 3;  // class 0 is the last step of the doubling from 8
  const std::uint32_t doubling = place / 4 + 3;
  const std::size_t step = std::size_t{1} << (doubling - 2);
  const std::size_t bytes = (std::size_t{1} << doubling) + (place % 4 + 1) * step;
  return (bytes + 7) & ~std::size_t{7};
}

void* PlainAllocator::allocate(std::size_t n_bytes) {
  if (n_bytes > kLargestBytes) return nullptr;
  const std::uint32_t size_class = class_for(n_bytes + sizeof(Header));
  FreeBlock* block = free_[size_class];
  if (block == nullptr) return cut(size_class);
  free_[size_class] = block->next;
  return block;
}

void* PlainAllocator::cut(std::uint32_t size_class) {
  const std::size_t bytes = class_bytes(size_class);
  if (end_ - next_ < bytes) {
    const std::size_t chunk_bytes = std::max(kChunkBytes, bytes + sizeof(Chunk));
    auto* chunk = static_cast<Chunk*>(source_.allocate(chunk_bytes));
    if (chunk == nullptr) return nullptr;
    chunk->next = chunks_;
    chunks_ = chunk;
    next_ = reinterpret_cast<std::uintptr_t>(chunk + 1);
    end_ = reinterpret_cast<std::uintptr_t>(chunk) + chunk_bytes;
  }
  auto* header = reinterpret_cast<Header*>(next_);
  next_ += bytes;
  header->size_class = size_class;
  return header + 1;
}

void PlainAllocator::free(void* block) {
  if (block == nullptr) return;
  const std::uint32_t size_class = (static_cast<Header*>(block) - 1)->size_class;
  auto* freed = static_cast<FreeBlock*>(block);
  freed->next = free_[size_class];
  free_[size_class] = freed;
}

void* PlainAllocator::reallocate(void* block, std::size_t n_bytes) {
  if (block == nullptr) return allocate(n_bytes);
  if (n_bytes > kLargestBytes) return nullptr;
  const std::uint32_t size_class = (static_cast<Header*>(block) - 1)->size_class;
  if (class_for(n_bytes + sizeof(Header)) == size_class) return block;
  void* moved = allocate(n_bytes);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(n_bytes, class_bytes(size_class) - sizeof(Header)));
  free(block);
  return moved;
}

void PlainAllocator::release() {
  while (chunks_ != nullptr) {
    Chunk* next = chunks_->next;
    source_.free(chunks_);
    chunks_ = next;
  }
  free_ = {};
  next_ = end_ = 0;
}

}  // namespace tidemark
