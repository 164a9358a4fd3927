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

TEST(SizeClass, I5_SlabsWasteHardlyAnything) {
  for (std::size_t bytes = kMinBlockBytes; bytes <= kMaxSmallBytes; bytes += kMinBlockBytes) {
    const auto rest = [&](std::size_t blocks) { return (grains_for(blocks * bytes) << kGrainShift) - blocks * bytes; };
    if (bytes <= kGrainBytes) {
      ASSERT_EQ(rest(min_blocks(bytes)), 0u) << bytes;
      ASSERT_EQ(rest(max_blocks(bytes)), 0u) << bytes;
      ASSERT_EQ(max_blocks(bytes) % min_blocks(bytes), 0u) << bytes;
    }
    ASSERT_LE(rest(max_blocks(bytes)) * 256, max_blocks(bytes) * bytes) << bytes;
  }
}

TEST(SizeClass, SlabsStayWithinTheirBitmapAndTheirBound) {
  for (std::size_t bytes = kMinBlockBytes; bytes <= kMaxSmallBytes; bytes += kMinBlockBytes) {
    ASSERT_LE(1u, min_blocks(bytes));
    ASSERT_LE(min_blocks(bytes), first_blocks(bytes));
    ASSERT_LE(first_blocks(bytes), max_blocks(bytes));
    ASSERT_LE(max_blocks(bytes), kMaxSlabBlocks);
    ASSERT_LE(max_blocks(bytes) * bytes, kMaxSlabBytes);
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
