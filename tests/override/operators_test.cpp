// operator new and delete in all their forms come from the C++ library, and their memory from Tidemark.
#include <gtest/gtest.h>
#include <tidemark/heap_stats.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "support/hidden.h"

namespace {

using tidemark::testing::hidden;

class Operators : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_STREQ(tidemark_check_heap(), nullptr);
    EXPECT_EQ(live_blocks(), before_) << "what was allocated was freed, and by the same heap";
  }
  static std::size_t live_blocks() {
    tidemark_heap_stats stats;
    tidemark_get_heap_stats(&stats);
    return stats.live_blocks;
  }

  std::size_t before_ = live_blocks();
};

TEST_F(Operators, PlainAndSized) {
  for (std::size_t n_bytes = 0; n_bytes < 3000; n_bytes += 11) {
    void* const one = ::operator new(hidden(n_bytes));
    void* const array = ::operator new[](hidden(n_bytes));
    ASSERT_NE(one, array);
    std::memset(one, 1, n_bytes);
    ::operator delete(one, n_bytes);
    ::operator delete[](array);
  }
}

TEST_F(Operators, Aligned) {
  for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
    for (const std::size_t n_bytes : {1u, 100u, 1500u, 70000u}) {
      const std::align_val_t wanted{hidden(alignment)};
      void* const one = ::operator new(n_bytes, wanted);
      void* const array = ::operator new[](n_bytes, wanted, std::nothrow);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(one) % alignment, 0u);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(array) % alignment, 0u);
      ::operator delete(one, n_bytes, wanted);
      ::operator delete[](array, wanted);
    }
  }
}

TEST_F(Operators, OfATypeThatIsAlignedBeyondTheOrdinary) {
  struct alignas(256) Wide {
    char bytes[300];
  };
  const auto wide = std::make_unique<Wide>();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.get()) % 256, 0u);
}

TEST_F(Operators, NothrowReturnsNull) {
  EXPECT_EQ(::operator new(hidden(SIZE_MAX), std::nothrow), nullptr);
  EXPECT_EQ(::operator new[](hidden(SIZE_MAX / 2 + 1), std::nothrow), nullptr);
  EXPECT_EQ(::operator new (hidden(SIZE_MAX), std::align_val_t{64}, std::nothrow), nullptr);
}

TEST_F(Operators, TheStandardContainersWork) {
  std::map<int, std::string> map;
  std::vector<std::string> vector;
  for (int i = 0; i < 5000; ++i) {
    map[i * 7919 % 5000] = std::string(static_cast<std::size_t>(i % 100), 'x');
    vector.push_back(map[i * 7919 % 5000]);
  }
  for (int i = 0; i < 5000; i += 2) map.erase(i);
  ASSERT_EQ(map.size(), 2500u);
  for (std::size_t i = 0; i < vector.size(); ++i) ASSERT_EQ(vector[i].size(), i % 100);
}

}  // namespace
