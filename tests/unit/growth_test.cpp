// How the heap asks for memory, and how it lives with somebody else who takes some.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * 1024;

TEST(Growth, OvershootIsAtMostTwelvePercentAndFourMebibytes) {
  // The bound of 4 MiB begins to hold at 36 MiB, of which a ninth is 4.
  Arena arena(64 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  for (std::size_t growths = 0;;) {
    const std::size_t heap_bytes = stats_of(heap).heap_bytes;
    if (heap.allocate(48 * kKiB) == nullptr) break;
    if (arena.asked().size() == growths) continue;
    growths = arena.asked().size();
    // What is above the new block was not needed for it, and less than a page of it is rounding.
    ASSERT_LT(stats_of(heap).top_bytes, std::min(heap_bytes * 12 / 100, 4 * kMiB) + kPageBytes);
  }
}

TEST(Growth, OvershootIsSmallWhereBlocksAreFreedToo) {
  Arena arena(32 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  while (stats_of(heap).heap_bytes < 16 * kMiB) blocks.push_back(heap.allocate(64 * kKiB));
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap.free(blocks[i]);
  const std::size_t growths = arena.asked().size();
  while (arena.asked().size() == growths) ASSERT_NE(heap.allocate(96 * kKiB), nullptr);
  EXPECT_LT(stats_of(heap).top_bytes, stats_of(heap).heap_bytes / 64 + kPageBytes);
}

TEST(Growth, OvershootIsHalfAMebibyteWhereBlocksOfALargeHeapAreFreedToo) {
  Arena arena(128 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  while (stats_of(heap).heap_bytes < 96 * kMiB) blocks.push_back(heap.allocate(64 * kKiB));
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap.free(blocks[i]);
  const std::size_t growths = arena.asked().size();
  while (arena.asked().size() == growths) ASSERT_NE(heap.allocate(96 * kKiB), nullptr);
  EXPECT_LT(stats_of(heap).top_bytes, kMiB / 2 + kPageBytes);
}

TEST(Growth, CallsAreAmortised) {
  Arena arena(128 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  while (stats_of(heap).heap_bytes < 100 * kMiB) ASSERT_NE(heap.allocate(64 * kKiB), nullptr);
  // From 64 KiB a page or two at a time up to 1 MiB, then by a ninth up to 36 MiB, then 16 steps of 4 MiB.
  EXPECT_LT(arena.asked().size(), 64u);
}

TEST(Growth, IsAlwaysWholePages) {
  Arena arena(16 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  for (std::size_t n_bytes = 1; n_bytes < 4 * kMiB; n_bytes = n_bytes * 3 / 2 + 1)
    ASSERT_NE(heap.allocate(n_bytes), nullptr);
  for (const std::size_t asked : arena.asked()) EXPECT_EQ(asked % kPageBytes, 0u);
}

TEST(Growth, IsNotAskedForWhatIsThere) {
  Arena arena(4 * kMiB, 2 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  for (int i = 0; i < 12; ++i)
    ASSERT_NE(heap.allocate(128 * kKiB), nullptr);  // 1.5 MiB; maps take a 32nd, old ones too
  EXPECT_EQ(arena.asked().size(), 0u);
}

TEST(Growth, RetriesSmallerWhenRefused) {
  Arena arena(64 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  ASSERT_NE(heap.allocate(20 * kMiB), nullptr);
  while (stats_of(heap).top_bytes >= kPageBytes) ASSERT_NE(heap.allocate(kPageBytes), nullptr);
  const std::size_t before = arena.asked().size();
  // The next step needs 100 KiB and a map for 20 MiB (0.8 MiB at 8 bytes a grain), and would like a 36th of 20 MiB more;
  // the system has less than that.
  const std::size_t system_bytes = 256 * kKiB + kMiB / 8 * sizeof(Address);
  arena.refuse_above(system_bytes);
  EXPECT_NE(heap.allocate(100 * kKiB), nullptr);
  const std::vector<std::size_t>& asked = arena.asked();
  ASSERT_GT(asked.size(), before + 1);
  EXPECT_GT(asked[before], system_bytes);
  for (std::size_t i = before + 1; i < asked.size(); ++i) EXPECT_LT(asked[i], asked[i - 1]);
  EXPECT_LE(asked.back(), system_bytes);
  EXPECT_EQ(arena.exhausted_calls(), 0u);
}

TEST(Growth, TakesTheLastPageThereIs) {
  Arena arena(2 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  while (heap.allocate(32 * kKiB) != nullptr) {
  }
  EXPECT_EQ(arena.pages().end(), arena.limit());
  EXPECT_LT(stats_of(heap).top_bytes, 32 * kKiB + kPageBytes);  // a block's worth, and what a larger map would take
}

TEST(Growth, SmallBlocksTakeWhatIsLeftOfTheMemory) {
  Arena arena(kMiB);
  TestHeap heap{ArenaSource(arena)};
  while (heap.allocate(32 * kKiB) != nullptr) {
  }
  const std::size_t left = stats_of(heap).top_bytes;
  ASSERT_GT(left, 4 * kKiB);
  std::size_t blocks = 0;
  while (heap.allocate(256) != nullptr) ++blocks;
  EXPECT_GT(blocks * 256, left - 4 * kKiB);
  EXPECT_LT(stats_of(heap).top_bytes, kKiB);
  EXPECT_EQ(HeapWalk(heap).check(), nullptr);
}

TEST(Growth, LongBlocksThatComeAndGoAmongSmallOnesTakeLittleMoreThanTheyAre) {
  // As a program does that decodes pictures and keeps words: what is free lies in pieces, and has to be joined before a
  // place for the next long block is chosen.
  Arena arena(256 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  Random random(1);
  std::vector<void*> pictures(12);
  std::vector<std::size_t> bytes(pictures.size());
  std::vector<void*> words;
  std::size_t live = 0, peak = 0;
  for (int step = 0; step < 1500; ++step) {
    const std::size_t i = random.below(pictures.size());
    heap.free(pictures[i]);
    live -= bytes[i];
    bytes[i] = 64 * kKiB + random.below(1536 * kKiB);
    pictures[i] = heap.allocate(bytes[i]);
    ASSERT_NE(pictures[i], nullptr);
    live += bytes[i];
    peak = std::max(peak, live + words.size() * 40);
    for (int word = 0; word < 40; ++word) words.push_back(heap.allocate(16 + random.below(48)));
    if (words.size() < 10000) continue;
    for (void* const word : words) heap.free(word);
    words.clear();
  }
  EXPECT_LT(stats_of(heap).peak_reserved_bytes, peak * 5 / 3) << peak;
  EXPECT_EQ(HeapWalk(heap).check(), nullptr);
}

TEST(Growth, IsNotAskedForABlockThatFitsToTheLastGrain) {
  Arena arena(kMiB, kMiB);
  TestHeap heap{ArenaSource(arena)};
  heap.free(heap.allocate(512 * kKiB));  // the map reaches far
  heap.trim();
  void* const block = heap.allocate(3000);
  const std::size_t room = arena.limit() - address_of(block);
  EXPECT_EQ(heap.reallocate(block, room), block);
  EXPECT_EQ(stats_of(heap).top_bytes, 0u);
  EXPECT_EQ(heap.reallocate(block, 3000), block);
  EXPECT_NE(heap.allocate(room - round_up(3000, kGrainBytes)), nullptr);
  EXPECT_EQ(arena.asked().size(), 0u);
  EXPECT_STREQ(HeapWalk(heap).check(), nullptr);
}

TEST(Growth, ATinyProgramStaysTiny) {
  Arena arena(kMiB);
  TestHeap heap{ArenaSource(arena)};
  for (int i = 0; i < 100; ++i) ASSERT_NE(heap.allocate(16), nullptr);
  EXPECT_LE(stats_of(heap).reserved_bytes, 8 * kKiB);
  EXPECT_LE(stats_of(heap).peak_reserved_bytes, 8 * kKiB);
  EXPECT_EQ(stats_of(heap).heap_bytes, kPageBytes);
}

TEST(Growth, AHeapMayBeginAnywhere) {
  // Static data ends at any multiple of 16.
  for (std::size_t offset = 0; offset <= 2 * kGrainBytes; offset += 16) {
    Arena arena(4 * kPageBytes, kPageBytes, offset);
    TestHeap heap{ArenaSource(arena)};
    void* const block = heap.allocate(5000);
    ASSERT_NE(block, nullptr);
    ASSERT_GE(address_of(block), arena.begin());
    std::memset(block, 1, 5000);
    ASSERT_EQ(HeapWalk(heap).check(), nullptr);
    ASSERT_GE(runs_of(heap).front().begin, arena.begin());
  }
}

TEST(Growth, AMapThatComesToStandInSoiledMemoryIsWhole) {
  // Of a large block at the top the map need not reach the end; what is allocated in its place makes the map move there.
  Arena arena(8 * kMiB);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  for (int round = 0; round < 8; ++round) {
    void* const large = heap.allocate(2 * kMiB);
    ASSERT_NE(large, nullptr);
    std::memset(large, 0xff, 2 * kMiB);
    heap.free(large);
    heap.trim();
    const Address map = map_of(heap).begin;
    while (map_of(heap).begin == map) {
      blocks.push_back(heap.allocate(1500));
      ASSERT_NE(blocks.back(), nullptr);
      if (blocks.size() % 16 == 0) {
        ASSERT_STREQ(HeapWalk(heap).check(), nullptr);
      }
      if (blocks.size() > 3000) break;
    }
    ASSERT_STREQ(HeapWalk(heap).check(), nullptr) << "round " << round;
    if (blocks.size() > 3000) break;
  }
  for (void* const block : blocks) heap.free(block);
  EXPECT_STREQ(HeapWalk(heap).check(), nullptr);
}

class Stranger : public ::testing::Test {
 protected:
  Address take(std::size_t n_bytes) {
    const Address begin = arena_.pages().end();
    arena_.pages().take_by_stranger(n_bytes);
    std::memset(reinterpret_cast<void*>(begin), 0x5a, n_bytes);
    return begin;
  }

  static bool is_untouched(Address begin, std::size_t n_bytes) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(begin);
    return bytes[0] == 0x5a && std::memcmp(bytes, bytes + 1, n_bytes - 1) == 0;
  }

  /// Allocates until there is nothing more to be had, writes into all of it, and frees it.
  void use_all_memory() {
    std::vector<void*> blocks;
    while (void* block = heap_.allocate(3000)) {
      std::memset(block, 0xa5, 3000);
      blocks.push_back(block);
    }
    for (void* block : blocks) heap_.free(block);
  }

  Arena arena_{4 * kMiB};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Stranger, KeepsItsMemory) {
  ASSERT_NE(heap_.allocate(10000), nullptr);
  const Address first = take(3 * kPageBytes);
  ASSERT_NE(heap_.allocate(200 * kKiB), nullptr);
  const Address second = take(kPageBytes);
  use_all_memory();
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  EXPECT_TRUE(is_untouched(first, 3 * kPageBytes));
  EXPECT_TRUE(is_untouched(second, kPageBytes));
}

TEST_F(Stranger, IsNoPartOfTheHeap) {
  ASSERT_NE(heap_.allocate(10000), nullptr);
  take(kMiB);
  ASSERT_NE(heap_.allocate(200 * kKiB), nullptr);
  const tidemark_heap_stats stats = stats_of(heap_);
  EXPECT_LT(stats.heap_bytes, 512 * kKiB);
  EXPECT_EQ(stats.live_bytes + stats.free_bytes + stats.metadata_bytes, stats.heap_bytes);
}

TEST_F(Stranger, LeavesTheRoomBelowItUsable) {
  ASSERT_NE(heap_.allocate(1000), nullptr);
  const Address stranger = take(kPageBytes);
  ASSERT_GT(address_of(heap_.allocate(200 * kKiB)), stranger);
  // The first page has room for this still.
  EXPECT_LT(address_of(heap_.allocate(20 * kKiB)), stranger);
}

TEST_F(Stranger, SeparatesFreeRuns) {
  void* const below = heap_.allocate(20 * kKiB);
  const Address stranger = take(kPageBytes);
  void* const above = heap_.allocate(200 * kKiB);
  void* const wall = heap_.allocate(4 * kKiB);
  heap_.free(above);
  heap_.free(below);
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  const auto run_below = run_around(heap_, address_of(below));
  EXPECT_EQ(run_below.kind, RunKind::kFree);
  EXPECT_LE(run_below.begin + run_below.bytes, stranger);
  heap_.free(wall);
}

TEST_F(Stranger, MakesABlockAtTheTopMove) {
  auto* const block = static_cast<unsigned char*>(heap_.allocate(20 * kKiB));
  std::memset(block, 7, 20 * kKiB);
  const Address stranger = take(kPageBytes);
  auto* const moved = static_cast<unsigned char*>(heap_.reallocate(block, 300 * kKiB));
  ASSERT_GT(address_of(moved), stranger);
  EXPECT_EQ(std::count(moved, moved + 20 * kKiB, 7), 20 * 1024);
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  EXPECT_TRUE(is_untouched(stranger, kPageBytes));
}

TEST_F(Stranger, MayTakeMemoryBetweenAnyTwoSteps) {
  std::vector<Address> taken;
  std::vector<void*> blocks = {heap_.allocate(1)};
  for (int i = 0; i < 15; ++i) {
    taken.push_back(take(kPageBytes));
    void* const block = heap_.allocate(50 * kKiB);
    ASSERT_NE(block, nullptr);
    std::memset(block, i, 50 * kKiB);
    blocks.push_back(block);
    ASSERT_EQ(HeapWalk(heap_).check(), nullptr);
  }
  for (void* block : blocks) heap_.free(block);
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  for (const Address begin : taken) EXPECT_TRUE(is_untouched(begin, kPageBytes));
}

}  // namespace
}  // namespace tidemark::testing
