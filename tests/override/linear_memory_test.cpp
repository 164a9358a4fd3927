// The heap in the whole of a 32-bit address space: up to 4 GiB less a page, shared with a program that grows memory itself.
#include <gtest/gtest.h>
#include <malloc.h>
#include <tidemark/heap_stats.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "heap/heap_shrink.h"
#include "override/global_heap.h"
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

/// A block of `n_bytes` that begins below 2 GiB and ends above; all that is below it goes to `below`.
unsigned char* allocate_across_two_gibibytes(std::size_t n_bytes, std::vector<unsigned char*>& below) {
  for (;;) {
    unsigned char* const block = allocate(n_bytes);
    const auto begin = reinterpret_cast<std::uintptr_t>(block);
    if (block == nullptr || (begin < 2 * kGiB && begin + n_bytes > 2 * kGiB)) return block;
    below.push_back(block);
    if (begin >= 2 * kGiB) return nullptr;
  }
}

TEST_F(LinearMemory, ABlockMayLieAcrossTwoGibibytes) {
  constexpr std::size_t kBytes = 100 * kMiB;
  std::vector<unsigned char*> below;
  unsigned char* const block = allocate_across_two_gibibytes(kBytes, below);
  ASSERT_NE(block, nullptr);
  EXPECT_GE(malloc_usable_size(block), kBytes);
  std::fill_n(block, kBytes, static_cast<unsigned char>(0xee));

  // Smaller and larger where it stands: its end goes to and fro over the line.
  const std::size_t to_the_line = 2 * kGiB - reinterpret_cast<std::uintptr_t>(block);
  for (const std::size_t n_bytes : {to_the_line, to_the_line + 1, to_the_line + kMiB, to_the_line - 1, 3 * kBytes}) {
    ASSERT_EQ(std::realloc(block, hidden(n_bytes)), block) << n_bytes;
    ASSERT_GE(malloc_usable_size(block), n_bytes);
    ASSERT_STREQ(tidemark_check_heap(), nullptr);
  }
  EXPECT_EQ(std::count(block, block + to_the_line - 1, 0xee), static_cast<std::ptrdiff_t>(to_the_line - 1));

  // What was used of it is cleared, on either side.
  std::free(block);
  auto* const zeroed = static_cast<unsigned char*>(std::calloc(hidden(kBytes), 1));
  ASSERT_NE(zeroed, nullptr);
  EXPECT_LE(zeroed, block);
  EXPECT_EQ(std::count(zeroed, zeroed + kBytes, 0), static_cast<std::ptrdiff_t>(kBytes));
  std::free(zeroed);
  for (unsigned char* each : below) std::free(each);
}

class FullMemory : public LinearMemory {
 protected:
  FullMemory() {
    blocks_.reserve(10000);
    unsigned char* const left = allocate(kLeftBytes);  // for what the test itself allocates
    for (std::size_t n_bytes = 64 * kMiB; n_bytes > kSmallBytes; n_bytes /= 2) {
      while (unsigned char* const block = allocate(n_bytes)) {
        block[0] = block[n_bytes - 1] = 0x77;
        blocks_.push_back({block, n_bytes});
      }
    }
    std::free(left);
  }
  ~FullMemory() override {
    for (const auto& [block, n_bytes] : blocks_) std::free(block);
  }

  static constexpr std::size_t kSmallBytes = 2048, kLeftBytes = 32 * 1024;
  static constexpr std::uintptr_t kEnd = 0 - kPageBytes;  // the last page is nobody's
  // Where the map would have to become longer for the last MiBs, there is no room for it.
  static constexpr std::uintptr_t kAlmostAll = kEnd - 64 * kMiB;

  static tidemark_heap_stats stats() {
    tidemark_heap_stats stats;
    tidemark_get_heap_stats(&stats);
    return stats;
  }

  struct Block {
    unsigned char* at;
    std::size_t n_bytes;
  };
  std::vector<Block> blocks_;
};

TEST_F(FullMemory, AShrinkHasNothingToExpect) {
  const tidemark::HeapShrink shrink(tidemark::global_heap);
  ASSERT_EQ(tidemark::WasmPages().end(), stats().memory_bytes) << "nobody else's memory is on top";
  EXPECT_GT(shrink.lowest_end(), kAlmostAll);
  EXPECT_EQ(shrink.expected_end(), shrink.lowest_end()) << "map and descriptors have no room above what is there";
}

TEST_F(FullMemory, IsUsedButForTheLastPage) {
  std::uintptr_t end = 0;
  for (const auto& [block, n_bytes] : blocks_) {
    ASSERT_EQ(block[0], 0x77);
    ASSERT_EQ(block[n_bytes - 1], 0x77);
    end = std::max(end, reinterpret_cast<std::uintptr_t>(block) + malloc_usable_size(block));
  }
  EXPECT_GT(end, kAlmostAll);
  EXPECT_LE(end, stats().memory_bytes);
  EXPECT_LE(stats().memory_bytes, kEnd);
  EXPECT_GT(stats().live_bytes, 3 * kGiB + 800 * kMiB);
  EXPECT_LT(stats().free_bytes, 100 * kMiB);
  EXPECT_EQ(stats().live_bytes + stats().free_bytes + stats().metadata_bytes, stats().heap_bytes);
}

TEST_F(FullMemory, RefusesWhateverIsAskedFor) {
  for (const std::size_t n_bytes : {64 * kMiB, 2 * kGiB - 1, 3 * kGiB, std::size_t{SIZE_MAX}}) {
    EXPECT_EQ(allocate(n_bytes), nullptr);
    EXPECT_EQ(std::calloc(hidden(n_bytes), 1), nullptr);
    for (std::size_t alignment = 8; alignment != 0; alignment *= 4) {
      EXPECT_EQ(memalign(hidden(alignment), n_bytes), nullptr) << alignment;
    }
    EXPECT_EQ(std::realloc(blocks_.back().at, hidden(n_bytes)), nullptr);
  }
  EXPECT_EQ(sbrk(INTPTR_MAX), reinterpret_cast<void*>(-1));
}

TEST_F(FullMemory, TheHighestBlockReachesTheEnd) {
  const auto highest = std::max_element(blocks_.begin(), blocks_.end(),
                                        [](const Block& one, const Block& other) { return one.at < other.at; });
  const std::size_t room = stats().memory_bytes - reinterpret_cast<std::uintptr_t>(highest->at);
  ASSERT_EQ(std::realloc(highest->at, hidden(room)), highest->at);
  highest->at[room - 1] = 0x77;
  EXPECT_EQ(stats().top_bytes, 0u);
  EXPECT_STREQ(tidemark_check_heap(), nullptr);
  ASSERT_EQ(std::realloc(highest->at, hidden(highest->n_bytes)), highest->at);
  EXPECT_EQ(highest->at[0], 0x77);
}

TEST_F(FullMemory, TheLastPageIsNobodysWhoeverHasGrownIt) {
  while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX) emscripten_notify_memory_growth(0);
  EXPECT_EQ(__builtin_wasm_memory_size(0), 65536u);
  EXPECT_EQ(allocate(64 * kMiB), nullptr);
  for (Block& block : blocks_) {
    std::free(block.at);
    block.at = allocate(block.n_bytes);
    ASSERT_NE(block.at, nullptr);
    ASSERT_LE(reinterpret_cast<std::uintptr_t>(block.at) + malloc_usable_size(block.at), kEnd);
  }
}

}  // namespace
