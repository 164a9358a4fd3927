#include "tester/movable_blocks.h"

#include <cstring>

namespace tidemark {

MovableBlocks::MovableBlocks() {
  for (Entry& entry : entries_) {
    entry = {0, 0, free_};
    free_ = &entry;
  }
}

void MovableBlocks::mark(const Entry& entry, std::size_t n_bytes) {
  const auto mark = static_cast<std::uint32_t>(entry.handle);
  auto* content = static_cast<char*>(tidemark_movable_look_up(entry.handle));
  std::memcpy(content, &mark, sizeof(mark));
  std::memcpy(content + n_bytes - sizeof(mark), &mark, sizeof(mark));
}

void MovableBlocks::check(const Entry& entry) {
  const auto mark = static_cast<std::uint32_t>(entry.handle);
  const auto* content = static_cast<const char*>(tidemark_movable_look_up(entry.handle));
  if (content == nullptr || std::memcmp(content, &mark, sizeof(mark)) != 0 ||
      std::memcmp(content + entry.bytes - sizeof(mark), &mark, sizeof(mark)) != 0) {
    ++damaged_;
  }
}

void* MovableBlocks::allocate(std::size_t n_bytes) {
  Entry* entry = free_;
  if (entry == nullptr) return nullptr;
  const tidemark_handle handle = tidemark_movable_allocate(n_bytes, 0);
  if (handle == 0) return nullptr;
  free_ = entry->next_free;
  *entry = {handle, n_bytes, nullptr};
  mark(*entry, n_bytes);
  return entry;
}

void MovableBlocks::free(void* block) {
  if (block == nullptr) return;
  auto* entry = static_cast<Entry*>(block);
  check(*entry);
  tidemark_movable_free(entry->handle);
  *entry = {0, 0, free_};
  free_ = entry;
}

void* MovableBlocks::reallocate(void* block, std::size_t n_bytes) {
  if (block == nullptr) return allocate(n_bytes);
  auto* entry = static_cast<Entry*>(block);
  check(*entry);
  if (tidemark_movable_resize(entry->handle, n_bytes) != TIDEMARK_MOVABLE_DONE) return nullptr;
  entry->bytes = n_bytes;
  mark(*entry, n_bytes);
  return entry;
}

}  // namespace tidemark
