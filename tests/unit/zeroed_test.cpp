// calloc: zero whatever the memory was before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kLeastLargeBytes = kMaxSmallBytes + 1;

bool is_zero(const void* block, std::size_t n_bytes) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  return std::all_of(bytes, bytes + n_bytes, [](unsigned char byte) { return byte == 0; });
}

class Zeroed : public ::testing::Test {
 protected:
  /// All memory that the heap has or can get is handed out, written to, and freed.
  void soil_everything(std::size_t n_bytes) {
    std::vector<void*> blocks;
    while (void* block = heap_.allocate(n_bytes)) {
      std::memset(block, 0xff, heap_.usable_bytes(block));
      blocks.push_back(block);
    }
    for (void* block : blocks) heap_.free(block);
  }

  Arena arena_{1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Zeroed, SmallBlocksAreZeroInSoiledMemory) {
  for (std::size_t n_bytes = 0; n_bytes <= kMaxSmallBytes; n_bytes += 8) {
    void* const soiled = heap_.allocate(n_bytes);
    std::memset(soiled, 0xff, n_bytes);
    heap_.free(soiled);
    void* const block = heap_.allocate_zeroed(n_bytes);
    ASSERT_TRUE(is_zero(block, n_bytes)) << n_bytes;
  }
}

TEST_F(Zeroed, LargeBlocksAreZeroInSoiledMemory) {
  soil_everything(3000);
  heap_.trim();
  for (const std::size_t n_bytes : {kMaxSmallBytes + 1, std::size_t{5000}, std::size_t{70000}, std::size_t{300000}}) {
    void* const block = heap_.allocate_zeroed(n_bytes);
    ASSERT_NE(block, nullptr);
    ASSERT_TRUE(is_zero(block, n_bytes)) << n_bytes;
    std::memset(block, 0xff, n_bytes);
    heap_.free(block);
  }
}

TEST_F(Zeroed, ABlockPartlyInSoiledAndPartlyInFreshMemoryIsZero) {
  void* const soiled = heap_.allocate(20000);
  std::memset(soiled, 0xff, 20000);
  heap_.free(soiled);
  heap_.trim();
  void* const block = heap_.allocate_zeroed(100000);
  EXPECT_LE(address_of(block), address_of(soiled) + 20000) << "else this test is about nothing";
  EXPECT_TRUE(is_zero(block, 100000));
}

TEST_F(Zeroed, MemoryBehindAStrangerIsZero) {
  heap_.allocate(1000);
  const Address stranger = arena_.pages().end();
  arena_.pages().take_by_stranger(kPageBytes);
  std::memset(reinterpret_cast<void*>(stranger), 0xff, kPageBytes);
  EXPECT_TRUE(is_zero(heap_.allocate_zeroed(200000), 200000));
  EXPECT_TRUE(is_zero(heap_.allocate_zeroed(30000), 30000)) << "below the stranger";
}

TEST_F(Zeroed, AMapThatMovedLeavesNothingBehind) {
  // Old maps become free memory, and are full of entries.
  std::vector<void*> blocks;
  while (void* block = heap_.allocate_zeroed(kLeastLargeBytes)) {
    ASSERT_TRUE(is_zero(block, kLeastLargeBytes));
    std::memset(block, 0xff, kLeastLargeBytes);
    blocks.push_back(block);
  }
}

TEST_F(Zeroed, AWholeGrownAndShrunkBlockLeavesNothingBehind) {
  void* block = heap_.allocate(50000);
  std::memset(block, 0xff, 50000);
  block = heap_.reallocate(block, 2000);
  heap_.trim();
  EXPECT_TRUE(is_zero(heap_.allocate_zeroed(60000), 60000));
}

}  // namespace
}  // namespace tidemark::testing
