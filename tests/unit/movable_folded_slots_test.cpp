// The table of handles where few are in use: what it folds is as if it were not, but for its memory, which is zero.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "movable/folded_slots.h"
#include "support/faulty_runs.h"
#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

constexpr std::uint32_t kGroup = SlotTable::kGroupSlots;
constexpr std::uint32_t kGroups = 10;

Address address_for(std::uint32_t index) { return 0x1000 + 8 * Address{index}; }

/// A table, in which one slot in `one_in` is in use, and the handles that it has given out.
struct Sparse {
  explicit Sparse(std::uint32_t one_in, std::uint32_t first_generation = 1)
      : fixture(8 * 1024 * 1024), runs(fixture.runs), table(runs, first_generation) {
    for (std::uint32_t i = 0; i < kGroups * kGroup; ++i) take();
    table.shrink(true);  // to what is in use
    thin(one_in);
  }

  Handle take() {
    const std::uint32_t index = table.reserve();
    if (index == SlotTable::kNoSlot) return 0;
    const Handle handle = table.take(index, address_for(index));
    EXPECT_EQ(live.count(handle) + stale.count(handle), 0u) << "a handle was given out twice";
    live[handle] = address_for(index);
    return handle;
  }
  void give(Handle handle) {
    live.erase(handle);
    stale.insert(handle);
    table.give(SlotTable::index_of(handle));
  }
  void thin(std::uint32_t one_in) {
    for (auto at = live.begin(); at != live.end();) {
      const Handle handle = at->first;
      ++at;
      if (SlotTable::index_of(handle) % one_in != 0) give(handle);
    }
  }
  /// Each handle once.
  void expect_whole() {
    for (const auto& [handle, address] : live) {
      ASSERT_EQ(table.resolve(handle), address) << handle;
      ASSERT_EQ(table.handle_of(SlotTable::index_of(handle)), handle);
    }
    for (const Handle handle : stale) ASSERT_EQ(table.resolve(handle), 0u) << handle;
    for (std::uint32_t index = 0; index < table.count(); ++index) {
      const Handle handle = table.handle_of(index);
      ASSERT_EQ(table.address_at(index), live.count(handle) != 0 ? live[handle] : 0u);
      ASSERT_EQ(stale.count(handle), 0u) << "the next handle of a slot was one before";
    }
    ASSERT_STREQ(table.check(), nullptr);
    ASSERT_EQ(table.held_bytes(), runs.held_bytes());
  }
  std::size_t zero_bytes() {
    const auto* const slots = reinterpret_cast<const Slot*>(begin());
    return sizeof(Slot) * static_cast<std::size_t>(std::count_if(slots, slots + table.count(), [](const Slot& slot) {
             return slot.address == 0 && slot.generation == 0;
           }));
  }
  /// Where the table begins: of its blocks, the largest.
  Address begin() {
    std::size_t most = 0;
    Address found = 0;
    for (const auto& run : runs_of(fixture.heap)) {
      if (table.is_at(run.begin) && run.bytes > most) most = run.bytes, found = run.begin;
    }
    return found;
  }

  MovableFixture fixture;
  FaultyRuns runs;
  SlotTable table;
  std::map<Handle, Address> live;
  std::set<Handle> stale;
};

constexpr std::size_t kTableBytes = kGroups * kGroup * sizeof(Slot);

TEST(FoldedSlots, ResolveAsBeforeAndTheTableIsZero) {
  Sparse sparse(100);
  const std::size_t held = sparse.table.held_bytes();
  const SlotFolding folding = sparse.table.folding();
  EXPECT_EQ(folding.zero_bytes, kTableBytes);
  EXPECT_EQ(folding.used, sparse.live.size());
  sparse.table.fold();
  EXPECT_EQ(sparse.zero_bytes(), kTableBytes);
  EXPECT_EQ(sparse.table.held_bytes(), held + folding.held_bytes);
  sparse.expect_whole();
}

TEST(FoldedSlots, AreUpToOneInEightOfAGroup) {
  Sparse sparse(SlotTable::kSparse);
  EXPECT_EQ(sparse.table.folding().groups, kGroups);
  // One more is in use.
  sparse.take();
  EXPECT_EQ(sparse.table.folding().groups, kGroups - 1);
  sparse.table.fold();
  EXPECT_EQ(sparse.zero_bytes(), kTableBytes / kGroups * (kGroups - 1));
  sparse.expect_whole();
}

TEST(FoldedSlots, AreNotWorthItWhereThereAreFew) {
  Sparse sparse(kGroup);
  for (std::uint32_t group = SlotTable::kLeastGroups - 1; group < kGroups; ++group) {
    for (std::uint32_t i = 0; i < kGroup / SlotTable::kSparse; ++i) {
      const std::uint32_t index = group * kGroup + 1 + i;
      sparse.live[sparse.table.take(index, address_for(index))] = address_for(index);
    }
  }
  const std::size_t held = sparse.table.held_bytes();
  EXPECT_EQ(sparse.table.folding().groups, 0u);
  sparse.table.fold();
  EXPECT_EQ(sparse.table.held_bytes(), held);
  sparse.expect_whole();
}

