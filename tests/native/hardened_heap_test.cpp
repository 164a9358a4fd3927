// The hardened heap: that it serves as the other does, and what it finds.
#include "heap/hardened_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "heap/random_slots.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

using Observer = RandomSlots<NoObserver>;
using Hardened = HardenedHeap<ArenaSource, Observer>;

class HardenedHeaps : public ::testing::Test {
 protected:
  unsigned char* allocate(std::size_t n_bytes) { return static_cast<unsigned char*>(hardened_.allocate(n_bytes)); }

  /// Frees so many that nothing waits in quarantine that was there before.
  void free_many() {
    for (std::size_t i = 0; i <= Hardened::kQuarantined; ++i) hardened_.free(allocate(16));
  }

  /// The run of the heap that a block lies in.
  tidemark::Run run_around_block(const void* block) const {
    tidemark::Run found{};
    HeapWalk(heap_).for_each_run([&](const tidemark::Run& run) {
      if (run.begin <= address_of(block) && address_of(block) - run.begin < run.bytes) found = run;
    });
    return found;
  }

  Arena arena_{4 * 1024 * 1024};
  Heap<ArenaSource, Observer> heap_{ArenaSource(arena_)};
  Hardened hardened_{heap_};
};

using HardenedHeapsDeathTest = HardenedHeaps;

TEST_F(HardenedHeaps, ServesAsAnyHeapDoes) {
  struct Block {
    unsigned char* at = nullptr;
    std::size_t n_bytes = 0;
    unsigned char mark = 0;
  };
  std::vector<Block> blocks(200);
  Random random(3);
  const auto whole = [](const Block& block, std::size_t n_bytes) {
    return std::all_of(block.at, block.at + n_bytes, [&](unsigned char byte) { return byte == block.mark; });
  };
  for (int step = 0; step < 6000; ++step) {
    Block& block = blocks[random.below(blocks.size())];
    const std::size_t n_bytes = random.one_in(20) ? random.below(40000) : random.below(600);
    ASSERT_TRUE(whole(block, block.n_bytes)) << "step " << step;
    if (block.at != nullptr && random.one_in(3)) {
      auto* const moved = static_cast<unsigned char*>(hardened_.reallocate(block.at, n_bytes));
      ASSERT_NE(moved, nullptr);
      ASSERT_TRUE(whole({moved, 0, block.mark}, std::min(block.n_bytes, n_bytes))) << "step " << step;
      block.at = moved;
    } else {
      hardened_.free(block.at);
      if (random.one_in(4)) {
        block.at = static_cast<unsigned char*>(hardened_.allocate_zeroed(n_bytes));
        ASSERT_TRUE(whole({block.at, 0, 0}, n_bytes)) << "step " << step;
      } else if (random.one_in(4)) {
        const std::size_t alignment = std::size_t{1} << random.below(13);
        block.at = static_cast<unsigned char*>(hardened_.allocate_aligned(alignment, n_bytes));
        ASSERT_EQ(address_of(block.at) % alignment, 0u) << "step " << step;
      } else {
        block.at = allocate(n_bytes);
      }
      ASSERT_NE(block.at, nullptr);
    }
    ASSERT_EQ(hardened_.usable_bytes(block.at), n_bytes);
    block.n_bytes = n_bytes;
    block.mark = static_cast<unsigned char>(random.below(256));
    std::fill_n(block.at, n_bytes, block.mark);
    ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << "step " << step;
  }
  for (const Block& block : blocks) hardened_.free(block.at);
  hardened_.empty_quarantine();
  EXPECT_EQ(HeapWalk(heap_).stats().live_blocks, 0u);
}

TEST_F(HardenedHeaps, WhatWaitsInQuarantineServesBeforeARequestIsRefused) {
  std::vector<unsigned char*> blocks;
  while (unsigned char* const block = allocate(16000)) blocks.push_back(block);
  ASSERT_GT(blocks.size(), 200u);
  for (int i = 0; i < 3; ++i) {
    hardened_.free(blocks.back());
    blocks.pop_back();
  }
  EXPECT_NE(allocate(40000), nullptr) << "three neighbours that wait";
  EXPECT_EQ(allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(allocate(SIZE_MAX - 7), nullptr);
}

TEST_F(HardenedHeaps, ABlockWaitsUntilSoManyOthersWereFreed) {
  std::vector<unsigned char*> blocks;
  for (std::size_t i = 0; i < Hardened::kQuarantined + 50; ++i) blocks.push_back(allocate(100));
  const auto live_blocks = [&] { return HeapWalk(heap_).stats().live_blocks; };
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    hardened_.free(blocks[i]);
    // The first of all leaves when the next after kQuarantined comes.
    ASSERT_EQ(live_blocks(), blocks.size() - (i < Hardened::kQuarantined ? 0 : i + 1 - Hardened::kQuarantined)) << i;
  }
  for (std::size_t i = 0; i < 50; ++i) {
    const auto run = run_around_block(blocks[i]);
    ASSERT_NE(run.slab->free_blocks >> run.slab->index_of(address_of(blocks[i])) & 1, 0u) << "the oldest, " << i;
  }
  hardened_.empty_quarantine();
  EXPECT_EQ(live_blocks(), 0u);
  hardened_.empty_quarantine();
  EXPECT_EQ(live_blocks(), 0u) << "nothing is given back twice";
}

