// Marking and the graph of what is lost, against a model: random heaps, random pointers, sets of numbers.
#include "leaks/marking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "leaks/lost_graph.h"
#include "platform/fake_clock.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, FreeMemory>;

class LostBlocks : public ::testing::Test {
 protected:
  LostBlocks() : roots_(64) {}

  Address* make(std::size_t n_bytes) {
    auto* const block = static_cast<Address*>(heap_.allocate(n_bytes));
    std::fill_n(block, heap_.usable_bytes(block) / sizeof(Address), Address{0});
    return block;
  }
  static Address at(const void* block) { return address_of(block); }

  void build(BlockTable& table, Memory& memory) {
    const HeapWalk walk(heap_);
    const std::size_t n_bytes = BlockTable::bytes_for(walk);
    memory.reset(std::malloc(n_bytes + 1));
    ASSERT_FALSE(n_bytes > 0 && table.build(walk, memory.get(), n_bytes - 1));
    ASSERT_TRUE(table.build(walk, memory.get(), n_bytes));
  }

  AddressRange roots() const { return {at(roots_.data()), at(roots_.data() + roots_.size())}; }

  void mark() {
    build(table_, memory_);
    Marking marking(table_);
    ASSERT_TRUE(marking.add_roots(roots()));
    ASSERT_TRUE(marking.step(Marking::kFully, clock_));
  }

  bool is_lost(const void* block) const {
    const BlockTable::Place place = table_.find(at(block));
    return place.run != nullptr && (place.run->lost() & place.bit()) != 0;
  }

