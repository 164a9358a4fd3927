#include "structures/block_source.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

// A header of 8 bytes, and a slot: an address and a generation. Natively the least block has 24 bytes, and is counted as 16.
TEST(ProgramBlocks, CostWhatMovableMemoryHasOfThem) {
  BlockSource& blocks = program_blocks();
  for (std::size_t n_bytes = 0; n_bytes <= 9000; n_bytes += n_bytes < 100 ? 1 : 77) {
    const tidemark_handle handle = blocks.allocate(n_bytes);
    ASSERT_NE(handle, 0u);
    const std::size_t content = n_bytes <= 16 ? 16 : tidemark_movable_bytes(handle);
    EXPECT_EQ(blocks.cost(n_bytes), content + 8 + 2 * sizeof(void*)) << n_bytes;
    blocks.free(handle);
    EXPECT_EQ(tidemark_movable_resolve(handle), nullptr);
  }
}

TEST(Blocks, AddUpWhatTheyCost) {
  const std::size_t live_before = [] {
    tidemark_movable_stats stats;
    tidemark_movable_get_stats(&stats);
    return stats.live_blocks;
  }();
  Blocks blocks(program_blocks());
  Block one = blocks.allocate(1000), none;
  ASSERT_NE(one.handle, 0u);
  EXPECT_EQ(blocks.held_bytes(), program_blocks().cost(1000));
  for (int i = 0; i < 1000; ++i) one.as<char>()[i] = static_cast<char>(i % 100);
  EXPECT_FALSE(blocks.replace(one, ~std::size_t{0} / 2, 1000));
  ASSERT_TRUE(blocks.replace(one, 2000, 1000));
  EXPECT_EQ(blocks.held_bytes(), program_blocks().cost(2000));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(one.as<char>()[i], static_cast<char>(i % 100));
  blocks.give_back(none);
  blocks.give_back(one);
  EXPECT_EQ(one.handle, 0u);
  blocks.give_back(one);
  EXPECT_EQ(blocks.held_bytes(), 0u);
  tidemark_movable_stats stats;
  tidemark_movable_get_stats(&stats);
  EXPECT_EQ(stats.live_blocks, live_before);
}

}  // namespace
}  // namespace tidemark
