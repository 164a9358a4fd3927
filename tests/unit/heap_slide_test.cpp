// What a compactor asks of the heap: free memory below an address, and blocks that slide down over it.
#include "heap/heap_slide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kBlocks = 12, kBlockGrains = 20;
constexpr std::size_t kBlockBytes = kBlockGrains * kGrainBytes;

class Slide : public ::testing::Test {
 protected:
  Slide() {
    // The map reaches to the end, what it left is in use, and a wall stands below the blocks, which stand in a row.
    std::vector<void*> all;
    while (void* const block = heap_.allocate(kBlockBytes)) all.push_back(block);
    for (void* const block : all) heap_.free(block);
    heap_.trim();
    while (void* const block = HeapSlide(heap_).allocate_lowest(kMaxSmallBytes + 1, heap_end())) all.push_back(block);
    void* const wall = heap_.allocate(kBlockBytes);
    others_ = stats_of(heap_).live_blocks;
    for (std::size_t i = 0; i < kBlocks; ++i) {
      blocks_.push_back(static_cast<unsigned char*>(heap_.allocate(kBlockBytes)));
      std::memset(blocks_.back(), static_cast<int>(i + 1), kBlockBytes);
      EXPECT_EQ(address_of(blocks_.back()), address_of(wall) + (i + 1) * kBlockBytes);
    }
  }

  Address heap_end() const { return HeapWalk(heap_).high(); }
  bool is_one(Address block) const {
    return std::count(blocks_.begin(), blocks_.end(), reinterpret_cast<unsigned char*>(block)) != 0;
  }

  /// Makes a hole of the block numbered `i`, which a sweep has joined with those beside it.
  void free(std::size_t i) {
    heap_.free(std::exchange(blocks_[i], nullptr));
    heap_.trim();
  }

  void expect_whole() {
    EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
    const auto blocks = static_cast<std::size_t>(
        std::count_if(blocks_.begin(), blocks_.end(), [](const unsigned char* block) { return block != nullptr; }));
    EXPECT_EQ(stats_of(heap_).live_blocks, others_ + blocks + taken_);
    for (const unsigned char* const block : blocks_) {
      if (block != nullptr) {
        EXPECT_TRUE(std::all_of(block, block + kBlockBytes, [&](unsigned char byte) { return byte == *block; }));
      }
    }
  }

  Arena arena_{1024 * 1024, 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
  std::vector<unsigned char*> blocks_;
  std::size_t others_ = 0, taken_ = 0;
};

TEST_F(Slide, AHoleOfJustThatLengthIsFoundBelow) {
  unsigned char* const hole = blocks_[5];
  free(5);
  HeapSlide slide(heap_);
  EXPECT_EQ(slide.allocate_below(kBlockBytes + 1, address_of(blocks_[8])), nullptr);
  EXPECT_EQ(slide.allocate_below(kBlockBytes, address_of(hole)), nullptr) << "which begins there, not below";
  expect_whole();
  EXPECT_EQ(slide.allocate_below(kBlockBytes, address_of(hole) + 1), hole);
  ++taken_;
  expect_whole();
  EXPECT_EQ(slide.allocate_below(kBlockBytes, address_of(blocks_[8])), nullptr) << "it is in use";
}

TEST_F(Slide, APartOfAHoleIsTakenFromItsBegin) {
  unsigned char* const hole = blocks_[5];
  free(5);
  HeapSlide slide(heap_);
  void* const block = slide.allocate_below(kBlockBytes / 2, address_of(blocks_[8]));
  EXPECT_EQ(block, hole);
  EXPECT_EQ(heap_.usable_bytes(block), kBlockBytes / 2);
  ++taken_;
  expect_whole();
  EXPECT_EQ(heap_.allocate(kBlockBytes / 2), hole + kBlockBytes / 2) << "the rest serves";
  ++taken_;
  expect_whole();
}

TEST_F(Slide, TheLowestIsFoundWhateverItsLength) {
  unsigned char* const lowest = blocks_[2];
  free(2);
  free(3);  // longer than the next one
  free(7);
  HeapSlide slide(heap_);
  EXPECT_EQ(slide.allocate_lowest(kBlockBytes, address_of(lowest)), nullptr);
  EXPECT_EQ(slide.allocate_lowest(2 * kBlockBytes + 1, address_of(blocks_[10])), nullptr);
  expect_whole();
  EXPECT_EQ(slide.allocate_lowest(kBlockBytes, address_of(blocks_[10])), lowest);
  ++taken_;
  expect_whole();
}

TEST_F(Slide, WhatWasJustFreedIsFoundToo) {
  unsigned char* const hole = std::exchange(blocks_[4], nullptr);
  heap_.free(hole);  // not swept yet
  EXPECT_EQ(HeapSlide(heap_).allocate_below(kBlockBytes, address_of(blocks_[8])), hole);
  ++taken_;
  expect_whole();
}

TEST_F(Slide, BlocksMoveDownOverWhatIsFreeInFrontOfThem) {
  unsigned char* const bottom = blocks_[3];
  const std::size_t top_bytes = stats_of(heap_).top_bytes;
  free(3);
  free(6);
  std::vector<std::pair<Address, Address>> moves;
  std::size_t offered = 0;
  HeapSlide(heap_).slide(
      [&](Address begin, std::size_t n_bytes, std::size_t free_bytes) {
        if (!is_one(begin)) return false;
        EXPECT_EQ(n_bytes, kBlockBytes);
        EXPECT_EQ(free_bytes, begin <= address_of(blocks_[5]) ? kBlockBytes : 2 * kBlockBytes);
        ++offered;
        return true;
      },
      [&](Address from, Address to) { moves.emplace_back(from, to); });
  EXPECT_EQ(offered, 7u) << "those above the first hole";
  ASSERT_EQ(moves.size(), offered);
  Address to = address_of(bottom);
  for (const auto& [moved_from, moved_to] : moves) {
    EXPECT_EQ(moved_to, to);
    to += kBlockBytes;
    std::replace(blocks_.begin(), blocks_.end(), reinterpret_cast<unsigned char*>(moved_from),
                 reinterpret_cast<unsigned char*>(moved_to));
  }
  expect_whole();
  EXPECT_EQ(stats_of(heap_).top_bytes, top_bytes + 2 * kBlockBytes);
}

TEST_F(Slide, ABlockThatMayNotMoveKeepsTheHoleBelowIt) {
  const std::size_t top_bytes = stats_of(heap_).top_bytes;
  free(3);
  free(6);
  unsigned char* const fixed = blocks_[5];
  HeapSlide(heap_).slide(
      [&](Address begin, std::size_t, std::size_t) { return is_one(begin) && begin != address_of(fixed); },
      [&](Address from, Address to) {
        std::replace(blocks_.begin(), blocks_.end(), reinterpret_cast<unsigned char*>(from),
                     reinterpret_cast<unsigned char*>(to));
      });
  expect_whole();
  EXPECT_EQ(blocks_[5], fixed);
  EXPECT_EQ(blocks_[4] + 2 * kBlockBytes, fixed);
  EXPECT_EQ(blocks_[7], fixed + kBlockBytes);
  EXPECT_EQ(stats_of(heap_).top_bytes, top_bytes + kBlockBytes);
  EXPECT_EQ(HeapSlide(heap_).allocate_lowest(kBlockBytes, address_of(blocks_[7])), fixed - kBlockBytes);
  ++taken_;
  expect_whole();
}

}  // namespace
}  // namespace tidemark::testing
