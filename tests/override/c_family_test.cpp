// The malloc family at every edge of the C and POSIX standards, as a program that links libtidemark.a sees it.
#include <gtest/gtest.h>
#include <malloc.h>
#include <tidemark/heap_stats.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>

extern "C" {
int malloc_trim(size_t);
void* pvalloc(size_t);
void* emscripten_builtin_malloc(size_t);
void emscripten_builtin_free(void*);
void* emscripten_builtin_calloc(size_t, size_t);
void* emscripten_builtin_realloc(void*, size_t);
void* emscripten_builtin_memalign(size_t, size_t);
void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
}

#include "support/hidden.h"

namespace {

using tidemark::testing::hidden;
using tidemark::testing::hidden_null;

constexpr std::size_t kMostBytes = PTRDIFF_MAX;

class CFamily : public ::testing::Test {
 protected:
  void SetUp() override { errno = 0; }
  void TearDown() override { EXPECT_STREQ(tidemark_check_heap(), nullptr); }

  static void expect_no_memory(void* block) {
    EXPECT_EQ(block, nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
  }
};

std::size_t live_blocks() {
  tidemark_heap_stats stats;
  tidemark_get_heap_stats(&stats);
  return stats.live_blocks;
}

TEST_F(CFamily, ItIsTidemarksHeapThatServes) {
  const std::size_t before = live_blocks();
  void* const block = std::malloc(hidden(100));
  EXPECT_EQ(live_blocks(), before + 1);
  std::free(block);
  EXPECT_EQ(live_blocks(), before);
}

TEST_F(CFamily, MallocOfNothingIsABlock) {
  void* const one = std::malloc(hidden(0));
  void* const other = std::malloc(hidden(0));
  EXPECT_NE(one, nullptr);
  EXPECT_NE(one, other);
  std::free(one);
  std::free(other);
}

TEST_F(CFamily, BlocksSuitTheAlignmentOfEveryStandardType) {
  for (std::size_t n_bytes = 1; n_bytes < 5000; n_bytes += 3) {
    void* const block = std::malloc(hidden(n_bytes));
    // A block smaller than a type need not suit it.
    const std::size_t alignment = n_bytes >= alignof(std::max_align_t) ? alignof(std::max_align_t) : 1;
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0u);
    std::free(block);
  }
}

TEST_F(CFamily, TooMuchIsRefusedWithENOMEM) {
  for (const std::size_t n_bytes : {kMostBytes + 1, SIZE_MAX - 1, SIZE_MAX}) {
    expect_no_memory(std::malloc(hidden(n_bytes)));
    expect_no_memory(std::calloc(hidden(n_bytes), 1));
    expect_no_memory(std::realloc(nullptr, hidden(n_bytes)));
    expect_no_memory(memalign(64, hidden(n_bytes)));
    expect_no_memory(std::aligned_alloc(64, hidden(n_bytes)));
  }
}

TEST_F(CFamily, CallocRefusesProductsThatOverflow) {
  expect_no_memory(std::calloc(hidden(SIZE_MAX), 2));
  expect_no_memory(std::calloc(2, hidden(SIZE_MAX)));
  expect_no_memory(std::calloc(hidden(std::size_t{1} << 16), std::size_t{1} << 16));        // 2^32 is 0
  expect_no_memory(std::calloc(hidden((std::size_t{1} << 16) + 1), std::size_t{1} << 16));  // wraps to 64 KiB
}

TEST_F(CFamily, CallocClears) {
  auto* soiled = static_cast<char*>(std::malloc(hidden(3000)));
  std::memset(soiled, 0xff, 3000);
  std::free(soiled);
  auto* const block = static_cast<char*>(std::calloc(hidden(30), 100));
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(block[i], 0);
  std::free(block);
  void* const nothing = std::calloc(hidden(0), 100);
  EXPECT_NE(nothing, nullptr);
  std::free(nothing);
}

TEST_F(CFamily, FreeLeavesErrnoAlone) {
  void* const small = std::malloc(hidden(10));
  void* const large = std::malloc(hidden(100000));
  errno = 42;
  std::free(small);
  std::free(large);
  std::free(hidden_null());
  EXPECT_EQ(errno, 42);
}

TEST_F(CFamily, ReallocKeepsContentAndRefusesTooMuch) {
  auto* block = static_cast<char*>(std::realloc(nullptr, hidden(100)));
  std::memset(block, 7, 100);
  expect_no_memory(std::realloc(block, hidden(SIZE_MAX)));
  expect_no_memory(std::realloc(block, hidden(kMostBytes + 1)));
  block = static_cast<char*>(std::realloc(block, hidden(100000)));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(block[i], 7);
  block = static_cast<char*>(std::realloc(block, hidden(50)));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(block[i], 7);
  block = static_cast<char*>(std::realloc(block, hidden(0)));
  EXPECT_NE(block, nullptr) << "a block of no bytes, as from malloc(0)";
  std::free(block);
}

TEST_F(CFamily, ReallocarrayRefusesProductsThatOverflow) {
  auto* block = static_cast<char*>(reallocarray(nullptr, hidden(10), 10));
  std::memset(block, 7, 100);
  expect_no_memory(reallocarray(block, hidden(std::size_t{1} << 16), (std::size_t{1} << 16) + 1));
  expect_no_memory(reallocarray(block, hidden(SIZE_MAX), 2));
  block = static_cast<char*>(reallocarray(block, hidden(100), 10));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(block[i], 7);
  std::free(block);
}

TEST_F(CFamily, VallocGivesPages) {
  const auto page = static_cast<std::size_t>(getpagesize());
  for (const std::size_t n_bytes : {std::size_t{0}, std::size_t{1}, page, page + 1}) {
    void* const block = valloc(hidden(n_bytes));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % page, 0);
    std::memset(block, 1, n_bytes);
    void* const whole = pvalloc(hidden(n_bytes));
    ASSERT_NE(whole, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(whole) % page, 0);
    EXPECT_GE(malloc_usable_size(whole), (n_bytes + page - 1) / page * page);
    std::free(block);
    std::free(whole);
  }
  expect_no_memory(valloc(hidden(SIZE_MAX)));
  expect_no_memory(pvalloc(hidden(SIZE_MAX)));
}

