// A program that grows memory before its first malloc (sbrk does) keeps what it got. The heap used to take all memory
// that there was when it started for its own.
#include <gtest/gtest.h>

#include <cstring>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

TEST(StrangerBeforeTheFirstAllocation, KeepsItsMemory) {
  Arena arena(16 * kPageBytes, kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  const Address begin = arena.pages().end();
  arena.pages().take_by_stranger(2 * kPageBytes);
  while (void* block = heap.allocate(3000)) {
    const Address address = address_of(block);
    ASSERT_TRUE(address + 3000 <= begin || address >= begin + 2 * kPageBytes);
  }
  EXPECT_EQ(HeapWalk(heap).check(), nullptr);
}

}  // namespace
}  // namespace tidemark::testing
