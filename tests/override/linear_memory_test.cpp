// The heap in the whole of a 32-bit address space: up to 4 GiB less a page, shared with a program that grows memory itself.
#include <gtest/gtest.h>
#include <tidemark/heap_stats.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "support/hidden.h"

extern "C" void emscripten_notify_memory_growth(size_t memory_index);

namespace {

using tidemark::testing::hidden;

constexpr std::size_t kMiB = 1024 * 1024, kGiB = 1024 * kMiB, kPageBytes = 65536;

unsigned char* allocate(std::size_t n_bytes) { return static_cast<unsigned char*>(std::malloc(hidden(n_bytes))); }

/// Writes to both ends and some places between, so that few pages are touched.
void mark(unsigned char* block, std::size_t n_bytes, unsigned char value) {
  for (std::size_t at = 0; at < n_bytes; at += n_bytes / 16) block[at] = static_cast<unsigned char>(value + at / kMiB);
  block[n_bytes - 1] = value;
}

bool is_marked(const unsigned char* block, std::size_t n_bytes, unsigned char value) {
  for (std::size_t at = 0; at < n_bytes; at += n_bytes / 16) {
    if (block[at] != static_cast<unsigned char>(value + at / kMiB)) return false;
  }
  return block[n_bytes - 1] == value;
}

class LinearMemory : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_STREQ(tidemark_check_heap(), nullptr); }
};

TEST_F(LinearMemory, AProgramMayGrowItByItself) {
  std::vector<unsigned char*> blocks;
  std::vector<std::size_t> pages;
  for (int i = 0; i < 20; ++i) {
    const std::size_t page = __builtin_wasm_memory_grow(0, 1);
    emscripten_notify_memory_growth(0);  // else JavaScript's views stay those of the smaller memory
    ASSERT_NE(page, SIZE_MAX);
    pages.push_back(page);
    std::memset(reinterpret_cast<void*>(page * kPageBytes), 0x5a, kPageBytes);
    blocks.push_back(allocate(150000));
    std::memset(blocks.back(), i, 150000);
  }
  for (const std::size_t page : pages) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(page * kPageBytes);
    for (std::size_t i = 0; i < kPageBytes; ++i) ASSERT_EQ(bytes[i], 0x5a);
  }
  for (unsigned char* block : blocks) std::free(block);
}

TEST_F(LinearMemory, ABlockOfAlmostTwoGibibytes) {
  const std::size_t n_bytes = 2 * kGiB - kMiB;
  unsigned char* const block = allocate(n_bytes);
  ASSERT_NE(block, nullptr);
  mark(block, n_bytes, 3);
  EXPECT_TRUE(is_marked(block, n_bytes, 3));
  std::free(block);
}

TEST_F(LinearMemory, ReachesUpToFourGibibytesAndGoesOnWhenItEnds) {
  constexpr std::size_t kBytes = 100 * kMiB;
  std::vector<unsigned char*> blocks;
  while (unsigned char* block = allocate(kBytes)) {
    ASSERT_LT(blocks.size(), 41u) << "more than 4 GiB";
    mark(block, kBytes, static_cast<unsigned char>(blocks.size()));
    blocks.push_back(block);
  }
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_GE(blocks.size(), 38u) << "3.8 GiB, less what the tests before have left in pieces";
  EXPECT_GT(reinterpret_cast<std::uintptr_t>(blocks.back()), 3 * kGiB);
  EXPECT_STREQ(tidemark_check_heap(), nullptr);

  // What is left serves smaller requests, to the last page.
  std::vector<unsigned char*> small;
  while (unsigned char* block = allocate(kMiB)) {
    mark(block, kMiB, 99);
    small.push_back(block);
    ASSERT_LT(small.size(), 400u)
        << "at most 4 GiB less 3.8, and what the blocks of 100 MiB left below and above 2 GiB";
  }
  EXPECT_NE(allocate(100), nullptr) << "there is room for a hundred bytes where there is none for a MiB";
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    ASSERT_TRUE(is_marked(blocks[i], kBytes, static_cast<unsigned char>(i))) << "block " << i;
  }
  for (unsigned char* block : small) ASSERT_TRUE(is_marked(block, kMiB, 99));

  // Freed, it can be had again, but for the map (64 MiB for 4 GiB), which stands somewhere in the middle.
  for (unsigned char* block : small) std::free(block);
  for (unsigned char* block : blocks) std::free(block);
  unsigned char* const large = allocate(kGiB);
  EXPECT_NE(large, nullptr);
  std::free(large);
}

TEST_F(LinearMemory, ReallocAboveTwoGibibytesKeepsContent) {
  constexpr std::size_t kBytes = 100 * kMiB;
  std::vector<unsigned char*> below;
  unsigned char* block = allocate(kBytes);
  while (reinterpret_cast<std::uintptr_t>(block) < 2 * kGiB) {
    ASSERT_NE(block, nullptr);
    below.push_back(block);
    block = allocate(kBytes);
  }
  mark(block, kBytes, 5);
  unsigned char* const wall = allocate(kMiB);
  block = static_cast<unsigned char*>(std::realloc(block, hidden(3 * kBytes)));
  ASSERT_NE(block, nullptr);
  EXPECT_TRUE(is_marked(block, kBytes, 5));
  EXPECT_EQ(std::realloc(block, hidden(3 * kGiB)), nullptr);
  EXPECT_TRUE(is_marked(block, kBytes, 5));
  std::free(wall);
  std::free(block);
  for (unsigned char* each : below) std::free(each);
}

}  // namespace