TEST_F(CFamily, PosixMemalignReturnsItsErrors) {
  void* const untouched = &errno;
  void* block = untouched;
  for (const std::size_t alignment : {0u, 1u, 2u, 3u, 12u, 48u, 65537u}) {
    EXPECT_EQ(posix_memalign(&block, hidden(alignment), 100), EINVAL) << alignment;
  }
  EXPECT_EQ(posix_memalign(&block, 64, hidden(SIZE_MAX)), ENOMEM);
  EXPECT_EQ(posix_memalign(&block, hidden(std::size_t{1} << 31), hidden(kMostBytes)), ENOMEM);
  EXPECT_EQ(block, untouched);
  EXPECT_EQ(posix_memalign(&block, hidden(4096), 100), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 4096, 0u);
  std::free(block);
  EXPECT_EQ(posix_memalign(&block, hidden(sizeof(void*)), 0), 0);
  std::free(block);
}

TEST_F(CFamily, AlignmentsThatAreNoPowerOfTwoAreEINVAL) {
  for (const std::size_t alignment : {0u, 3u, 24u, 100u, 65535u}) {
    EXPECT_EQ(memalign(hidden(alignment), 100), nullptr);
    EXPECT_EQ(errno, EINVAL);
    errno = 0;
    EXPECT_EQ(std::aligned_alloc(hidden(alignment), 100), nullptr);
    EXPECT_EQ(errno, EINVAL);
    errno = 0;
  }
}

TEST_F(CFamily, AlignmentsUpTo64KiBHold) {
  for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
    for (const std::size_t n_bytes : {0u, 1u, 100u, 1000u, 1025u, 70000u}) {
      void* const one = memalign(hidden(alignment), n_bytes);
      void* const other = std::aligned_alloc(hidden(alignment), n_bytes);
      ASSERT_NE(one, nullptr);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(one) % alignment, 0u);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(other) % alignment, 0u);
      ASSERT_GE(malloc_usable_size(one), n_bytes);
      std::memset(one, 1, n_bytes);
      std::free(one);
      std::free(other);
    }
  }
}

TEST_F(CFamily, UsableSizeCountsWhatMayBeUsed) {
  EXPECT_EQ(malloc_usable_size(hidden_null()), 0u);
  void* const block = std::malloc(hidden(13));
  EXPECT_EQ(malloc_usable_size(block), 16u);
  std::free(block);
}

