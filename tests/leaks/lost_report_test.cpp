// Groups of what is lost, and shared_ptr cycles made by hand, as libc++ lays them out.
#include "leaks/lost_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "platform/fake_clock.h"
#include "support/arena.h"

namespace tidemark::testing {
namespace {

class Lost : public ::testing::Test {
 protected:
  ~Lost() override {
    for (void* memory : memories_) std::free(memory);
  }

  Address* make(std::size_t n_bytes) {
    auto* const block = static_cast<Address*>(heap_.allocate(n_bytes));
    std::fill_n(block, heap_.usable_bytes(block) / sizeof(Address), Address{0});
    return block;
  }
  static Address at(const void* block) { return address_of(block); }

  /// The address of a vtable in `statics_`, whose type has that name.
  Address vtable(const char* name) {
    Address* const text = statics_.data() + used_;
    std::memcpy(text, name, std::strlen(name) + 1);
    used_ += std::strlen(name) / sizeof(Address) + 1;
    statics_[used_] = 0;
    statics_[used_ + 1] = at(text);
    statics_[used_ + 2] = at(&statics_[used_]);
    used_ += 4;
    return at(&statics_[used_ - 1]);
  }

  /// What make_shared makes: counts, and the object behind them.
  Address* make_shared(Address table, std::size_t n_bytes, Address owners) {
    Address* const control = make(n_bytes);
    control[0] = table;
    control[1] = owners - 1;
    return control;
  }
  static void own(Address* object_word, Address* control) {
    object_word[0] = at(control + 3);
    object_word[1] = at(control);
  }

  const LostReport& report() {
    const HeapWalk walk(heap_);
    const std::size_t n_bytes = BlockTable::bytes_for(walk);
    memories_.push_back(std::malloc(n_bytes));
    EXPECT_TRUE(table_.build(walk, memories_.back(), n_bytes));
    Marking marking(table_);
    EXPECT_TRUE(marking.add_roots({at(roots_.data()), at(roots_.data() + roots_.size())}));
    EXPECT_TRUE(marking.step(Marking::kFully, clock_));
    memories_.push_back(std::malloc(graph_.count()));
    graph_.start(memories_.back());
    EXPECT_TRUE(graph_.step(Marking::kFully, clock_));
    EXPECT_TRUE(report_.step(Marking::kFully, clock_));
    return report_;
  }

  std::vector<Address> roots_ = std::vector<Address>(8);
  std::vector<Address> statics_ = std::vector<Address>(256);
  std::size_t used_ = 0;
  Arena arena_{64 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
  FakeClock clock_;
  BlockTable table_;
  LostGraph graph_{table_};
  LostReport report_{graph_, {at(statics_.data()), at(statics_.data() + statics_.size())}};
  std::vector<void*> memories_;
};

TEST_F(Lost, NothingLostIsNoGroup) {
  roots_[0] = at(make(100));
  EXPECT_EQ(report().count(), 0u);
}

TEST_F(Lost, BlocksOfASizeAreAGroupWithWhatTheyHold) {
  for (int i = 0; i < 3; ++i) make(64)[1] = at(make(200));
  Address* const other = make(24);
  other[0] = at(other) + 100'000'000;  // outside
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 2u);
  const LostGroup& pairs = lost[lost[0].block_bytes == 64 ? 0 : 1];
  const LostGroup& single = lost[lost[0].block_bytes == 64 ? 1 : 0];
  EXPECT_EQ(pairs.kind, LostKind::kBlock);
  EXPECT_EQ(pairs.direct_blocks, 3u);
  EXPECT_EQ(pairs.direct_bytes, 3 * 64);
  EXPECT_EQ(pairs.held_blocks, 3u);
  EXPECT_EQ(pairs.held_bytes, 3 * 208);
  EXPECT_EQ(single.direct_blocks, 1u);
  EXPECT_EQ(single.held_blocks, 0u);
}

TEST_F(Lost, AListThatLostItsHeadIsOneBlockAndWhatItHolds) {
  Address* first = nullptr;
  for (int i = 0; i < 1000; ++i) {
    Address* const block = make(32);
    block[0] = at(first);
    first = block;
  }
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].direct_blocks, 1u);
  EXPECT_EQ(lost[0].held_blocks, 999u);
  EXPECT_EQ(lost[0].example, at(first));
}