TEST(FoldedSlots, ChangeWhereTheyAre) {
  Sparse sparse(50);
  sparse.table.fold();
  const std::size_t zeros = sparse.zero_bytes();
  for (auto& [handle, address] : sparse.live) {
    address += 0x100000;
    sparse.table.set_address(SlotTable::index_of(handle), address);
  }
  const std::vector<Handle> given = {sparse.live.begin()->first, sparse.live.rbegin()->first};
  for (const Handle handle : given) sparse.give(handle);
  EXPECT_EQ(sparse.zero_bytes(), zeros);
  sparse.expect_whole();
}

// The least free slot's group, as it was.
TEST(FoldedSlots, ComeBackWhenOneOfTheirGroupIsTaken) {
  Sparse sparse(100);
  sparse.table.fold();
  const Address begin = sparse.begin();
  const std::size_t asked = sparse.runs.asked();
  EXPECT_EQ(SlotTable::index_of(sparse.take()), 1u);
  EXPECT_EQ(sparse.zero_bytes(), kTableBytes - kGroup * sizeof(Slot));
  sparse.expect_whole();
  const std::size_t free = kGroups * kGroup - sparse.live.size();
  for (std::size_t i = 0; i < free; ++i) sparse.take();
  EXPECT_EQ(sparse.table.count(), kGroups * kGroup) << "all before the table grows";
  EXPECT_EQ(sparse.runs.asked(), asked) << "no memory is needed for that";
  EXPECT_EQ(sparse.begin(), begin);
  sparse.expect_whole();
  sparse.take();
  EXPECT_GT(sparse.table.count(), kGroups * kGroup);
  sparse.expect_whole();
}

TEST(FoldedSlots, ComeBackWhenTheyAreLookedUpOften) {
  Sparse sparse(100);
  sparse.table.fold();
  const std::size_t zeros = sparse.zero_bytes();
  const Handle often = sparse.live.begin()->first;
  for (std::uint32_t i = 1; i < FoldedGroups::kManyLookups; ++i) {
    ASSERT_EQ(sparse.table.resolve(often), sparse.live[often]);
  }
  EXPECT_EQ(sparse.zero_bytes(), zeros);
  ASSERT_EQ(sparse.table.resolve(often), sparse.live[often]);
  EXPECT_EQ(sparse.zero_bytes(), zeros - kGroup * sizeof(Slot));
  sparse.expect_whole();
}

TEST(FoldedSlots, FoldAgain) {
  Sparse sparse(20);
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE(round);
    sparse.table.fold();
    EXPECT_GE(sparse.zero_bytes(), kTableBytes - kGroup * sizeof(Slot));
    sparse.expect_whole();
    for (std::uint32_t i = 0; i < kGroup * 3 / 2; ++i) sparse.take();
    sparse.expect_whole();
    sparse.thin(30 + static_cast<std::uint32_t>(round));
    if (round % 2 == 0) sparse.take();
    sparse.expect_whole();
  }
}

TEST(FoldedSlots, NothingIsDoneAnew) {
  Sparse sparse(100);
  sparse.table.fold();
  const std::size_t asked = sparse.runs.asked();
  sparse.table.fold();
  EXPECT_LE(sparse.runs.asked(), asked + 1) << "but for lower memory, which may have come";
  sparse.expect_whole();
}

TEST(FoldedSlots, GenerationsStayAboveAllThatWereGivenOut) {
  Sparse sparse(100);
  for (int i = 0; i < 50; ++i) {
    sparse.table.give(1);  // that of the lowest one
    const std::uint32_t index = 1;
    sparse.table.take(index, address_for(index));
    sparse.stale.insert(sparse.table.handle_of(index));
  }
  sparse.table.give(1);
  sparse.table.fold();
  for (int i = 0; i < 3; ++i) {
    const Handle handle = sparse.take();
    EXPECT_EQ(SlotTable::index_of(handle), 1u);
    sparse.give(handle);
    sparse.table.fold();
  }
  sparse.expect_whole();
}

// The highest generation of a group, in use when it is folded, given back then.
TEST(FoldedSlots, OneThatIsGivenBackMeanwhileHasANewGeneration) {
  Sparse sparse(100);
  for (int i = 0; i < 10; ++i) {
    sparse.give(std::find_if(sparse.live.begin(), sparse.live.end(), [](const auto& each) {
                  return SlotTable::index_of(each.first) == 0;
                })->first);
    ASSERT_EQ(SlotTable::index_of(sparse.take()), 0u);
  }
  const Handle highest = std::prev(sparse.live.end())->first;
  ASSERT_EQ(SlotTable::index_of(highest), 0u);
  sparse.table.fold();
  sparse.give(highest);
  EXPECT_EQ(SlotTable::index_of(sparse.take()), 0u);
  sparse.expect_whole();
}

