#include "heap/class_table.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr SizeClass kClass = class_for(1152);

/// The class that `slabs` in a row for the same size end up with.
SizeClass after_slabs(ClassTable& table, int slabs, std::size_t n_bytes) {
  SizeClass size_class = table.class_for(n_bytes);
  for (int i = 0; i < slabs; ++i) size_class = table.class_of_slab(size_class, n_bytes);
  return size_class;
}

/// One that is ready for use.
ClassTable filled() {
  ClassTable table;
  table.fill();
  return table;
}

TEST(ClassTable, SaysNoneOfAnySizeUntilItIsFilled) {
  const ClassTable table;
  for (std::size_t n_bytes = 0; n_bytes <= kMaxSmallBytes; ++n_bytes) {
    ASSERT_EQ(table.class_for(n_bytes), ClassTable::kNone) << n_bytes;
  }
}

TEST(ClassTable, IsTheClassesOfSizeClassAtFirst) {
  const ClassTable table = filled();
  for (std::size_t n_bytes = 0; n_bytes <= kMaxSmallBytes; ++n_bytes) {
    ASSERT_EQ(table.class_for(n_bytes), class_for(n_bytes)) << n_bytes;
  }
}

TEST(ClassTable, AClassThatOneSizeWantsAgainAndAgainGetsAFittedOne) {
  ClassTable table = filled();
  EXPECT_EQ(after_slabs(table, 7, 1030), kClass);
  const SizeClass fitted = after_slabs(table, 1, 1025);  // which takes as large a block as 1030
  EXPECT_EQ(fitted, ClassTable::fitted_in(kClass));
  EXPECT_EQ(table.block_bytes(fitted), 1032u);
  EXPECT_EQ(table.block_bytes(kClass), 1152u);
  for (std::size_t n_bytes = 1; n_bytes <= kMaxSmallBytes; ++n_bytes) {
    ASSERT_EQ(table.class_for(n_bytes), n_bytes > 1024 && n_bytes <= 1032 ? fitted : class_for(n_bytes)) << n_bytes;
  }
}

TEST(ClassTable, AFittedClassIsNotDividedAgain) {
  ClassTable table = filled();
  const SizeClass fitted = after_slabs(table, 8, 1100);
  EXPECT_EQ(table.block_bytes(fitted), 1104u);
  EXPECT_EQ(after_slabs(table, 20, 1032), fitted);
  EXPECT_EQ(after_slabs(table, 20, 1152), kClass);
  EXPECT_EQ(table.block_bytes(fitted), 1104u);
}

TEST(ClassTable, SizesInTurnDoNotDivideAClass) {
  ClassTable table = filled();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(after_slabs(table, 7, i % 2 == 0 ? 1032 : 1040), kClass);
}

TEST(ClassTable, AClassWhoseBlocksFitAlreadyIsNotDivided) {
  ClassTable table = filled();
  for (const std::size_t n_bytes : {1145u, 1152u}) EXPECT_EQ(after_slabs(table, 20, n_bytes), kClass);
}

TEST(ClassTable, EveryDivisionServesEverySize) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    for (std::size_t fit = block_bytes(size_class - 1) + 1; fit <= block_bytes(size_class); ++fit) {
      ClassTable table = filled();
      after_slabs(table, 8, fit);
      for (std::size_t n_bytes = 1; n_bytes <= kMaxSmallBytes;
           n_bytes += n_bytes < fit - 16 || n_bytes > fit + 16 ? 61 : 1) {
        const std::size_t bytes = table.block_bytes(table.class_for(n_bytes));
        ASSERT_GE(bytes, n_bytes) << "fitted to " << fit;
        ASSERT_LE(bytes, block_bytes(class_for(n_bytes))) << "fitted to " << fit;
        ASSERT_EQ(bytes % kMinBlockBytes, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace tidemark