TEST_F(CFamily, OtherNamesAreTheSameHeap) {
  std::free(emscripten_builtin_malloc(10));
  emscripten_builtin_free(std::malloc(hidden(10)));
  std::free(emscripten_builtin_realloc(emscripten_builtin_calloc(1, 10), 2000));
  std::free(emscripten_builtin_memalign(256, 10));
  std::free(__libc_realloc(__libc_calloc(1, 10), 2000));
  __libc_free(__libc_malloc(10));
}

TEST_F(CFamily, SbrkGivesMemoryThatIsNotTheHeaps) {
  auto* const first = static_cast<char*>(sbrk(10000));
  ASSERT_NE(first, reinterpret_cast<char*>(-1));
  std::memset(first, 0x5a, 10000);
  auto* const second = static_cast<char*>(sbrk(20000));
  EXPECT_EQ(second, first + 10000) << "in a row, as nobody grew memory in between";
  std::memset(second, 0x5b, 20000);
  void* blocks[50];
  for (void*& block : blocks) {
    block = std::malloc(hidden(100000));
    std::memset(block, 1, 100000);
  }
  for (int i = 0; i < 10000; ++i) ASSERT_EQ(first[i], 0x5a);
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(second[i], 0x5b);
  for (void* block : blocks) std::free(block);
}

TEST_F(CFamily, SbrkGoesBackWhatItWentForward) {
  char* const first = static_cast<char*>(sbrk(5000));
  EXPECT_EQ(sbrk(-5000), first + 5000);
  EXPECT_EQ(sbrk(0), first);
  EXPECT_EQ(sbrk(INTPTR_MIN), reinterpret_cast<void*>(-1));
}

TEST_F(CFamily, TrimSaysWhetherTheTopFell) {
  malloc_trim(0);
  EXPECT_EQ(malloc_trim(0), 0) << "there is nothing left to give";
}

TEST_F(CFamily, WhatTheCLibraryAllocatesIsFreedHere) {
  const std::size_t before = live_blocks();
  char* const copy = strdup("a string");
  char* const part = strndup("another string", 7);
  char* text = nullptr;
  ASSERT_EQ(asprintf(&text, "%d and %s", 42, copy), 15);
  wchar_t* const wide = wcsdup(L"wide");
  char* path = realpath("/", nullptr);
  EXPECT_STREQ(copy, "a string");
  EXPECT_STREQ(part, "another");
  EXPECT_STREQ(text, "42 and a string");
  EXPECT_EQ(wide[3], L'e');
  for (void* const block : {static_cast<void*>(copy), static_cast<void*>(part), static_cast<void*>(text),
                            static_cast<void*>(wide), static_cast<void*>(path)}) {
    EXPECT_GE(malloc_usable_size(block), 1u);
    std::free(block);
  }
  EXPECT_EQ(live_blocks(), before);
}

TEST_F(CFamily, WhatFailsLeavesTheHeapAsItWas) {
  void* const block = std::malloc(hidden(5000));
  const std::size_t before = live_blocks();
  expect_no_memory(std::malloc(hidden(SIZE_MAX)));
  expect_no_memory(std::calloc(hidden(SIZE_MAX), 2));
  expect_no_memory(std::realloc(block, hidden(SIZE_MAX)));
  expect_no_memory(reallocarray(block, hidden(SIZE_MAX), 2));
  expect_no_memory(memalign(hidden(std::size_t{1} << 31), kMostBytes));
  EXPECT_EQ(live_blocks(), before);
  EXPECT_GE(malloc_usable_size(block), 5000u);
  std::free(block);
}

TEST_F(CFamily, WhatSucceedsLeavesErrnoAlone) {
  errno = 42;
  void* block = std::malloc(hidden(100));
  block = std::realloc(block, hidden(5000));
  block = reallocarray(block, hidden(100), 10);
  std::free(std::calloc(hidden(100), 100));
  std::free(std::aligned_alloc(64, hidden(640)));
  malloc_usable_size(block);
  std::free(block);
  malloc_trim(0);
  EXPECT_EQ(errno, 42);
}

