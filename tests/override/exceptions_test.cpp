// With exceptions on, a new that finds no memory throws std::bad_alloc, and the program goes on.
#include <gtest/gtest.h>
#include <tidemark/heap_stats.h>

#include <cstdint>
#include <new>
#include <vector>

#include "support/hidden.h"

namespace {

using tidemark::testing::hidden;

bool throws_bad_alloc(std::size_t n_bytes) {
  try {
    ::operator delete(::operator new(n_bytes));
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  }
}

TEST(Exceptions, NewOfTooMuchThrows) {
  EXPECT_TRUE(throws_bad_alloc(hidden(SIZE_MAX)));
  EXPECT_TRUE(throws_bad_alloc(hidden(SIZE_MAX / 2 + 1)));
  EXPECT_FALSE(throws_bad_alloc(hidden(std::size_t{1000})));
}

TEST(Exceptions, AlignedNewOfTooMuchThrows) {
  bool thrown = false;
  try {
    ::operator delete (::operator new (hidden(SIZE_MAX), std::align_val_t{64}), std::align_val_t{64});
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  EXPECT_TRUE(thrown);
}

TEST(Exceptions, AVectorThatCannotGrowKeepsItsElements) {
  std::vector<int> vector(1000, 7);
  bool thrown = false;
  try {
    vector.reserve(hidden(vector.max_size()));
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  EXPECT_TRUE(thrown);
  EXPECT_EQ(vector, std::vector<int>(1000, 7));
  EXPECT_STREQ(tidemark_check_heap(), nullptr);
}

}  // namespace
