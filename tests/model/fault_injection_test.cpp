// Every growth of a program is refused in turn. The step it happened in may fail; it must then have changed nothing, and
// once memory is to be had again, the same step works and the program goes on.
#include <gtest/gtest.h>

#include <set>

#include "support/lockstep.h"
#include "support/random_program.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kSlots = 96;
constexpr std::size_t kArenaBytes = 4 * 1024 * 1024;
constexpr std::size_t kSteps = 250;

Program make_program(std::uint64_t seed, SizeMix mix) {
  // Large blocks among others: 250 steps reach 1 MiB, which takes 10 growths or more.
  RandomProgram random(seed, {mix, kSlots, 64 * 1024, false});
  Program program;
  for (std::size_t step = 0; step < kSteps; ++step) program.push_back(random.next());
  return program;
}

std::size_t growths_of(const Program& program) {
  Arena arena(kArenaBytes);
  TestHeap heap{ArenaSource(arena)};
  Lockstep lockstep(heap, arena, kSlots);
  for (const Operation& operation : program) EXPECT_EQ(lockstep.run(operation), "");
  return arena.asked().size();
}

class FaultInjection : public ::testing::TestWithParam<SizeMix> {};

TEST_P(FaultInjection, ARefusedGrowthChangesNothingAndTheProgramGoesOn) {
  for (const std::uint64_t seed : test_seeds(1)) {
    const Program program = make_program(seed, GetParam());
    const std::size_t growths = growths_of(program);
    ASSERT_GT(growths, 0u);
    for (std::size_t refused = 0; refused < growths; ++refused) {
      SCOPED_TRACE(::testing::Message() << "growth " << refused << ", TIDEMARK_TEST_SEED=" << seed);
      Arena arena(kArenaBytes);
      TestHeap heap{ArenaSource(arena)};
      Lockstep lockstep(heap, arena, kSlots);
      arena.refuse_from(refused);
      for (const Operation& operation : program) {
        ASSERT_EQ(lockstep.run(operation), "") << source_text(operation);
        if (!lockstep.failed()) continue;
        arena.stop_refusing();
        ASSERT_EQ(lockstep.run(operation), "") << "again: " << source_text(operation);
        if (operation.n_bytes < kArenaBytes) {
          ASSERT_FALSE(lockstep.failed()) << source_text(operation);
        }
      }
      ASSERT_EQ(lockstep.finish(), "");
    }
  }
}

