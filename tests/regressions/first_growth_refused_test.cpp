// A heap whose very first growth is refused stays usable. It used to look at a map that was not there yet, the second time.
#include <gtest/gtest.h>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

TEST(FirstGrowthRefused, LeavesTheHeapUsable) {
  Arena arena(4 * kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  arena.refuse_from(0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(heap.allocate(100), nullptr);
    EXPECT_EQ(heap.allocate(5000), nullptr);
    heap.trim();
    EXPECT_EQ(HeapWalk(heap).check(), nullptr);
  }
  arena.stop_refusing();
  EXPECT_NE(heap.allocate(100), nullptr);
  EXPECT_NE(heap.allocate(5000), nullptr);
}

}  // namespace
}  // namespace tidemark::testing