TEST_F(CFamily, SizesThatOverflowWhenRoundedUpAreRefused) {
  // To a grain, to a page, to an alignment, to all of memory.
  for (std::size_t less = 0; less < 600; ++less) {
    expect_no_memory(std::malloc(hidden(SIZE_MAX - less)));
    expect_no_memory(std::aligned_alloc(256, hidden(SIZE_MAX - less)));
    expect_no_memory(memalign(65536, hidden(SIZE_MAX - less)));
    expect_no_memory(std::calloc(hidden(1), SIZE_MAX - less));
  }
  for (const std::size_t less : {0u, 1u, 65534u, 65535u, 65536u}) expect_no_memory(pvalloc(hidden(SIZE_MAX - less)));
  for (std::size_t alignment = 65536; alignment != 0; alignment *= 2) {
    expect_no_memory(memalign(hidden(alignment), kMostBytes));
    expect_no_memory(memalign(hidden(alignment), SIZE_MAX - alignment + 1));
  }
}

TEST_F(CFamily, MallinfoAsProgramsOfDlmallocReadIt) {
  const struct mallinfo before = mallinfo();
  void* const block = std::malloc(hidden(100000));
  void* const small = std::malloc(hidden(40));
  const struct mallinfo after = mallinfo();
  EXPECT_EQ(after.uordblks, before.uordblks + malloc_usable_size(block) + malloc_usable_size(small));
  EXPECT_LE(after.uordblks + after.fordblks, after.arena);
  EXPECT_LE(after.keepcost, after.fordblks);
  EXPECT_GE(after.usmblks, after.uordblks);
  EXPECT_GT(after.ordblks, 0u);
  EXPECT_EQ(after.hblks + after.hblkhd + after.smblks + after.fsmblks, 0u);
  tidemark_heap_stats stats;
  tidemark_get_heap_stats(&stats);
  EXPECT_EQ(after.arena, stats.heap_bytes);
  EXPECT_EQ(after.fordblks, stats.free_bytes);
  std::free(small);
  std::free(block);
  EXPECT_EQ(mallinfo().uordblks, before.uordblks);
}

TEST_F(CFamily, MalloptTakesWhatDlmallocTakes) {
  for (const int option : {M_TRIM_THRESHOLD, M_GRANULARITY, M_MMAP_THRESHOLD}) EXPECT_EQ(mallopt(option, 65536), 1);
  EXPECT_EQ(mallopt(7, 65536), 0);
}

TEST_F(CFamily, MallocStatsAreThreeLines) {
  ::testing::internal::CaptureStderr();
  malloc_stats();
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_NE(text.find("\nin use bytes     = "), std::string::npos) << text;
}

TEST_F(CFamily, ReallocOfNothingAndToNothing) {
  // As dlmalloc has it: a block stays, of the least size, and no memory is lost.
  const std::size_t before = live_blocks();
  for (const std::size_t n_bytes : {1u, 100u, 5000u, 100000u}) {
    void* const block = std::realloc(std::malloc(hidden(n_bytes)), hidden(0));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(malloc_usable_size(block), 8u);
    EXPECT_EQ(live_blocks(), before + 1);
    std::free(block);
  }
  void* const block = reallocarray(hidden_null(), hidden(0), 100);
  ASSERT_NE(block, nullptr);
  std::free(block);
  EXPECT_EQ(live_blocks(), before);
}

TEST_F(CFamily, SbrkTakesMemoryBackAndForthBesideTheHeap) {
  char* const first = static_cast<char*>(sbrk(100));
  ASSERT_NE(first, reinterpret_cast<char*>(-1));
  for (int i = 1; i <= 50; ++i) {
    void* const block = std::malloc(hidden(static_cast<std::size_t>(i) * 3000));
    ASSERT_NE(block, nullptr);
    char* const more = static_cast<char*>(sbrk(i * 1000));
    ASSERT_NE(more, reinterpret_cast<char*>(-1));
    std::memset(more, i, static_cast<std::size_t>(i) * 1000);
    EXPECT_EQ(sbrk(-500), more + i * 1000);
    std::memset(block, ~i, malloc_usable_size(block));
    for (int at = 0; at < i * 1000; ++at) ASSERT_EQ(more[at], i) << "what sbrk gave is the program's alone";
    ASSERT_STREQ(tidemark_check_heap(), nullptr);
    std::free(block);
  }
}

}  // namespace