TEST_P(FaultInjection, ASingleRefusalIsOvercome) {
  for (const std::uint64_t seed : test_seeds(1)) {
    const Program program = make_program(seed, GetParam());
    const std::size_t growths = growths_of(program);
    for (std::size_t refused = 0; refused < growths; ++refused) {
      SCOPED_TRACE(::testing::Message() << "growth " << refused << ", TIDEMARK_TEST_SEED=" << seed);
      Arena arena(kArenaBytes);
      TestHeap heap{ArenaSource(arena)};
      Lockstep lockstep(heap, arena, kSlots);
      arena.refuse_only(refused);
      for (const Operation& operation : program) ASSERT_EQ(lockstep.run(operation), "") << source_text(operation);
      ASSERT_EQ(lockstep.finish(), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, FaultInjection, ::testing::ValuesIn(kSizeMixes),
                         [](const auto& test) { return std::string(name_of(test.param)); });

/// A heap whose memory is spent: no growth, and blocks wherever there was room.
class Exhausted : public ::testing::Test {
 protected:
  Exhausted() {
    EXPECT_EQ(lockstep_.run({Do::kAllocate, kLarge, 8 * 1024, 8}), "");
    EXPECT_EQ(lockstep_.run({Do::kAllocate, kSmall, 100, 8}), "");
    // A wall above the two, so that neither can grow where it stands.
    for (std::size_t slot = kFirstOfWall; slot < kSlots && !lockstep_.failed(); ++slot) {
      EXPECT_EQ(lockstep_.run({Do::kAllocate, slot, 4 * 1024, 8}), "");
    }
    EXPECT_TRUE(lockstep_.failed());
  }

  void expect_refused(const Operation& operation) {
    const std::size_t calls = arena_.exhausted_calls();
    EXPECT_EQ(lockstep_.run(operation), "");  // which looks at all contents
    EXPECT_TRUE(lockstep_.failed());
    EXPECT_EQ(arena_.exhausted_calls(), calls + 1);
  }

  static constexpr std::size_t kLarge = 0, kSmall = 1, kEmpty = 2, kFirstOfWall = 3;

  Arena arena_{256 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
  Lockstep lockstep_{heap_, arena_, kSlots};
};

TEST_F(Exhausted, AllocateReturnsNull) { expect_refused({Do::kAllocate, kEmpty, 64 * 1024, 8}); }

TEST_F(Exhausted, ZeroedReturnsNull) { expect_refused({Do::kZeroed, kEmpty, 64 * 1024, 8}); }

TEST_F(Exhausted, AlignedReturnsNull) { expect_refused({Do::kAligned, kEmpty, 4096, 64 * 1024}); }

TEST_F(Exhausted, ReallocOfALargeBlockLeavesIt) {
  void* const before = lockstep_.block(kLarge);
  expect_refused({Do::kReallocate, kLarge, 64 * 1024, 8});
  EXPECT_EQ(lockstep_.block(kLarge), before);
}

TEST_F(Exhausted, ReallocOfASmallBlockLeavesIt) {
  void* const before = lockstep_.block(kSmall);
  expect_refused({Do::kReallocate, kSmall, 64 * 1024, 8});
  EXPECT_EQ(lockstep_.block(kSmall), before);
}

TEST_F(Exhausted, ShrinkingALargeBlockWorks) {
  void* const before = lockstep_.block(kLarge);
  EXPECT_EQ(lockstep_.run({Do::kReallocate, kLarge, 4 * 1024, 8}), "");
  EXPECT_FALSE(lockstep_.failed());
  EXPECT_EQ(lockstep_.block(kLarge), before);
}

TEST_F(Exhausted, WhatIsFreedIsHandedOutAgain) {
  EXPECT_EQ(lockstep_.run({Do::kFree, kLarge, 0, 8}), "");
  EXPECT_EQ(lockstep_.run({Do::kAllocate, kLarge, 8 * 1024, 8}), "");
  EXPECT_FALSE(lockstep_.failed());
}

TEST(FaultInjectionInMapRelocation, TheOldMapStaysInUse) {
  // Each run of one slab needs an entry, so slabs are what makes the map move. The step that moves it is found in a
  // program without faults; then growth is refused just there.
  const auto allocate_until = [](Lockstep& lockstep, auto&& enough) {
    std::size_t slot = 0;
    while (!enough() && slot < 4096) EXPECT_EQ(lockstep.run({Do::kAllocate, slot++, 1000, 8}), "");
    return slot;
  };
  std::set<std::size_t> moving_growths;
  std::size_t blocks = 0;
  {
    Arena arena(kArenaBytes);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, 4096);
    std::size_t growths = 0, metadata_bytes = 0;
    blocks = allocate_until(lockstep, [&] {
      // Descriptors come a KiB at a time; more than that is a larger map.
      const bool grew = arena.asked().size() > growths;
      if (grew && growths != 0 && lockstep.stats().metadata_bytes > metadata_bytes + 1024)
        moving_growths.insert(growths);
      growths = arena.asked().size();
      metadata_bytes = lockstep.stats().metadata_bytes;
      return moving_growths.size() == 2;
    });
  }
  ASSERT_FALSE(moving_growths.empty());
  for (const std::size_t growth : moving_growths) {
    Arena arena(kArenaBytes);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, 4096);
    arena.refuse_from(growth);
    allocate_until(lockstep, [&] { return lockstep.failed(); });
    ASSERT_TRUE(lockstep.failed());
    EXPECT_EQ(lockstep.verify_all(), "");
    arena.stop_refusing();
    EXPECT_EQ(lockstep.run({Do::kAllocate, blocks, 1000, 8}), "");
    EXPECT_FALSE(lockstep.failed());
    EXPECT_EQ(lockstep.finish(), "");
  }
}

}  // namespace
}  // namespace tidemark::testing
