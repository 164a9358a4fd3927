#include "heap/size_class.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(SizeClass, I1_BlocksStrictlyIncrease) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    ASSERT_LT(block_bytes(size_class - 1), block_bytes(size_class));
  }
}

TEST(SizeClass, I2_EverySizeGetsTheLeastClassThatHoldsIt) {
  for (std::size_t n_bytes = 1; n_bytes <= kMaxSmallBytes; ++n_bytes) {
    const SizeClass size_class = class_for(n_bytes);
    ASSERT_LT(size_class, kSizeClassCount);
    ASSERT_GE(block_bytes(size_class), n_bytes);
    ASSERT_LT(block_bytes(size_class - 1), n_bytes);
  }
}

TEST(SizeClass, I3_NoMoreThanAnEighthIsLost) {
  for (std::size_t n_bytes = 1; n_bytes <= kMaxSmallBytes; ++n_bytes) {
    ASSERT_LT(block_bytes(class_for(n_bytes)) - n_bytes, std::max(kMinBlockBytes, (n_bytes + 7) / 8)) << n_bytes;
  }
}

TEST(SizeClass, I4_AMultipleOfAPowerOfTwoGetsABlockThatIsOne) {
  for (std::size_t alignment = kMinBlockBytes; alignment <= kGrainBytes; alignment *= 2) {
    for (std::size_t n_bytes = alignment; n_bytes <= kMaxSmallBytes; n_bytes += alignment) {
      ASSERT_EQ(block_bytes(class_for(n_bytes)) % alignment, 0u) << n_bytes << " at " << alignment;
    }
  }
}

TEST(SizeClass, I5_SlabsFillWholeGrains) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    for (std::size_t blocks = min_blocks(size_class); blocks <= max_blocks(size_class); blocks *= 2) {
      ASSERT_EQ(blocks * block_bytes(size_class) % kGrainBytes, 0u) << blocks << " of " << block_bytes(size_class);
    }
  }
}

TEST(SizeClass, SlabsStayWithinTheirBitmapAndTheirBound) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    ASSERT_TRUE(std::has_single_bit(min_blocks(size_class))) << "doubling must reach the largest slab exactly";
    ASSERT_TRUE(std::has_single_bit(max_blocks(size_class)));
    ASSERT_LE(min_blocks(size_class), max_blocks(size_class));
    ASSERT_LE(max_blocks(size_class), kMaxSlabBlocks);
    ASSERT_LE(max_blocks(size_class) * block_bytes(size_class), kMaxSlabBytes);
  }
}

TEST(SizeClass, NothingGetsTheLeastBlock) { EXPECT_EQ(block_bytes(class_for(0)), kMinBlockBytes); }

TEST(SizeClass, SmallSizesThatManyProgramsAskForAreExact) {
  for (const std::size_t n_bytes : {8u, 16u, 24u, 32u, 40u, 48u, 64u, 128u, 256u, 512u, 1024u}) {
    EXPECT_EQ(block_bytes(class_for(n_bytes)), n_bytes);
  }
}

}  // namespace
}  // namespace tidemark
