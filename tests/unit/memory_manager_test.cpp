#include "manager/memory_manager.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/managed_heap.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// Holds blocks that it can do without.
struct Cache {
  explicit Cache(MeteredHeap& of, std::size_t bytes = 10000, std::size_t most = ~std::size_t{0})
      : metered(of), each(bytes), at_a_time(most) {}

  MeteredHeap& metered;
  std::vector<void*> blocks;
  std::size_t each;
  std::size_t calls = 0;
  std::size_t at_a_time;
  std::vector<tidemark_pressure_event> events;
  std::vector<std::string>* order = nullptr;
  std::string name;

  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(metered.heap().allocate(each));
  }
  static void give_back(void* context, const tidemark_pressure_event* event) {
    Cache& cache = *static_cast<Cache*>(context);
    ++cache.calls;
    cache.events.push_back(*event);
    if (cache.order != nullptr) cache.order->push_back(cache.name);
    for (std::size_t i = 0; i < cache.at_a_time && !cache.blocks.empty(); ++i) {
      cache.metered.heap().free(cache.blocks.back());
      cache.blocks.pop_back();
    }
  }
};

class Manager : public ::testing::Test {
 protected:
  Arena arena_{64 * kMiB};
  MeteredHeap metered_{arena_};
  Heap<ArenaSource, HeapMeter>& heap_ = metered_.heap();
  MemoryManager& manager_ = metered_.manager();

  int add(Cache& cache, tidemark_pressure level = TIDEMARK_PRESSURE_CRITICAL, int priority = 0,
          const char* name = "cache") {
    return manager_.handlers().add(&Cache::give_back, &cache, level, priority, name);
  }
  void TearDown() override { EXPECT_EQ(HeapWalk(heap_).check(), nullptr); }
};

TEST_F(Manager, WithoutLimitsNothingIsRefused) {
  EXPECT_NE(heap_.allocate(32 * kMiB), nullptr);
  EXPECT_EQ(manager_.pressure(), TIDEMARK_PRESSURE_NONE);
  EXPECT_EQ(manager_.stats().refusals, 0u);
}

TEST_F(Manager, TheLimitIsExactForBlocksOfEverySize) {
  for (const std::size_t n_bytes : {0u, 1u, 8u, 9u, 40u, 100u, 256u, 1000u, 2048u, 2049u, 5000u, 70000u}) {
    Arena arena(64 * kMiB);
    MeteredHeap metered(arena);
    ASSERT_TRUE(metered.limit(2 * kMiB));
    std::size_t held = 0;
    while (void* const block = metered.heap().allocate(n_bytes)) {
      held += metered.heap().usable_bytes(block);
      ASSERT_LE(metered.live_bytes(), 2 * kMiB);
    }
    EXPECT_EQ(metered.live_bytes(), held);
    EXPECT_EQ(HeapWalk(metered.heap()).stats().live_bytes, held);
    // One more of the least block that holds so many did not fit.
    const std::size_t least =
        n_bytes <= kMaxSmallBytes ? block_bytes(class_for(n_bytes)) : round_up(n_bytes, kGrainBytes);
    EXPECT_GT(held + least, 2 * kMiB) << n_bytes;
    EXPECT_EQ(arena.exhausted_calls(), 1u);
  }
}

TEST_F(Manager, AfterAFreeTheSameFitsAgain) {
  metered_.limit(kMiB);
  std::vector<void*> blocks;
  while (void* const block = heap_.allocate(100)) blocks.push_back(block);
  for (int i = 0; i < 1000; ++i) {
    heap_.free(blocks.back());
    blocks.back() = heap_.allocate(100);
    ASSERT_NE(blocks.back(), nullptr);
    ASSERT_EQ(heap_.allocate(100), nullptr);
  }
}

TEST_F(Manager, EveryWayToGetABlockIsLimited) {
  metered_.limit(kMiB);
  void* const held = heap_.allocate(kMiB / 2);
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(heap_.allocate_zeroed(kMiB), nullptr);
  EXPECT_EQ(heap_.allocate_aligned(4096, kMiB), nullptr);
  EXPECT_EQ(heap_.allocate_aligned(64, kMiB), nullptr);
  EXPECT_EQ(heap_.reallocate(nullptr, kMiB), nullptr);
  EXPECT_EQ(heap_.reallocate(held, kMiB + 1), nullptr);
  EXPECT_EQ(heap_.usable_bytes(held), kMiB / 2);
  EXPECT_EQ(heap_.reallocate(held, kMiB), held);  // in place: all of the limit
  EXPECT_EQ(heap_.allocate(0), nullptr);
  EXPECT_EQ(heap_.reallocate(held, 3000), held);
  EXPECT_NE(heap_.allocate(0), nullptr);
}

