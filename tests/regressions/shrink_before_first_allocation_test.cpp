// A shrink before the first malloc keeps memory that the program has grown by itself. All of it passed for free, and was
// taken away.
#include <gtest/gtest.h>

#include <cstring>

#include "heap/heap_shrink.h"
#include "support/arena.h"

namespace tidemark::testing {
namespace {

TEST(ShrinkBeforeTheFirstAllocation, KeepsMemoryOfStrangers) {
  Arena arena(16 * kPageBytes, 2 * kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  HeapShrink shrink(heap);
  EXPECT_EQ(shrink.lowest_end(), arena.pages().begin());

  const Address begin = arena.pages().end();
  arena.pages().take_by_stranger(2 * kPageBytes);
  std::memset(reinterpret_cast<void*>(begin), 1, 2 * kPageBytes);
  const Address end = begin + 2 * kPageBytes;
  shrink.settle();
  EXPECT_EQ(shrink.lowest_end(), end);
  EXPECT_EQ(shrink.expected_end(), end);
  EXPECT_EQ(shrink.expected_bytes([](Address) { return false; }), 2 * kPageBytes);
  Address copied = begin;
  decltype(shrink)::Cursor cursor;
  EXPECT_TRUE(shrink.for_each_live_range(cursor, [&](Address from, Address to) {
    EXPECT_EQ(from, copied);
    copied = to;
    return true;
  }));
  EXPECT_EQ(copied, end);
}

}  // namespace
}  // namespace tidemark::testing
