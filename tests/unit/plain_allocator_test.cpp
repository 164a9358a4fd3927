#include "tester/plain_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "support/random.h"

namespace tidemark {
namespace {

std::size_t chunks_held = 0;
std::size_t chunks_left = 0;

void* take(std::size_t n_bytes) {
  if (chunks_left == 0) return nullptr;
  --chunks_left;
  ++chunks_held;
  return std::malloc(n_bytes);
}
void give(void* chunk) {
  --chunks_held;
  std::free(chunk);
}
constexpr AllocatorFunctions kSource = {take, give, nullptr};

class PlainAllocatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    chunks_held = 0;
    chunks_left = 1'000'000;
  }
};

TEST_F(PlainAllocatorTest, BlocksOfEverySizeAreAlignedAndWritable) {
  PlainAllocator allocator(kSource);
  for (std::size_t n = 0; n < 5000; ++n) {
    void* block = allocator.allocate(n);
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8, 0u);
    std::memset(block, 1, n);  // the sanitizer sees what is beyond a chunk
  }
  for (std::size_t n = 4096; n < (std::size_t{8} << 20); n = n * 5 / 4 + 1) {
    void* block = allocator.allocate(n);
    ASSERT_NE(block, nullptr);
    std::memset(block, 1, n);
    allocator.free(block);
  }
}

TEST_F(PlainAllocatorTest, AgreesWithAModelOfContents) {
  for (const std::uint64_t seed : testing::test_seeds(10)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    testing::Random random(seed);
    PlainAllocator allocator(kSource);
    std::map<unsigned char*, std::vector<unsigned char>> model;
    for (int step = 0; step < 4000; ++step) {
      const std::size_t n = random.below(random.one_in(20) ? 400'000 : 3000);
      if (model.size() < 50 || random.one_in(3)) {
        auto* block = static_cast<unsigned char*>(allocator.allocate(n));
        ASSERT_NE(block, nullptr);
        std::vector<unsigned char> content(n, static_cast<unsigned char>(step));
        if (n != 0) std::memcpy(block, content.data(), n);
        ASSERT_TRUE(model.emplace(block, content).second) << "a block in use was handed out again";
        continue;
      }
      auto chosen = model.begin();
      std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(model.size())));
      const auto [block, content] = *chosen;
      ASSERT_TRUE(content.empty() || std::memcmp(block, content.data(), content.size()) == 0);
      model.erase(chosen);
      if (random.one_in(2)) {
        allocator.free(block);
      } else {
        auto* moved = static_cast<unsigned char*>(allocator.reallocate(block, n));
        ASSERT_NE(moved, nullptr);
        const std::size_t kept = std::min(n, content.size());
        ASSERT_TRUE(kept == 0 || std::memcmp(moved, content.data(), kept) == 0);
        std::vector<unsigned char> fresh(n, static_cast<unsigned char>(step));
        if (n != 0) std::memcpy(moved, fresh.data(), n);
        model[moved] = fresh;
      }
    }
  }
  EXPECT_EQ(chunks_held, 0u);
}

TEST_F(PlainAllocatorTest, ReallocateKeepsContent) {
  PlainAllocator allocator(kSource);
  for (std::size_t from = 1; from < 200'000; from = from * 3 / 2 + 1) {
    for (std::size_t to = 1; to < 200'000; to = to * 2 + 1) {
      auto* block = static_cast<unsigned char*>(allocator.allocate(from));
      for (std::size_t i = 0; i < from; ++i) block[i] = static_cast<unsigned char>(i * 7);
      block = static_cast<unsigned char*>(allocator.reallocate(block, to));
      for (std::size_t i = 0; i < std::min(from, to); ++i) ASSERT_EQ(block[i], static_cast<unsigned char>(i * 7));
      allocator.free(block);
    }
  }
}

TEST_F(PlainAllocatorTest, FreedBlocksAreUsedAgain) {
  PlainAllocator allocator(kSource);
  for (int round = 0; round < 1000; ++round) {
    void* blocks[100];
    for (void*& block : blocks) block = allocator.allocate(1000);
    for (void* block : blocks) allocator.free(block);
  }
  EXPECT_EQ(chunks_held, 1u);  // 100 blocks of 1024 bytes, and a chunk has 256 KiB
}

TEST_F(PlainAllocatorTest, ExhaustionIsNullAndChangesNothing) {
  PlainAllocator allocator(kSource);
  chunks_left = 1;
  auto* block = static_cast<char*>(allocator.allocate(100'000));
  ASSERT_NE(block, nullptr);
  std::memset(block, 5, 100'000);
  EXPECT_EQ(allocator.allocate(300'000), nullptr);
  EXPECT_EQ(allocator.reallocate(block, 300'000), nullptr);
  EXPECT_EQ(allocator.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(allocator.reallocate(block, SIZE_MAX), nullptr);
  EXPECT_EQ(block[99'999], 5);
  allocator.release();
  EXPECT_EQ(chunks_held, 0u);
}

}  // namespace
}  // namespace tidemark
