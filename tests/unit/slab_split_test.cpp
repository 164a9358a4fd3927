// Slabs of which little is in use, split: what is given back, and that what stays is as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

class SlabSplits : public ::testing::Test {
 protected:
  struct Block {
    unsigned char* at;
    std::size_t n_bytes;
    unsigned char mark;
  };

  Block allocate(std::size_t n_bytes) {
    const auto mark = static_cast<unsigned char>(random_.below(256));
    auto* const at = static_cast<unsigned char*>(heap_.allocate(n_bytes));
    if (at != nullptr) std::memset(at, mark, n_bytes);
    return {at, n_bytes, mark};
  }

  std::vector<Block> allocate(std::size_t count, std::size_t n_bytes) {
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(allocate(n_bytes));
    return blocks;
  }

  /// Frees all but one in `keep`.
  void thin_out(std::vector<Block>& blocks, std::size_t keep) {
    std::vector<Block> kept;
    for (const Block& block : blocks) {
      if (random_.one_in(keep)) {
        kept.push_back(block);
      } else {
        heap_.free(block.at);
      }
    }
    blocks = kept;
  }

  static bool whole(const Block& block) {
    return std::all_of(block.at, block.at + block.n_bytes, [&](unsigned char byte) { return byte == block.mark; });
  }

  Random random_{11};
  Arena arena_{16 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(SlabSplits, AFewSurvivorsHoldHardlyAnything) {
  std::vector<Block> blocks = allocate(60000, 64);  // 3.7 MiB
  thin_out(blocks, 64);
  heap_.trim();
  const tidemark_heap_stats stats = stats_of(heap_);
  EXPECT_EQ(stats.live_blocks, blocks.size());
  // A grain and a descriptor each, and the map.
  EXPECT_LT(stats.reserved_bytes, blocks.size() * (kGrainBytes + 3 * sizeof(Slab)) + 160 * 1024);
  EXPECT_TRUE(std::all_of(blocks.begin(), blocks.end(), whole));
}

TEST_F(SlabSplits, APartHasTheGrainsThatItsBlocksStandOnAndNoMore) {
  std::vector<Block> blocks = allocate(1000, 64), kept;
  const auto slab_begin = [&](const Block& block) { return run_around(heap_, address_of(block.at)).begin; };
  const Address begin = slab_begin(blocks[500]);
  for (const Block& block : blocks) {
    // The last of the first grain, the first of the eighth, the last of the twelfth and the first of the next.
    const std::size_t index = (address_of(block.at) - slab_begin(block)) / 64;
    if (index == 3 || index == 28 || index == 47 || index == 48) {
      kept.push_back(block);
    } else {
      heap_.free(block.at);
    }
  }
  heap_.trim();
  EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
  std::vector<std::pair<std::size_t, std::size_t>> parts;  // begin and length in grains, within the slab that was
  for (const auto& run : runs_of(heap_)) {
    if (run.kind == RunKind::kSlab && run.begin >= begin && run.begin < begin + 16 * kGrainBytes)
      parts.emplace_back((run.begin - begin) / kGrainBytes, run.bytes / kGrainBytes);
  }
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {{0, 1}, {7, 1}, {11, 2}};
  EXPECT_EQ(parts, expected);
  EXPECT_TRUE(std::all_of(kept.begin(), kept.end(), whole));
}

TEST_F(SlabSplits, OtherSizesTakeThePlaceBeforeMemoryGrows) {
  std::vector<Block> blocks = allocate(60000, 64);
  thin_out(blocks, 64);
  const std::size_t growths = arena_.asked().size();
  for (int i = 0; i < 1500; ++i) ASSERT_NE(heap_.allocate(1000), nullptr);  // 1.5 MB
  EXPECT_EQ(arena_.asked().size(), growths);
  EXPECT_TRUE(std::all_of(blocks.begin(), blocks.end(), whole));
}

TEST_F(SlabSplits, EveryPatternOfEveryClass) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    const std::size_t bytes = block_bytes(size_class);
    for (const std::size_t keep : {2u, 3u, 5u, 9u, 17u, 40u}) {
      std::vector<Block> blocks = allocate(400, bytes);
      thin_out(blocks, keep);
      heap_.trim();
      ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << bytes << ", one in " << keep;
      ASSERT_EQ(stats_of(heap_).live_blocks, blocks.size());
      for (const Block& block : blocks) ASSERT_TRUE(whole(block)) << bytes;

      const std::vector<Block> more = allocate(50, bytes);  // what is left of slabs serves as any slab does
      for (const Block& block : blocks) ASSERT_EQ(heap_.usable_bytes(block.at), bytes);
      for (const Block& block : blocks) heap_.free(block.at);
      for (const Block& block : more) ASSERT_TRUE(whole(block)) << bytes;
      for (const Block& block : more) heap_.free(block.at);
      heap_.trim();
      ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << bytes << ", one in " << keep;
      ASSERT_EQ(stats_of(heap_).live_blocks, 0u);
    }
  }
}

TEST_F(SlabSplits, AgainAndAgainAsSizesChange) {
  std::vector<Block> blocks;
  for (int round = 0; round < 12; ++round) {
    const std::size_t least = round % 2 == 0 ? 16 : 256, most = round % 2 == 0 ? 256 : 2048;
    for (std::size_t bytes = 0; bytes < 600 * 1024;) {
      blocks.push_back(allocate(least + random_.below(most - least)));
      ASSERT_NE(blocks.back().at, nullptr);
      bytes += blocks.back().n_bytes;
      if (blocks.size() % 64 == 0) {
        ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << "round " << round;
      }
    }
    thin_out(blocks, 4);
    ASSERT_TRUE(std::all_of(blocks.begin(), blocks.end(), whole)) << "round " << round;
    ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << "round " << round;
  }
}

}  // namespace
}  // namespace tidemark::testing
