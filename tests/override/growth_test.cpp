// Memory that a program grows beforehand is malloc's, as with Emscripten's own.
#include <emscripten/heap.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <tidemark/heap_stats.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "support/hidden.h"

namespace {

using tidemark::testing::hidden;

constexpr std::size_t kMiB = 1024 * 1024, kPageBytes = 65536;

tidemark_heap_stats stats() {
  tidemark_heap_stats stats;
  tidemark_get_heap_stats(&stats);
  return stats;
}

class Growth : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_STREQ(tidemark_check_heap(), nullptr);
    const tidemark_heap_stats now = stats();
    EXPECT_EQ(now.live_bytes + now.free_bytes + now.metadata_bytes, now.heap_bytes);
  }
};

TEST_F(Growth, MallocTakesWhatWasGrownForIt) {
  for (int round = 0; round < 3; ++round) {
    const tidemark_heap_stats before = stats();
    const std::size_t end = before.memory_bytes + 100 * kMiB;
    ASSERT_TRUE(emscripten_resize_heap(end - 1000));
    EXPECT_EQ(stats().memory_bytes, end) << "whole pages";
    EXPECT_EQ(emscripten_get_heap_size(), end) << "JavaScript knows";
    EXPECT_EQ(stats().free_bytes, before.free_bytes + 100 * kMiB);
    void* const block = std::calloc(hidden(95 * kMiB), 1);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(stats().memory_bytes, end);
    const auto* bytes = static_cast<const unsigned char*>(block);
    for (std::size_t at = 0; at < 95 * kMiB; at += 4096) ASSERT_EQ(bytes[at], 0);
    std::memset(block, 0x5a, 95 * kMiB);
    std::free(block);
  }
}

TEST_F(Growth, WhatIsThereAlreadyIsEnough) {
  const std::size_t memory_bytes = stats().memory_bytes;
  for (const std::size_t n_bytes : {std::size_t{0}, std::size_t{1}, memory_bytes}) {
    EXPECT_TRUE(emscripten_resize_heap(hidden(n_bytes)));
    EXPECT_EQ(stats().memory_bytes, memory_bytes);
  }
}

TEST_F(Growth, MoreThanThereIsIsRefused) {
  const std::size_t memory_bytes = stats().memory_bytes;
  EXPECT_FALSE(emscripten_resize_heap(hidden(SIZE_MAX)));
  EXPECT_EQ(stats().memory_bytes, memory_bytes);
}

TEST_F(Growth, BehindWhatTheProgramHasTakenItIsNobodys) {
  auto* const taken = static_cast<unsigned char*>(sbrk(kPageBytes));
  ASSERT_NE(taken, reinterpret_cast<unsigned char*>(-1));
  std::memset(taken, 0x77, kPageBytes);
  ASSERT_TRUE(emscripten_resize_heap(stats().memory_bytes + kMiB));
  void* const block = std::malloc(hidden(200 * kMiB));
  ASSERT_NE(block, nullptr);
  std::memset(block, 0x5a, 200 * kMiB);
  for (std::size_t at = 0; at < kPageBytes; ++at) ASSERT_EQ(taken[at], 0x77);
  std::free(block);
}

}  // namespace