TEST_F(HardenedHeaps, ALongBlockDoesNotWait) {
  constexpr std::size_t kLongest = Hardened::kMostQuarantinedBytes - 8;  // with its footer, whole grains
  for (const std::size_t n_bytes : {kLongest, kLongest + 1}) {
    hardened_.free(allocate(n_bytes));
    EXPECT_EQ(HeapWalk(heap_).stats().live_blocks, n_bytes == kLongest ? 1u : 0u) << n_bytes;
    hardened_.empty_quarantine();
  }
}

TEST_F(HardenedHeaps, ABlockHasNoMoreRoomThanTheFooterNeeds) {
  for (const std::size_t n_bytes : {0u, 8u, 56u, 120u, 248u, 2040u, 4088u}) {
    unsigned char* const block = allocate(n_bytes);
    EXPECT_EQ(heap_.usable_bytes(block), n_bytes + 8);
    EXPECT_EQ(hardened_.usable_bytes(block), n_bytes);
  }
}

TEST_F(HardenedHeaps, ReallocStaysWhereTheBlockHasRoom) {
  unsigned char* const block = allocate(1000);
  const std::size_t room = heap_.usable_bytes(block) - 8;
  for (const std::size_t n_bytes : {room, room / 2, room / 2 + 1, room}) {
    EXPECT_EQ(hardened_.reallocate(block, n_bytes), block) << n_bytes;
    EXPECT_EQ(hardened_.usable_bytes(block), n_bytes);
  }
  unsigned char* const other = allocate(1000);
  EXPECT_NE(hardened_.reallocate(block, room + 1), block);
  EXPECT_NE(hardened_.reallocate(other, room / 2 - 1), other) << "where it would be less than half full";
}

TEST_F(HardenedHeaps, ReallocWithinABlockIsNotRefusedWhereMemoryIsSpent) {
  unsigned char* const block = allocate(2000);
  std::fill_n(block, 2000, static_cast<unsigned char>(7));
  for (const std::size_t n_bytes : {4000u, 400u, 40u, 4u}) {
    while (allocate(n_bytes) != nullptr) {
    }
  }
  for (const std::size_t n_bytes : {10u, 500u, 20u}) {
    ASSERT_EQ(hardened_.reallocate(block, n_bytes), block) << n_bytes;
    EXPECT_EQ(hardened_.usable_bytes(block), n_bytes);
  }
  EXPECT_EQ(std::count(block, block + 10, 7), 10);
  EXPECT_EQ(hardened_.reallocate(block, 3000), nullptr);
  EXPECT_EQ(hardened_.usable_bytes(block), 20u) << "a refused realloc changes nothing";
}

TEST_F(HardenedHeaps, PlacesCanNotBeForetold) {
  const auto places = [&](std::uint32_t seed) {
    heap_.observer().seed(seed);
    std::vector<std::ptrdiff_t> steps;
    unsigned char* last = allocate(40);
    for (int i = 0; i < 20; ++i) {
      unsigned char* const next = allocate(40);
      steps.push_back(next - last);
      last = next;
    }
    return steps;
  };
  const auto some = places(0x1234567), others = places(0x7654321);
  EXPECT_NE(some, others);
  EXPECT_GT(std::set(some.begin(), some.end()).size(), 5u);
}

TEST_F(HardenedHeapsDeathTest, AWritePastTheEnd) {
  for (const std::size_t n_bytes : {0u, 1u, 15u, 16u, 100u, 120u, 2040u, 2041u, 5000u, 100000u}) {
    unsigned char* const block = allocate(n_bytes);
    block[n_bytes] ^= 1;
    EXPECT_DEATH(hardened_.free(block), "free\\(0x[0-9a-f]+\\): something was written past the end of this block");
    EXPECT_DEATH(hardened_.reallocate(block, 10), "realloc\\(.*past the end of this block");
    EXPECT_DEATH(hardened_.usable_bytes(block), "malloc_usable_size\\(.*past the end of this block");
    block[n_bytes] ^= 1;
    hardened_.free(block);
  }
}

TEST_F(HardenedHeapsDeathTest, AWriteAfterFree) {
  for (const std::size_t at : {0u, 50u, 99u, 100u}) {
    unsigned char* const block = allocate(100);
    hardened_.free(block);
    const unsigned char before = block[at];
    block[at] = static_cast<unsigned char>(before ^ 1);
    EXPECT_DEATH(free_many(), "free\\(0x[0-9a-f]+\\): something was written to this block after it was freed");
    block[at] = before;
    free_many();
  }
}

TEST_F(HardenedHeapsDeathTest, ASecondFreeHoweverManyWereFreedBetween) {
  unsigned char* const block = allocate(100);
  hardened_.free(block);
  for (int i = 0; i < 100; ++i) hardened_.free(allocate(100));
  EXPECT_DEATH(hardened_.free(block), "free\\(0x[0-9a-f]+\\): this block is free already");
  EXPECT_DEATH(hardened_.reallocate(block, 10), "realloc\\(0x[0-9a-f]+\\): this block is free already");
}

TEST_F(HardenedHeaps, WhatWasFreedIsFilled) {
  unsigned char* const block = allocate(100);
  std::fill_n(block, 100, static_cast<unsigned char>(7));
  hardened_.free(block);
  EXPECT_EQ(std::count(block, block + 100, 7), 0);
}

}  // namespace
}  // namespace tidemark::testing