TEST_F(Manager, ASizeThatNoHeapHasIsRefusedWithoutAHandler) {
  Cache cache(metered_);
  add(cache);
  metered_.limit(kMiB);
  EXPECT_EQ(heap_.allocate(~std::size_t{0}), nullptr);
  EXPECT_EQ(heap_.allocate(2 * kMiB), nullptr);
  EXPECT_EQ(cache.calls, 0u);
}

TEST_F(Manager, AtTheLimitHandlersThenOthersThenTheHeapOnceEach) {
  std::vector<std::string> order;
  Cache first(metered_), second(metered_);
  first.order = second.order = &order;
  first.name = "first";
  second.name = "second";
  add(second, TIDEMARK_PRESSURE_LOW, -1);
  add(first, TIDEMARK_PRESSURE_CRITICAL, 5);
  metered_.others = [&](const tidemark_pressure_event& event) {
    if (event.reason == TIDEMARK_REASON_LIMIT) order.emplace_back("others");
  };
  metered_.limit(kMiB);
  ASSERT_NE(heap_.allocate(kMiB / 2), nullptr);
  order.clear();
  EXPECT_EQ(heap_.allocate(kMiB), nullptr);
  EXPECT_EQ(order, (std::vector<std::string>{"first", "second", "others"}));
  EXPECT_EQ(metered_.collections, 1u);
  EXPECT_EQ(first.events.back().reason, TIDEMARK_REASON_LIMIT);
  EXPECT_EQ(first.events.back().wanted_bytes, kMiB);
  EXPECT_EQ(first.events.back().live_bytes, kMiB / 2);
  EXPECT_EQ(first.events.back().hard_bytes, kMiB);
  EXPECT_EQ(manager_.stats().refusals, 1u);
  EXPECT_EQ(manager_.stats().reliefs, 1u);
}

TEST_F(Manager, NoMoreIsGivenBackThanIsNeeded) {
  metered_.limit(kMiB);
  Cache first(metered_), second(metered_);
  first.fill(40);
  second.fill(40);
  add(first, TIDEMARK_PRESSURE_CRITICAL, 1);
  add(second);
  EXPECT_NE(heap_.allocate(500000), nullptr);
  EXPECT_EQ(first.calls, 1u);
  EXPECT_EQ(second.calls, 0u);
  EXPECT_EQ(metered_.collections, 0u);
  tidemark_pressure_handler_stats rows[3] = {};
  ASSERT_EQ(manager_.handlers().stats(rows, 3), 2u);
  EXPECT_EQ(rows[0].gained_bytes, 40 * round_up(10000, 256));
  EXPECT_EQ(rows[1].runs, 0u);
}

TEST_F(Manager, OthersMayMakeTheRoom) {
  metered_.limit(kMiB);
  void* const held = heap_.allocate(kMiB);
  metered_.others = [&](const tidemark_pressure_event& event) {
    if (event.reason == TIDEMARK_REASON_LIMIT) heap_.free(held);
  };
  EXPECT_NE(heap_.allocate(1000), nullptr);
}

TEST_F(Manager, AHandlerMayAllocateAndIsNotCalledFromWithin) {
  static MeteredHeap* current;
  static int calls;
  static void* nested;
  current = &metered_;
  calls = 0;
  metered_.limit(kMiB);
  static void* held;
  held = heap_.allocate(600000);
  manager_.handlers().add(
      [](void*, const tidemark_pressure_event* event) {
        if (event->reason != TIDEMARK_REASON_LIMIT) return;
        ++calls;
        EXPECT_EQ(current->heap().allocate(kMiB), nullptr);  // refused, without a round of its own
        nested = current->heap().allocate(100000);
        EXPECT_NE(nested, nullptr);
        current->heap().free(held);
        EXPECT_LE(current->live_bytes(), kMiB);
      },
      nullptr, TIDEMARK_PRESSURE_CRITICAL, 0, "nested");
  EXPECT_NE(heap_.allocate(700000), nullptr);
  EXPECT_EQ(calls, 1);
  EXPECT_LE(metered_.live_bytes(), kMiB);
}

