// Programs that break their heap end with one line that names the address and what is wrong. (In WebAssembly, where
// GoogleTest has no death tests, override/crimes.test.mjs has the same done by small programs.)
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr const char* kNoBlock = "this is not the start of a block of this heap";
constexpr const char* kFreedAlready = "this block is free already";

/// The whole of standard error, as a pattern.
std::string line(const char* operation, Address address, const char* problem) {
  char text[160];
  std::snprintf(text, sizeof(text), "^tidemark: %s\\(0x%" PRIxPTR "\\): %s\n$", operation, address, problem);
  return text;
}

class Crimes : public ::testing::Test {
 protected:
  void expect_line(const char* operation, void* block, const char* problem) {
    const std::string expected = line(operation, address_of(block), problem);
    EXPECT_DEATH(perform(operation, block), expected);
  }

  void perform(const char* operation, void* block) {
    if (std::strcmp(operation, "free") == 0) heap_.free(block);
    if (std::strcmp(operation, "realloc") == 0) heap_.reallocate(block, 100);
    if (std::strcmp(operation, "malloc_usable_size") == 0) heap_.usable_bytes(block);
  }

  /// Each of the three that take a block.
  void expect_lines(void* block, const char* problem) {
    for (const char* operation : {"free", "realloc", "malloc_usable_size"}) expect_line(operation, block, problem);
  }

  static void* at(void* block, std::size_t offset) { return static_cast<char*>(block) + offset; }

