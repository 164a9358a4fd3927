#include "movable/free_bins.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMin = BlockHeader::kMinUnits;

/// Memory for free blocks, side by side.
class Memory {
 public:
  explicit Memory(std::size_t units) : words_(units + 1) {}

  BlockHeader* block(std::size_t at) { return reinterpret_cast<BlockHeader*>(words_.data() + at); }
  BlockHeader* free_block(std::size_t at, std::size_t units) {
    BlockHeader* const block = this->block(at);
    *block = BlockHeader::free(units);
    block->write_length();
    return block;
  }

 private:
  std::vector<std::uint64_t> words_;
};

TEST(FreeBins, WhatIsCutLeavesNothingOrABlock) {
  for (std::size_t units = kMin; units < 200; ++units) {
    for (std::size_t free_units = kMin; free_units < 300; ++free_units) {
      const bool leaves_a_block = free_units > units && free_units - units >= kMin;
      ASSERT_EQ(FreeBins::fits(free_units, units), free_units == units || leaves_a_block) << units << ' ' << free_units;
    }
  }
}

// Of the bin that the length itself is in, and of all whose blocks do, whichever they are.
TEST(FreeBins, OneThatIsJustLongEnoughIsFound) {
  Memory memory(0xffff);
  for (std::size_t units = kMin; units < 5000; ++units) {
    const std::size_t least = step_value(step_above(units + kMin));
    for (const std::size_t free_units : {units, units + kMin - 1, least, least + 1, 2 * least, std::size_t{0xffff}}) {
      FreeBins bins;
      BlockHeader* const block = memory.free_block(0, free_units);
      bins.insert(block);
      ASSERT_EQ(bins.find(units), FreeBins::fits(free_units, units) ? block : nullptr) << units << ' ' << free_units;
      bins.remove(block);
      ASSERT_EQ(bins.find(units), nullptr);
    }
  }
}

TEST(FreeBins, TheLowerOfTheNewOneAndTheFirstGoesFirst) {
  Memory memory(100);
  FreeBins bins;
  BlockHeader* const blocks[] = {memory.free_block(0, 10), memory.free_block(20, 10), memory.free_block(40, 10)};
  for (const int each : {1, 2, 0}) bins.insert(blocks[each]);
  for (const int each : {0, 1, 2}) {
    EXPECT_EQ(bins.find(10), blocks[each]);
    bins.remove(blocks[each]);
  }
  EXPECT_EQ(bins.find(10), nullptr);
}

TEST(FreeBins, HasWhatWasInsertedThroughAllChanges) {
  constexpr std::size_t kBlocks = 500, kMaxUnits = 200;
  Memory memory(kBlocks * kMaxUnits);
  FreeBins bins;
  std::set<BlockHeader*> model;
  Random random(1);
  for (int step = 0; step < 5000; ++step) {
    const std::size_t at = random.below(kBlocks) * kMaxUnits;
    BlockHeader* const block = memory.block(at);
    if (model.erase(block) != 0) {
      bins.remove(block);
    } else {
      bins.insert(memory.free_block(at, random.between(kMin, kMaxUnits)));
      model.insert(block);
    }
    std::size_t blocks = 0;
    ASSERT_TRUE(bins.is_sound(&blocks));
    ASSERT_EQ(blocks, model.size());
  }
}

}  // namespace
}  // namespace tidemark::testing
