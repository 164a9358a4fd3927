// A block that compaction had taken below others was not counted, and its free was: live bytes fell below what was in use with
// each compaction, then below 0, where every limit refuses everything.
#include <gtest/gtest.h>

#include "heap/heap_slide.h"
#include "support/managed_heap.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

class TakenBelow : public ::testing::Test {
 protected:
  TakenBelow() {
    void* const low = heap_.allocate(20'000);
    high_ = heap_.allocate(20'000);
    heap_.free(low);
    heap_.trim();
  }
  std::size_t walked() const { return HeapWalk(heap_).stats().live_bytes; }
  HeapSlide<ArenaSource, HeapMeter> slide() { return HeapSlide(heap_); }
  Address limit() const { return address_of(high_); }

  Arena arena_{16 * kMiB};
  MeteredHeap metered_{arena_};
  Heap<ArenaSource, HeapMeter>& heap_ = metered_.heap();
  void* high_ = nullptr;
};

TEST_F(TakenBelow, IsCountedAsAnyOther) {
  void* const below = slide().allocate_below(4096, limit());
  void* const lowest = slide().allocate_lowest(5000, limit());
  ASSERT_NE(below, nullptr);
  ASSERT_NE(lowest, nullptr);
  EXPECT_EQ(metered_.live_bytes(), walked());
  heap_.free(below);
  heap_.free(lowest);
  EXPECT_EQ(metered_.live_bytes(), walked());
}

TEST_F(TakenBelow, IsNothingWhereThereIsNoRoom) {
  const std::size_t before = metered_.live_bytes();
  EXPECT_EQ(slide().allocate_below(100'000, limit()), nullptr);
  EXPECT_EQ(slide().allocate_lowest(100'000, limit()), nullptr);
  EXPECT_EQ(metered_.live_bytes(), before);
  EXPECT_EQ(metered_.meter().failures(), 0u);  // of the program's
}

TEST_F(TakenBelow, KeepsToTheLimit) {
  ASSERT_TRUE(metered_.limit(metered_.live_bytes() + 4096));
  EXPECT_EQ(slide().allocate_below(5000, limit()), nullptr);
  EXPECT_NE(slide().allocate_below(4096, limit()), nullptr);
  EXPECT_EQ(slide().allocate_lowest(4096, limit()), nullptr);
  EXPECT_EQ(metered_.live_bytes(), walked());
}

}  // namespace
}  // namespace tidemark::testing
