#include "movable/chunks.h"

#include <gtest/gtest.h>

#include <vector>

#include "movable/heap_runs.h"
#include "support/arena.h"
#include "support/faulty_runs.h"

namespace tidemark::testing {
namespace {

struct ChunksFixture {
  const char* broken() {
    return chunks.check([](const BlockHeader*) {});
  }
  /// Of so many bytes each, all in use.
  std::vector<BlockHeader*> allocate_many(std::size_t count, std::size_t n_bytes) {
    std::vector<BlockHeader*> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(allocate(n_bytes));
    return blocks;
  }
  BlockHeader* allocate(std::size_t n_bytes) {
    BlockHeader* const block = chunks.allocate(n_bytes);
    if (block != nullptr) *block = BlockHeader::live(block->units(), 0, 0);
    return block;
  }

  Arena arena{4 * 1024 * 1024};
  TestHeap heap{ArenaSource(arena)};
  HeapRuns<ArenaSource, TestObserver> from_heap{heap};
  FaultyRuns runs{from_heap};
  Chunks chunks{runs};
};

TEST(Chunks, BlocksOfUpToEightKiBAreCutFromChunks) {
  ChunksFixture fixture;
  EXPECT_FALSE(Chunks::is_large_size(8192));
  EXPECT_TRUE(Chunks::is_large_size(8193));
  BlockHeader* const longest = fixture.allocate(8192);
  EXPECT_FALSE(longest->is_large());
  EXPECT_TRUE(fixture.allocate(8193)->is_large());
  EXPECT_EQ(fixture.chunks.runs().count(), 2u);
}

// Where the rest would be too short to be a block, a block keeps it; no block gets longer than 8 KiB where it is.
TEST(Chunks, BlocksChangeTheirLengthWhereTheyAre) {
  ChunksFixture fixture;
  constexpr std::size_t kShort = BlockHeader::kMinUnits * kUnitBytes;  // what a block takes at least
  const std::vector<BlockHeader*> blocks = fixture.allocate_many(4, 400);
  for (std::size_t less = 0; less < kShort; less += kUnitBytes) {
    EXPECT_TRUE(fixture.chunks.resize_in_place(blocks[0], 400 - less));
    EXPECT_EQ(Chunks::content_bytes(blocks[0]), 400u);
  }
  EXPECT_FALSE(fixture.chunks.resize_in_place(blocks[0], 408));
  fixture.chunks.free(blocks[1]);  // 408 bytes are free now
  for (std::size_t left = kUnitBytes; left < kShort; left += kUnitBytes)
    EXPECT_FALSE(fixture.chunks.resize_in_place(blocks[0], 808 - left)) << left;
  EXPECT_TRUE(fixture.chunks.resize_in_place(blocks[0], 808 - kShort));
  EXPECT_EQ(fixture.broken(), nullptr);
  EXPECT_TRUE(fixture.chunks.resize_in_place(blocks[0], 808));
  EXPECT_TRUE(fixture.chunks.resize_in_place(blocks[0], 400));
  EXPECT_EQ(fixture.broken(), nullptr);

  BlockHeader* const long_one = fixture.allocate(8192);
  EXPECT_TRUE(fixture.chunks.resize_in_place(long_one, 8000));
  ASSERT_GT(Chunks::content_bytes(long_one) + long_one->next()->units() * kUnitBytes, 8300u) << "there is room";
  EXPECT_FALSE(fixture.chunks.resize_in_place(long_one, 8193));
  EXPECT_TRUE(fixture.chunks.resize_in_place(long_one, 8192));
  EXPECT_EQ(fixture.broken(), nullptr);
}

// The heap can move only what is larger than 2 KiB.
TEST(Chunks, AreShorterWhereTheHeapHasNoMemoryForMore) {
  ChunksFixture fixture;
  fixture.allocate(100'000);  // a chunk is an eighth of what there is
  const std::size_t held = fixture.chunks.run_bytes();
  for (const std::size_t n_bytes : {std::size_t{2040}, std::size_t{2020}, std::size_t{16}, std::size_t{8192}}) {
    SCOPED_TRACE(n_bytes);
    fixture.chunks.release_spare();
    fixture.runs.refuse_only_after(fixture.chunks.runs().count() == 1 ? 0 : 1);
    BlockHeader* const block = fixture.allocate(n_bytes);
    fixture.runs.stop_refusing();
    ASSERT_NE(block, nullptr);
    EXPECT_LE(fixture.chunks.run_bytes() - held, std::max(n_bytes + 3 * kUnitBytes, std::size_t{2049}) + kGrainBytes);
    EXPECT_GT(fixture.chunks.run_bytes() - held, RunSource::kMaxUnmovableBytes);
    EXPECT_EQ(fixture.broken(), nullptr);
    fixture.chunks.free(block);
  }
}

TEST(Chunks, AChunkThatIsTrimmedHasLessThanAGrainAtItsEnd) {
  constexpr std::size_t kShort = BlockHeader::kMinUnits * kUnitBytes;
  for (std::size_t n_bytes = 1000; n_bytes <= 3000; n_bytes += kUnitBytes) {
    SCOPED_TRACE(n_bytes);
    ChunksFixture fixture;
    BlockHeader* const block = fixture.allocate(8192);
    ASSERT_TRUE(fixture.chunks.resize_in_place(block, n_bytes));
    fixture.chunks.trim(fixture.chunks.runs()[0].begin());
    const std::size_t used = n_bytes + 3 * kUnitBytes;  // the chunk's head and end, and the block's header
    std::size_t least = round_up(std::max(used, RunSource::kMaxUnmovableBytes + 1), kGrainBytes);
    if (least != used && least - used < kShort) least += kGrainBytes;  // for a free block
    EXPECT_EQ(fixture.chunks.run_bytes(), least);
    EXPECT_EQ(fixture.runs.held_bytes(), fixture.chunks.held_bytes());
    EXPECT_EQ(fixture.broken(), nullptr);
  }
}

TEST(Chunks, ALargeBlockIsARunOfItsLength) {
  ChunksFixture fixture;
  BlockHeader* const block = fixture.allocate(40 * kGrainBytes - 2 * kUnitBytes);
  EXPECT_EQ(fixture.chunks.run_bytes(), 40 * kGrainBytes);
  for (const std::size_t n_bytes : {9999u, 9001u}) {  // both in place
    EXPECT_EQ(fixture.chunks.resize_large(block, n_bytes), block);
    EXPECT_EQ(Chunks::content_bytes(block), round_up(n_bytes, kUnitBytes));
    EXPECT_EQ(fixture.chunks.run_bytes(), round_up(n_bytes + 2 * kUnitBytes, kGrainBytes));
  }
  EXPECT_FALSE(fixture.chunks.resize_in_place(block, 9009)) << "a large one only gets shorter where it is";
  EXPECT_FALSE(fixture.chunks.resize_in_place(block, 8192)) << "and remains large";
  EXPECT_EQ(fixture.broken(), nullptr);
}

// Somebody frees what compaction was to visit next, and a longer chunk comes where it was.
TEST(Chunks, TheCursorIsNeverWithinAChunkThatCameLater) {
  ChunksFixture fixture;
  Chunks& chunks = fixture.chunks;
  std::vector<BlockHeader*> blocks = fixture.allocate_many(30, 100);
  BlockHeader* const large = fixture.allocate(9000);
  BlockHeader* const larger = fixture.allocate(100'000);  // a chunk is an eighth of it from now on
  const Address begin = chunks.runs()[0].begin();
  chunks.set_cursor(blocks[20]->address());
  for (BlockHeader* const block : blocks) chunks.free(block);
  chunks.free(large);
  chunks.release_spare();
  EXPECT_EQ(fixture.broken(), nullptr);
  const Address cursor = chunks.cursor();
  fixture.heap.trim();
  BlockHeader* const later = fixture.allocate(8192);
  const RunEntry chunk = chunks.runs()[0];
  ASSERT_EQ(chunk.begin(), begin) << "where the old one was";
  ASSERT_GT(chunk.begin() + chunks.bytes_of(chunk), cursor);
  EXPECT_EQ(fixture.broken(), nullptr);
  EXPECT_EQ(chunks.cursor(), chunk.begin() + chunks.bytes_of(chunk));
  chunks.free(later);
  chunks.free(larger);
}

}  // namespace
}  // namespace tidemark::testing