TEST_F(Manager, ZeroedMemoryIsZeroThoughHandlersHaveUsedIt) {
  metered_.limit(kMiB);
  static MeteredHeap* current;
  current = &metered_;
  static void* held;
  held = heap_.allocate(400000);
  std::memset(held, 0x55, 400000);
  manager_.handlers().add(
      [](void*, const tidemark_pressure_event* event) {
        if (event->reason != TIDEMARK_REASON_LIMIT) return;
        // Memory that was fresh when the allocation began.
        void* const dirty = current->heap().allocate(600000);
        ASSERT_NE(dirty, nullptr);
        std::memset(dirty, 0x77, 600000);
        current->heap().free(dirty);
        current->heap().free(held);
      },
      nullptr, TIDEMARK_PRESSURE_CRITICAL, 0, "dirty");
  const auto* const block = static_cast<const unsigned char*>(heap_.allocate_zeroed(900000));
  ASSERT_NE(block, nullptr);
  for (std::size_t i = 0; i < 900000; ++i) ASSERT_EQ(block[i], 0) << i;
}

TEST_F(Manager, AHandlerMayRemoveItselfAndAddOthers) {
  static MemoryManager* current;
  static int id, added;
  current = &manager_;
  added = 0;
  metered_.limit(kMiB);
  id = manager_.handlers().add(
      [](void*, const tidemark_pressure_event*) {
        EXPECT_TRUE(current->handlers().remove(id));
        current->handlers().add([](void*, const tidemark_pressure_event*) { ++added; }, nullptr,
                                TIDEMARK_PRESSURE_CRITICAL, 0, "added");
      },
      nullptr, TIDEMARK_PRESSURE_CRITICAL, 0, "first");
  ASSERT_NE(heap_.allocate(600000), nullptr);
  EXPECT_EQ(heap_.allocate(600000), nullptr);
  EXPECT_EQ(heap_.allocate(600000), nullptr);
  EXPECT_GE(added, 1);
  EXPECT_FALSE(manager_.handlers().remove(id));
}

TEST_F(Manager, HandlersThatNeverGainAreCounted) {
  Cache useless(metered_);
  add(useless, TIDEMARK_PRESSURE_CRITICAL, 0, "useless");
  metered_.limit(kMiB);
  ASSERT_NE(heap_.allocate(700000), nullptr);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(heap_.allocate(700000), nullptr);
  tidemark_pressure_handler_stats row{};
  ASSERT_EQ(manager_.handlers().stats(&row, 1), 1u);
  EXPECT_STREQ(row.name, "useless");
  EXPECT_EQ(row.runs, 3u);
  EXPECT_EQ(row.runs_without_gain, 3u);
  EXPECT_EQ(row.gained_bytes, 0u);
}

TEST_F(Manager, ThereIsAnEndToHandlers) {
  Cache cache(metered_);
  for (int i = 0; i < PressureHandlers::kCapacity; ++i) ASSERT_NE(add(cache), 0);
  EXPECT_EQ(add(cache), 0);
  EXPECT_TRUE(manager_.handlers().remove(7));
  EXPECT_FALSE(manager_.handlers().remove(7));
  EXPECT_NE(add(cache), 0);
  EXPECT_EQ(manager_.handlers().add(nullptr, nullptr, TIDEMARK_PRESSURE_LOW, 0, "none"), 0);
}

TEST_F(Manager, RisingPressureIsToldOnceForEachLevel) {
  ASSERT_TRUE(metered_.limit(10 * kMiB, 8 * kMiB, 6 * kMiB));
  Cache low(metered_), high(metered_);
  add(low, TIDEMARK_PRESSURE_LOW);
  add(high, TIDEMARK_PRESSURE_HIGH);
  std::vector<void*> blocks;
  while (metered_.live_bytes() < 7 * kMiB) blocks.push_back(heap_.allocate(1000));
  EXPECT_EQ(low.calls, 2u);  // low, medium
  EXPECT_EQ(high.calls, 0u);
  while (metered_.live_bytes() < 9 * kMiB) blocks.push_back(heap_.allocate(1000));
  EXPECT_EQ(low.calls, 3u);
  EXPECT_EQ(high.calls, 1u);
  EXPECT_EQ(high.events[0].level, TIDEMARK_PRESSURE_HIGH);
  EXPECT_EQ(high.events[0].reason, TIDEMARK_REASON_LEVEL);
  // Noticed not much later than it happened: at the next look, within an eighth of the way or 4 KiB.
  EXPECT_LE(high.events[0].live_bytes, 8 * kMiB + 8192);
  for (void* const block : blocks) heap_.free(block);
  EXPECT_EQ(manager_.pressure(), TIDEMARK_PRESSURE_NONE);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = heap_.allocate(1000);
  EXPECT_EQ(high.calls, 2u);
}