TEST(FoldedSlots, AreDroppedAtTheEndAndComeBackWithNewGenerations) {
  Sparse sparse(100);
  sparse.table.fold();
  const std::uint32_t end = kGroup * 5 / 2;  // in the middle of a group
  for (auto at = sparse.live.begin(); at != sparse.live.end();) {
    const Handle handle = at->first;
    ++at;
    if (SlotTable::index_of(handle) >= end) sparse.give(handle);
  }
  sparse.table.shrink(true);
  EXPECT_LE(sparse.table.count(), end);
  sparse.expect_whole();
  const std::uint32_t count = sparse.table.count();
  for (std::uint32_t i = 0; i < kGroups * kGroup; ++i) sparse.take();
  EXPECT_GT(sparse.table.count(), count);
  sparse.expect_whole();
  sparse.thin(100);
  sparse.table.fold();
  sparse.expect_whole();
}

// Of a group that was cut, what is left is folded, and what has come since is not.
TEST(FoldedSlots, MayBeAPartOfTheirGroup) {
  Sparse sparse(2 * kGroup);
  const std::uint32_t cut = 6 * kGroup;
  for (std::uint32_t i = 0; i < 64; ++i) {  // all that remain of the group
    if (i != 0) sparse.live[sparse.table.take(cut + i, address_for(cut + i))] = address_for(cut + i);
  }
  if (64 * SlotTable::kSparse > kGroup) sparse.thin(2);
  sparse.table.fold();
  for (auto at = sparse.live.begin(); at != sparse.live.end();) {
    const Handle handle = at->first;
    ++at;
    if (SlotTable::index_of(handle) >= cut + 64) sparse.give(handle);
  }
  sparse.table.shrink(true);
  EXPECT_EQ(sparse.table.count(), cut + 64);
  sparse.expect_whole();
  while (sparse.table.count() == cut + 64) sparse.take();
  for (std::uint32_t i = 0; i < kGroup / 2; ++i) sparse.take();
  sparse.expect_whole();
  for (auto at = sparse.live.begin(); at != sparse.live.end();) {
    const Handle handle = at->first;
    ++at;
    if (SlotTable::index_of(handle) < cut && SlotTable::index_of(handle) % kGroup != 0) sparse.give(handle);
  }
  sparse.table.fold();  // but not that one, which is half in use
  sparse.expect_whole();
  sparse.thin(kGroup);
  sparse.table.fold();
  sparse.expect_whole();
  sparse.thin(~0u);
  sparse.give(sparse.live.begin()->first);
  sparse.table.shrink(true);
  EXPECT_EQ(sparse.runs.held_bytes(), 0u);
}

TEST(FoldedSlots, DoNotHideSlotsWhoseGenerationsAreNearlyUsedUp) {
  Sparse sparse(100, 0x7fff'ffffu);  // given back once, a generation is too high
  EXPECT_GE(sparse.table.folding().groups, 1u);
  sparse.table.fold();
  EXPECT_LT(sparse.zero_bytes(), kTableBytes);
  sparse.expect_whole();
}

TEST(FoldedSlots, RefusedMemoryChangesNothing) {
  Sparse sparse(100);
  const auto refused = [&] {
    const std::size_t zeros = sparse.zero_bytes(), held = sparse.table.held_bytes();
    sparse.runs.refuse_after(0);
    sparse.table.fold();
    sparse.runs.stop_refusing();
    EXPECT_EQ(sparse.zero_bytes(), zeros);
    EXPECT_EQ(sparse.table.held_bytes(), held);
    sparse.expect_whole();
  };
  refused();
  sparse.table.fold();
  sparse.take();
  sparse.give(std::prev(sparse.live.end())->first);
  refused();
}

TEST(FoldedSlots, AreWholeWhereTheTableMoves) {
  MovableFixture fixture(8 * 1024 * 1024);
  void* const below = fixture.heap.allocate(4 * kTableBytes);
  SlotTable table(fixture.runs);
  std::vector<Handle> handles;
  for (std::uint32_t i = 0; i < kGroups * kGroup; ++i) handles.push_back(table.take(table.reserve(), address_for(i)));
  for (std::uint32_t i = 0; i < handles.size(); ++i) {
    if (i % 64 != 0) table.give(i);
  }
  table.fold();
  fixture.heap.free(below);
  fixture.heap.trim();
  table.shrink(true);
  table.fold();
  for (const auto& run : runs_of(fixture.heap)) {
    if (table.is_at(run.begin)) {
      EXPECT_LT(run.begin, address_of(below) + 4 * kTableBytes);
    }
  }
  for (std::uint32_t i = 0; i < handles.size(); ++i) ASSERT_EQ(table.resolve(handles[i]), i % 64 ? 0 : address_for(i));
  EXPECT_STREQ(table.check(), nullptr);
}

}  // namespace
}  // namespace tidemark::testing