  Arena arena_{1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Crimes, ASmallBlockFreedTwice) {
  void* const block = heap_.allocate(100);
  heap_.allocate(100);
  heap_.free(block);
  expect_lines(block, kFreedAlready);
}

TEST_F(Crimes, TheOnlyBlockOfItsSizeFreedTwice) {
  void* const block = heap_.allocate(48);
  heap_.free(block);
  expect_lines(block, kFreedAlready);
}

TEST_F(Crimes, ASmallBlockOfAFullSlabFreedTwice) {
  std::vector<void*> blocks;
  for (int i = 0; i < 500; ++i) blocks.push_back(heap_.allocate(64));
  heap_.free(blocks[100]);
  expect_lines(blocks[100], kFreedAlready);
}

TEST_F(Crimes, ALargeBlockFreedTwice) {
  void* const block = heap_.allocate(10000);
  heap_.allocate(10000);
  heap_.free(block);
  expect_lines(block, kFreedAlready);
}

TEST_F(Crimes, ALargeBlockFreedTwiceAfterItWasJoinedWithOthers) {
  void* const below = heap_.allocate(10000);
  void* const block = heap_.allocate(10000);
  heap_.allocate(10000);
  heap_.free(block);
  heap_.free(below);
  heap_.trim();
  EXPECT_DEATH(heap_.free(block), "^tidemark: free\\(0x[0-9a-f]+\\): this (block is free already|is not the start)");
}

TEST_F(Crimes, AnAddressWithinASmallBlock) {
  void* const block = heap_.allocate(100);
  for (const std::size_t offset : {1u, 4u, 8u, 16u, 103u}) expect_lines(at(block, offset), kNoBlock);
}

TEST_F(Crimes, AnAddressWithinALargeBlock) {
  void* const block = heap_.allocate(10000);
  for (const std::size_t offset : {1u, 8u, 16u, 255u, 256u, 4096u, 9999u}) expect_lines(at(block, offset), kNoBlock);
}

TEST_F(Crimes, AnAddressWithinABlockOfOneSizeThatIsAMultipleOfAnother) {
  void* const block = heap_.allocate(512);
  expect_lines(at(block, 256), kNoBlock);
}

TEST_F(Crimes, AVariableOnTheStack) {
  int variable = 0;
  heap_.allocate(1);
  expect_lines(&variable, kNoBlock);
}

TEST_F(Crimes, AStaticVariable) {
  static int variable = 0;
  heap_.allocate(1);
  expect_lines(&variable, kNoBlock);
}

TEST_F(Crimes, AnythingBeforeTheHeapHasBegun) {
  int variable = 0;
  expect_lines(&variable, kNoBlock);
  expect_lines(reinterpret_cast<void*>(8), kNoBlock);
}

TEST_F(Crimes, MemoryThatWasNeverHandedOut) {
  heap_.allocate(1000);
  heap_.allocate(5000);
  expect_lines(reinterpret_cast<void*>(arena_.pages().end() - 4096), kNoBlock);
  expect_lines(reinterpret_cast<void*>(arena_.pages().end()), kNoBlock);
  expect_lines(reinterpret_cast<void*>(arena_.limit() + 4096), kNoBlock);
  expect_lines(reinterpret_cast<void*>(arena_.begin() - 256), kNoBlock);
  expect_lines(reinterpret_cast<void*>(~Address{0} - 7), kNoBlock);
}

TEST_F(Crimes, ASmallBlockThatWasNeverHandedOut) {
  void* const block = heap_.allocate(64);
  expect_lines(at(block, 64), kFreedAlready);
}

TEST_F(Crimes, TheHeapsOwnData) {
  heap_.allocate(1);
  std::size_t met = 0;
  for (const auto& run : runs_of(heap_)) {
    if (run.kind != RunKind::kReserved) continue;
    expect_line("free", reinterpret_cast<void*>(run.begin), kNoBlock);
    expect_line("free", reinterpret_cast<void*>(run.begin + 64), kNoBlock);
    ++met;
  }
  EXPECT_GE(met, 2u) << "the map and the descriptors";
}

TEST_F(Crimes, MemoryOfSomebodyElse) {
  heap_.allocate(1000);
  const Address stranger = arena_.pages().end();
  arena_.pages().take_by_stranger(2 * kPageBytes);
  ASSERT_NE(heap_.allocate(200000), nullptr);
  expect_lines(reinterpret_cast<void*>(stranger), kNoBlock);
  expect_lines(reinterpret_cast<void*>(stranger + kPageBytes), kNoBlock);
}

TEST_F(Crimes, AnOverwrittenMap) {
  // The map's first entry stands for no memory: what runs over from below it meets that one first.
  heap_.allocate(1);
  const Address map = map_of(heap_).begin;
  ASSERT_NE(map, 0u);
  *reinterpret_cast<MapEntry*>(map) = 0x4141414141414141u;
  EXPECT_DEATH(heap_.trim(), "^tidemark: heap\\(0x[0-9a-f]+\\): the heap's map was overwritten\n$");
}

TEST_F(Crimes, AnOverwrittenDescriptor) {
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) blocks.push_back(heap_.allocate(64));
  const auto run = run_around(heap_, address_of(blocks[500]));
  ASSERT_EQ(run.slab->free_blocks, 0u) << "an exhausted slab: its first free has to link it";
  const_cast<Slab*>(run.slab)->seal = static_cast<decltype(Slab::seal)>(run.slab->seal ^ 1u);
  EXPECT_DEATH(heap_.free(blocks[500]), line("heap", run.begin, "the descriptor of the slab here was overwritten"));
}

TEST_F(Crimes, ADescriptorFullOfGarbageNeverPassesForASlab) {
  for (const int byte : {0x00, 0x41, 0xff}) {
    Arena arena(1024 * 1024);
    TestHeap heap{ArenaSource(arena)};
    std::vector<void*> blocks;
    for (int i = 0; i < 2000; ++i) blocks.push_back(heap.allocate(64));
    const auto run = run_around(heap, address_of(blocks[500]));
    std::memset(const_cast<Slab*>(run.slab), byte, sizeof(Slab));
    EXPECT_DEATH(heap.free(blocks[500]), "^tidemark: (free|heap)\\(0x[0-9a-f]+\\): th");
  }
}

TEST(CrimesInTwoHeaps, ABlockOfAnotherHeap) {
  Arena one_arena(kPageBytes), other_arena(kPageBytes);
  TestHeap one{ArenaSource(one_arena)}, other{ArenaSource(other_arena)};
  void* const block = one.allocate(100);
  other.allocate(100);
  EXPECT_DEATH(other.free(block), line("free", address_of(block), kNoBlock));
}

}  // namespace
}  // namespace tidemark::testing