TEST_F(Manager, LimitsOutOfOrderAreNotTaken) {
  ASSERT_TRUE(metered_.limit(3000, 2000, 1000));
  EXPECT_FALSE(metered_.limit(3000, 4000, 1000));
  EXPECT_FALSE(metered_.limit(3000, 2000, 2500));
  EXPECT_FALSE(metered_.limit(3000, 0, 3001));
  EXPECT_EQ(manager_.limits().critical_bytes, 2000u);
  EXPECT_TRUE(metered_.limit(0, 2000, 1000));
  EXPECT_TRUE(metered_.limit(0));
}

TEST_F(Manager, ALimitBelowTheUseRefusesUntilTheUseHasFallen) {
  void* const held = heap_.allocate(2 * kMiB);
  metered_.limit(kMiB);
  EXPECT_EQ(heap_.allocate(1), nullptr);
  EXPECT_EQ(heap_.reallocate(held, kMiB + kMiB / 2), held);  // less than before is always right
  heap_.free(held);
  EXPECT_NE(heap_.allocate(1), nullptr);
}

TEST_F(Manager, TheLargestBlockIsLimitedByItself) {
  ASSERT_TRUE(manager_.set_limits({10 * kMiB, 0, 0, kMiB}));
  EXPECT_EQ(heap_.allocate(kMiB + 1), nullptr);
  for (int i = 0; i < 5; ++i) EXPECT_NE(heap_.allocate(kMiB), nullptr);
  EXPECT_EQ(heap_.allocate(kMiB + 1), nullptr);
  EXPECT_EQ(metered_.collections, 0u);
  EXPECT_FALSE(manager_.can_allocate(kMiB + 1));
  EXPECT_TRUE(manager_.can_allocate(kMiB));
  EXPECT_FALSE(manager_.can_allocate(6 * kMiB));
  EXPECT_FALSE(manager_.can_allocate(~std::size_t{0}));
  // Whatever is within the limit can be had, though its block is larger; and what is said before is what happens.
  for (std::size_t most = 1; most < 5000; most += 7) {
    ASSERT_TRUE(manager_.set_limits({0, 0, 0, most}));
    for (const std::size_t n_bytes : {most, most + most / 4 + kGrainBytes, most / 2 + 1, std::size_t{1}, most + 1}) {
      void* const block = heap_.allocate(n_bytes);
      ASSERT_EQ(manager_.can_allocate(n_bytes), block != nullptr) << n_bytes << " of " << most;
      ASSERT_TRUE(block != nullptr || n_bytes > most) << n_bytes << " of " << most;
      if (n_bytes == most + most / 4 + kGrainBytes) {
        ASSERT_EQ(block, nullptr) << n_bytes << " of " << most;
      }
      heap_.free(block);
    }
  }
}

TEST_F(Manager, ARefusedGrowthHasRoomMadeOnceAndIsTriedAgain) {
  Cache cache(metered_, 100000);
  cache.fill(20);
  add(cache);
  arena_.refuse_from(arena_.asked().size());
  void* const block = heap_.allocate(kMiB);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(cache.calls, 1u);
  EXPECT_EQ(cache.events[0].reason, TIDEMARK_REASON_GROWTH);
  EXPECT_EQ(manager_.stats().refused_growths, 1u);
  EXPECT_EQ(heap_.allocate(30 * kMiB), nullptr);
  EXPECT_EQ(cache.calls, 2u);
  EXPECT_EQ(arena_.exhausted_calls(), 1u);
}

TEST_F(Manager, SmallBlocksHaveRoomMadeToo) {
  std::vector<void*> kept;
  Cache cache(metered_, 2048);
  cache.fill(64);
  add(cache);
  arena_.refuse_from(arena_.asked().size());
  while (cache.calls == 0) {
    void* const block = heap_.allocate(48);
    ASSERT_NE(block, nullptr);
    kept.push_back(block);
  }
  for (int i = 0; i < 100; ++i) EXPECT_NE(heap_.allocate(48), nullptr);
}

