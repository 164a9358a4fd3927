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

void* ballast = nullptr;
int handler_calls = 0;

TEST_F(Operators, TheNewHandlerIsCalledWhereThereIsNoMemoryAndMayMakeRoom) {
  constexpr std::size_t kMostBytes = std::size_t{2} << 30, kLess = std::size_t{64} << 20;
  std::vector<void*> blocks;
  while (void* const block = ::operator new(hidden(kMostBytes - kLess), std::nothrow)) blocks.push_back(block);
  ASSERT_FALSE(blocks.empty());
  ballast = blocks.back();
  blocks.pop_back();
  handler_calls = 0;
  std::set_new_handler([] {
    ++handler_calls;
    ::operator delete(ballast);
    ballast = nullptr;
    std::set_new_handler(nullptr);
  });
  void* const block = ::operator new(hidden(kMostBytes - kLess), std::nothrow);
  EXPECT_NE(block, nullptr) << "in what the handler has freed";
  EXPECT_EQ(handler_calls, 1);
  EXPECT_EQ(std::get_new_handler(), nullptr);
  ::operator delete(block);
  for (void* const each : blocks) ::operator delete(each);
}

TEST_F(Operators, SizedAndAlignedDeleteTakeWhatTheOthersGave) {
  for (const std::size_t n_bytes : {1u, 16u, 2048u, 2049u, 100000u}) {
    ::operator delete(::operator new(hidden(n_bytes), std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](hidden(n_bytes), std::nothrow), n_bytes);
    ::operator delete (::operator new (hidden(n_bytes), std::align_val_t{512}, std::nothrow), std::align_val_t{512});
    ::operator delete[](::operator new[](hidden(n_bytes), std::align_val_t{512}), n_bytes, std::align_val_t{512});
  }
  ::operator delete(nullptr);
  ::operator delete (nullptr, std::size_t{100});
  ::operator delete[](nullptr, std::align_val_t{64});
}

}  // namespace