  Arena arena_{64 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
  std::vector<Address> roots_;
  BlockTable table_;
  Memory memory_;
  FakeClock clock_;
};

TEST_F(LostBlocks, AHeapThatHasNotBegunHasNone) {
  build(table_, memory_);
  EXPECT_EQ(table_.run_count(), 0u);
  EXPECT_EQ(table_.find(at(roots_.data())).run, nullptr);
}

TEST_F(LostBlocks, EveryAddressOfABlockLeadsToItAndNoOther) {
  std::vector<std::pair<Address, std::size_t>> blocks;
  Random random(3);
  std::vector<void*> freed;
  for (int i = 0; i < 2000; ++i) {
    void* const block = heap_.allocate(1 + random.below(random.one_in(20) ? 30'000 : 2100));
    if (random.one_in(3))
      freed.push_back(block);
    else
      blocks.emplace_back(at(block), heap_.usable_bytes(block));
  }
  for (void* block : freed) heap_.free(block);
  std::sort(blocks.begin(), blocks.end());
  build(table_, memory_);
  std::size_t i = 0;
  for (Address address = arena_.begin(); address < table_.high() + 4096; ++address) {
    while (i < blocks.size() && address >= blocks[i].first + blocks[i].second) ++i;
    const BlockTable::Place place = table_.find(address);
    if (i < blocks.size() && address >= blocks[i].first) {
      ASSERT_NE(place.run, nullptr) << address;
      ASSERT_EQ(place.run->address(place.index), blocks[i].first);
      ASSERT_EQ(place.run->block_bytes, blocks[i].second);
    } else {
      ASSERT_EQ(place.run, nullptr) << address;
    }
  }
}

TEST_F(LostBlocks, InteriorAndTaggedPointersCount) {
  Address* const inside = make(500);
  Address* const tagged = make(40);
  Address* const large = make(100'000);
  Address* const lost = make(40);
  roots_ = {at(inside) + 499, at(tagged) | 3, at(large) + 77'777, at(lost) + 40, at(lost) - 1};
  mark();
  EXPECT_FALSE(is_lost(inside));
  EXPECT_FALSE(is_lost(tagged));
  EXPECT_FALSE(is_lost(large));
  EXPECT_TRUE(is_lost(lost));
}

TEST_F(LostBlocks, RangesThatAreExcludedAreNotRead) {
  Address* const first = make(8);
  Address* const second = make(8);
  Address* const third = make(8);
  roots_ = {at(first), at(second), at(third)};
  build(table_, memory_);
  Marking marking(table_);
  ASSERT_TRUE(marking.add_roots(roots()));
  ASSERT_TRUE(marking.exclude_roots({at(&roots_[1]), at(&roots_[2])}));
  EXPECT_TRUE(marking.step(Marking::kFully, clock_));
  EXPECT_FALSE(is_lost(first));
  EXPECT_TRUE(is_lost(second));
  EXPECT_FALSE(is_lost(third));
}

TEST_F(LostBlocks, AnExcludedBlockSaysNothingAndIsNotLost) {
  Address* const table = make(8000);
  Address* const block = make(80);
  table[5] = at(block);
  roots_ = {at(table)};
  build(table_, memory_);
  Marking marking(table_);
  marking.exclude_block(at(table));
  ASSERT_TRUE(marking.add_roots(roots()));
  EXPECT_TRUE(marking.step(Marking::kFully, clock_));
  EXPECT_FALSE(is_lost(table));
  EXPECT_TRUE(is_lost(block));
}

TEST_F(LostBlocks, WhatWasFreedSinceIsNotLost) {
  Address* const freed = make(48);
  Address* const freed_run = make(9000);
  Address* const lost = make(48);
  mark();
  heap_.free(freed);
  heap_.free(freed_run);
  make(70);
  make(5000);
  table_.drop_freed(HeapWalk(heap_));
  EXPECT_FALSE(is_lost(freed));
  EXPECT_FALSE(is_lost(freed_run));
  EXPECT_TRUE(is_lost(lost));
}

TEST_F(LostBlocks, APointerThatSlippedByIsCaughtTheSecondTime) {
  Address* const early = make(8);
  Address* const late = make(300'000);
  Address* const wanderer = make(64);
  Address* const lost = make(64);
  late[37'000] = at(wanderer);
  roots_ = {at(late), at(early)};  // the last is scanned first
  build(table_, memory_);
  {
    Marking marking(table_);
    ASSERT_TRUE(marking.add_roots(roots()));
    FakeClock busy(1);
    EXPECT_FALSE(marking.step(1, busy));
    *early = at(wanderer);  // which has been scanned
    late[37'000] = 0;       // which has not
    while (!marking.step(1, busy)) {
    }
  }
  EXPECT_TRUE(is_lost(wanderer));
  BlockTable second;
  Memory second_memory;
  build(second, second_memory);
  Marking marking(second);
  ASSERT_TRUE(marking.add_roots(roots()));
  EXPECT_TRUE(marking.step(Marking::kFully, clock_));
  second.confirm(table_);
  table_ = second;
  EXPECT_FALSE(is_lost(wanderer));
  EXPECT_TRUE(is_lost(lost));
}

TEST_F(LostBlocks, WhatOnlyABlockMadeMeanwhilePointsToIsReachable) {
  Address* const held[] = {make(64), make(64), make(5000), make(64)};
  Address* const lost = make(64);
  build(table_, memory_);
  Marking marking(table_);
  ASSERT_TRUE(marking.step(Marking::kFully, clock_));
  EXPECT_TRUE(is_lost(held[0]));
  // In a slab of the picture, in a new one, a run, and one that is too large to be looked through at once.
  const std::size_t sizes[] = {64, 700, 9000, 400'000};
  for (std::size_t i = 0; i < 4; ++i) {
    Address* const made = make(sizes[i]);
    made[sizes[i] / sizeof(Address) - 1] = at(held[i]);
  }
  HeapWalk(heap_).for_each_run([&](const tidemark::Run& run) {
    table_.for_each_new(run, [&](Address begin, std::size_t n_bytes) { marking.add_new_block(begin, n_bytes); });
  });
  ASSERT_TRUE(marking.step(Marking::kFully, clock_));
  for (Address* const block : held) EXPECT_FALSE(is_lost(block));
  EXPECT_TRUE(is_lost(lost));
}

// The picture taken run by run, and between any two parts of the scan the program makes blocks, and hands them pointers that it
// had elsewhere.
TEST_F(LostBlocks, APictureTakenInPartsLosesNothingThatIsHeld) {
  const std::uint64_t seed = 7;
  Random random(seed);
  for (int round = 0; round < 40; ++round) {
    std::vector<Address*> held, lost;
    std::fill(roots_.begin(), roots_.end(), Address{0});
    std::vector<Address*> holes;
    for (std::size_t i = 0; i < 600; ++i) {
      Address* const block = make(random.one_in(20) ? random.between(3000, 40'000) : random.between(8, 600));
      if (i < roots_.size()) {
        roots_[i] = at(block);
        held.push_back(block);
      } else if (random.one_in(3)) {
        lost.push_back(block);
      } else {
        holes.push_back(block);
      }
    }
    for (Address* const block : holes) heap_.free(block);
    std::vector<Address*> made;
    const auto program = [&] {
      for (std::size_t i = random.below(4); i > 0; --i) {
        made.push_back(make(random.one_in(10) ? random.between(3000, 90'000) : random.between(8, 600)));
        // A root is all that led there.
        const std::size_t root = random.below(roots_.size());
        *made.back() = roots_[root];
        roots_[root] = at(made.back());
      }
    };

    BlockTable::Outline outline = BlockTable::outline_of(HeapWalk(heap_));
    outline.runs += 1000;
    Memory memory(std::malloc(BlockTable::bytes_for(outline)));
    table_.start(outline, memory.get());
    const auto in_parts = [&](std::size_t runs, auto&& visit) {
      for (Grain cursor = HeapWalk(heap_).visit_runs(kNoGrain, runs, visit); cursor != kNoGrain;) {
        program();
        cursor = HeapWalk(heap_).visit_runs(cursor, runs, visit);
      }
    };
    in_parts(5, [&](const tidemark::Run& run) { ASSERT_TRUE(table_.add(run)); });
    table_.finish();
    Marking marking(table_);
    ASSERT_TRUE(marking.add_roots(roots()));
    FakeClock busy(1);
    while (!marking.step(1, busy)) program();
    program();
    HeapWalk(heap_).visit_runs(kNoGrain, 100'000, [&](const tidemark::Run& run) {
      table_.for_each_new(run, [&](Address begin, std::size_t n_bytes) { marking.add_new_block(begin, n_bytes); });
    });
    while (!marking.step(1, busy)) {
    }
    table_.begin_drop();
    in_parts(5, [&](const tidemark::Run& run) { table_.drop_freed(run); });
    table_.end_drop();
    for (Address* const block : held) ASSERT_FALSE(is_lost(block)) << "round " << round;
    for (Address* const block : lost) ASSERT_TRUE(is_lost(block)) << "round " << round;
    for (Address* const block : made) ASSERT_FALSE(is_lost(block)) << "round " << round;
    for (const auto* blocks : {&held, &lost, &made}) {
      for (Address* const block : *blocks) heap_.free(block);
    }
  }
}

TEST_F(LostBlocks, ABlockLostSinceTheFirstScanIsNotConfirmed) {
  Address* const old = make(64);
  mark();
  Address* const young = make(64);
  BlockTable second;
  Memory second_memory;
  build(second, second_memory);
  second.confirm(table_);
  table_ = second;
  EXPECT_TRUE(is_lost(old));
  EXPECT_FALSE(is_lost(young));
}

struct Model {
  std::vector<Address*> blocks;
  std::vector<std::set<std::size_t>> edges;

  std::set<std::size_t> reach(std::set<std::size_t> from) const {
    std::vector<std::size_t> waiting(from.begin(), from.end());
    while (!waiting.empty()) {
      const std::size_t at = waiting.back();
      waiting.pop_back();
      for (const std::size_t to : edges[at])
        if (from.insert(to).second) waiting.push_back(to);
    }
    return from;
  }
};

TEST_F(LostBlocks, RandomHeapsAreMarkedAsTheModelSays) {
  for (const std::uint64_t seed : test_seeds(30)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Model model;
    const std::size_t n = random.between(1, 120);
    model.edges.resize(n);
    for (std::size_t i = 0; i < n; ++i)
      model.blocks.push_back(make(random.one_in(8) ? random.between(2049, 200'000) : random.between(16, 400)));
    const std::size_t pointers = random.below(2 * n);
    for (std::size_t i = 0; i < pointers; ++i) {
      const std::size_t from = random.below(n), to = random.below(n);
      const std::size_t words = heap_.usable_bytes(model.blocks[from]) / sizeof(Address);
      Address& word = model.blocks[from][random.below(words)];
      if (word != 0) continue;
      word = at(model.blocks[to]) + random.below(heap_.usable_bytes(model.blocks[to]));
      model.edges[from].insert(to);
    }
    std::set<std::size_t> held;
    std::fill(roots_.begin(), roots_.end(), Address{0});
    for (std::size_t i = random.below(4); i > 0; --i) {
      const std::size_t root = random.below(n);
      roots_[i] = at(model.blocks[root]);
      held.insert(root);
    }
    const std::set<std::size_t> reached = model.reach(held);
    mark();
    std::vector<std::size_t> lost;
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(is_lost(model.blocks[i]), !reached.contains(i)) << i;
      if (!reached.contains(i)) lost.push_back(i);
    }

    LostGraph graph(table_);
    const Memory memory(std::malloc(graph.count()));
    ASSERT_EQ(graph.blocks(), lost.size());
    graph.start(memory.get());
    FakeClock busy(1);
    while (!graph.step(1, busy)) {
    }
    std::map<std::size_t, LostGraph::Number> number;
    for (const std::size_t i : lost) number[i] = graph.find(at(model.blocks[i]));
    std::map<std::size_t, std::set<std::size_t>> reach;
    for (const std::size_t i : lost) reach[i] = model.reach({i});
    for (const std::size_t i : lost) {
      ASSERT_EQ(graph.block(number[i]).address, at(model.blocks[i]));
      std::set<std::size_t> together;
      bool held_by_others = false;
      for (const std::size_t j : lost) {
        const bool to = reach[i].contains(j), back = reach[j].contains(i);
        if (to && back) together.insert(j);
        held_by_others |= back && !to;
        ASSERT_EQ(graph.component_of(number[i]) == graph.component_of(number[j]), to && back);
      }
      const LostGraph::Number component = graph.component_of(number[i]);
      ASSERT_EQ(graph.member_count(component), together.size());
      ASSERT_EQ(graph.is_direct(component), !held_by_others);
      ASSERT_EQ(graph.is_cyclic(component), together.size() > 1 || model.edges[i].contains(i));
      for (const std::size_t j : model.edges[i]) {
        if (number.contains(j)) {
          ASSERT_LE(graph.component_of(number[j]), component);
        }
      }
    }
    for (Address* const block : model.blocks) heap_.free(block);
  }
}

TEST_F(LostBlocks, AListOfAHundredThousandNeedsNoStack) {
  Address* first = nullptr;
  for (int i = 0; i < 100'000; ++i) {
    Address* const block = make(16);
    block[0] = at(first);
    first = block;
  }
  mark();
  LostGraph graph(table_);
  const Memory memory(std::malloc(graph.count()));
  graph.start(memory.get());
  EXPECT_TRUE(graph.step(Marking::kFully, clock_));
  EXPECT_EQ(graph.components(), 100'000u);
  EXPECT_TRUE(graph.is_direct(graph.component_of(graph.find(at(first)))));
  EXPECT_FALSE(graph.is_direct(graph.component_of(graph.find(*first))));
}

TEST_F(LostBlocks, WhatTheGraphHasNoRoomForIsCounted) {
  const std::size_t n = LostGraph::kMaxBlocks + 1000;
  for (std::size_t i = 0; i < n; ++i) make(8);
  mark();
  LostGraph graph(table_);
  const Memory memory(std::malloc(graph.count()));
  EXPECT_EQ(graph.all_blocks(), n);
  EXPECT_LE(graph.blocks(), LostGraph::kMaxBlocks);
  EXPECT_GT(graph.blocks(), LostGraph::kMaxBlocks - 64);
  graph.start(memory.get());
  EXPECT_TRUE(graph.step(Marking::kFully, clock_));
}

}  // namespace
}  // namespace tidemark::testing