TEST_F(Manager, AHandlerThatFillsTheClassAgainLeavesTheHeapWhole) {
  static MeteredHeap* current;
  static std::vector<void*> freed;
  current = &metered_;
  for (int i = 0; i < 4000; ++i) freed.push_back(heap_.allocate(48));
  manager_.handlers().add(
      [](void*, const tidemark_pressure_event*) {
        // Of the class that the allocation is of: its current slab changes under it.
        for (void*& block : freed) {
          current->heap().free(block);
          block = current->heap().allocate(48);
        }
        for (int i = 0; i < 100 && !freed.empty(); ++i) {
          current->heap().free(freed.back());
          freed.pop_back();
        }
      },
      nullptr, TIDEMARK_PRESSURE_CRITICAL, 0, "same class");
  arena_.refuse_from(arena_.asked().size());
  std::size_t served = 0;
  while (served < 20000 && heap_.allocate(48) != nullptr) {
    ++served;
    if (served % 64 == 0) {
      ASSERT_EQ(HeapWalk(heap_).check(), nullptr);
    }
  }
  EXPECT_GT(served, 100u);
  freed.clear();
}

TEST_F(Manager, AtTheLimitAndAtTheEndOfMemoryRoomIsMadeOnce) {
  Cache cache(metered_, 100000, 1);
  for (int i = 0; i < 5; ++i) {
    cache.fill(1);
    ASSERT_NE(heap_.allocate(4096), nullptr);  // between them, so that what is given back is never one piece
  }
  arena_.refuse_from(arena_.asked().size());
  while (heap_.allocate(4096) != nullptr) {
  }
  add(cache);
  metered_.limit(metered_.live_bytes() + 50000);
  // One block makes room under the limit, and then there is no memory in one piece.
  EXPECT_EQ(heap_.allocate(150000), nullptr);
  EXPECT_EQ(cache.calls, 1u);
  // The next allocation is another one.
  EXPECT_EQ(heap_.allocate(150000), nullptr);
  EXPECT_EQ(cache.calls, 2u);
}

TEST_F(Manager, ReliefThatIsAskedForStopsWhenItHasEnough) {
  Cache first(metered_, 10000, 3), second(metered_);
  first.fill(10);
  second.fill(10);
  add(first, TIDEMARK_PRESSURE_LOW, 1);
  add(second, TIDEMARK_PRESSURE_CRITICAL);
  EXPECT_EQ(manager_.relieve(20000), 3 * round_up(10000, 256));
  EXPECT_EQ(second.calls, 0u);
  EXPECT_EQ(metered_.collections, 1u);
  EXPECT_EQ(manager_.relieve(0), 13 * round_up(10000, 256));  // all that there is, three of them the first's
  EXPECT_EQ(second.events[0].reason, TIDEMARK_REASON_ASKED);
}

TEST_F(Manager, ABudgetIsChargedByScopeAndNoticedInsideOfIt) {
  static std::size_t told_at;
  static MeteredHeap* current;
  current = &metered_;
  told_at = 0;
  Budgets& budgets = manager_.settled_budgets();
  const int textures = budgets.find_or_make("renderer/textures");
  budgets.set_limit(1, 100000);
  budgets.on_over([](void*, int) { told_at = current->live_bytes(); }, nullptr);
  void* const outside = heap_.allocate(5000);
  ASSERT_TRUE(manager_.enter_budget(textures));
  while (told_at == 0 && metered_.live_bytes() < 10 * kMiB) ASSERT_NE(heap_.allocate(1000), nullptr);
  EXPECT_LE(told_at, 100000u + 5000u + 8192u);  // an eighth of the way or 4 KiB late
  ASSERT_TRUE(manager_.leave_budget());
  heap_.free(outside);
  tidemark_budget_stats rows[2];
  ASSERT_EQ(manager_.settled_budgets().stats(rows, 2), 2u);
  EXPECT_EQ(rows[1].used_bytes, metered_.live_bytes());
  EXPECT_EQ(rows[0].used_bytes, rows[1].used_bytes);
}

TEST_F(Manager, SamplingGoesOnUnderALimit) {
  metered_.meter().start_sampling(64 * 1024, 0, 1);
  metered_.limit(8 * kMiB);
  for (int i = 0; i < 100000; ++i) heap_.free(heap_.allocate(1000));
  // 100 MB, 64 KiB apart: 1526 are expected, 39 are one standard deviation.
  EXPECT_NEAR(static_cast<double>(metered_.samples), 1526, 5 * 39);
}

TEST_F(Manager, NearTheLimitSamplesTakeNoMoreThanTheirBlocks) {
  metered_.meter().start_sampling(0, 0, 1);  // every block, and each is then a run of at least 256 bytes
  metered_.limit(kMiB);
  while (heap_.allocate(8) != nullptr) ASSERT_LE(metered_.live_bytes(), kMiB);
  EXPECT_EQ(metered_.live_bytes(), kMiB);
  EXPECT_GT(metered_.samples, 4000u);
}

}  // namespace
}  // namespace tidemark::testing