TEST_F(Lost, AnObjectWithAVtableHasItsTypesName) {
  make(48)[0] = vtable("N3app6WidgetE");
  make(48)[0] = at(&statics_[200]);  // into static data, but no vtable
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 2u);
  const LostGroup& named = lost[lost[0].type_name != 0 ? 0 : 1];
  EXPECT_STREQ(reinterpret_cast<const char*>(named.type_name), "N3app6WidgetE");
  EXPECT_EQ(lost[lost[0].type_name != 0 ? 1 : 0].type_name, 0u);
}

TEST_F(Lost, PlainPointersThatHoldEachOtherAreACycle) {
  Address* const a = make(96);
  Address* const b = make(96);
  a[0] = at(b);
  b[3] = at(a) + 8;
  b[4] = at(make(1000));
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].kind, LostKind::kCycle);
  EXPECT_EQ(lost[0].direct_blocks, 2u);
  EXPECT_EQ(lost[0].held_blocks, 1u);
  EXPECT_EQ(lost[0].cycle_blocks, 2u);
  EXPECT_EQ(lost[0].path_count, 2u);
}

TEST_F(Lost, ASharedCycleIsToldByItsCountsAndPairs) {
  const Address table = vtable("NSt3__220__shared_ptr_emplaceI4NodeNS_9allocatorIS1_EEEE");
  Address* nodes[3];
  for (Address*& node : nodes) node = make_shared(table, 96, 1);
  for (int i = 0; i < 3; ++i) own(nodes[i] + 5, nodes[(i + 1) % 3]);
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].kind, LostKind::kSharedCycle);
  EXPECT_EQ(lost[0].whole, 1u);
  EXPECT_EQ(lost[0].path_count, 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(lost[0].path[i].bytes, 96u);
    EXPECT_NE(lost[0].path[i].type_name, 0u);
  }
}

TEST_F(Lost, ControlBlocksApartFromTheirObjectsAreFoundToo) {
  const Address table = vtable("NSt3__220__shared_ptr_pointerIP4NodeEE");
  Address* objects[2];
  Address* controls[2];
  for (int i = 0; i < 2; ++i) {
    objects[i] = make(64);
    controls[i] = make_shared(table, 32, 1);
    controls[i][3] = at(objects[i]);
  }
  for (int i = 0; i < 2; ++i) {
    objects[i][2] = at(objects[1 - i]);
    objects[i][3] = at(controls[1 - i]);
  }
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].kind, LostKind::kSharedCycle);
  EXPECT_EQ(lost[0].whole, 1u);
  EXPECT_EQ(lost[0].direct_blocks, 4u);
  EXPECT_EQ(lost[0].path_count, 2u);
  EXPECT_STREQ(reinterpret_cast<const char*>(lost[0].path[0].type_name), "NSt3__220__shared_ptr_pointerIP4NodeEE");
}

TEST_F(Lost, ACountThatTellsOfAnOwnerElsewhereIsNotWhole) {
  const Address table = vtable("4Node");
  Address* const node = make_shared(table, 64, 3);
  own(node + 5, node);
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].kind, LostKind::kSharedCycle);
  EXPECT_EQ(lost[0].whole, 0u);
}

TEST_F(Lost, SmallNumbersBesideAVtableAreNotYetAControlBlock) {
  Address* const a = make(64);
  Address* const b = make(64);
  a[0] = b[0] = vtable("6Widget");
  a[4] = at(b);
  b[4] = at(a);
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), 1u);
  EXPECT_EQ(lost[0].kind, LostKind::kCycle);
}

TEST_F(Lost, MoreKindsThanThereAreGroupsShareTheLast) {
  std::size_t bytes = 0, blocks = 0;
  for (std::size_t n = 8; n <= 2048; n = heap_.usable_bytes(make(n)) + 1) ++blocks;
  for (std::size_t n = 3000; n < 30'000; n += 1000) make(n), ++blocks;
  const LostReport& lost = report();
  ASSERT_EQ(lost.count(), LostReport::kMaxGroups);
  std::size_t counted = 0;
  for (std::size_t i = 0; i < lost.count(); ++i) {
    counted += lost[i].direct_blocks;
    bytes += static_cast<std::size_t>(lost[i].direct_bytes);
  }
  EXPECT_EQ(counted, blocks);
  EXPECT_EQ(bytes, stats_of(heap_).live_bytes);
  EXPECT_EQ(lost[LostReport::kMaxGroups - 1].block_bytes, 0u);
}

}  // namespace
}  // namespace tidemark::testing
