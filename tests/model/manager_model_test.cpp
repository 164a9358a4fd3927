// Limits against a model: random programs under random limits, with handlers that behave as they like. The model is a sum.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "support/managed_heap.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// What the program has, and what it could do without: handlers free the latter.
struct Program {
  explicit Program(MeteredHeap& owner) : heap(owner) {}

  void* get(std::size_t n_bytes, std::map<void*, std::size_t>& to) {
    void* const block = heap.heap().allocate(n_bytes);
    if (block != nullptr) to.emplace(block, heap.heap().usable_bytes(block));
    return block;
  }
  void drop(std::map<void*, std::size_t>& from, Random& random) {
    if (from.empty()) return;
    auto it = from.begin();
    std::advance(it, random.below(from.size()));
    heap.heap().free(it->first);
    from.erase(it);
  }
  std::size_t sum() const {
    std::size_t bytes = 0;
    for (const auto& [block, size] : kept) bytes += size;
    for (const auto& [block, size] : spare) bytes += size;
    return bytes;
  }
  std::size_t spare_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [block, size] : spare) bytes += size;
    return bytes;
  }

  MeteredHeap& heap;
  std::map<void*, std::size_t> kept, spare;
  Random choices{11};
  int calls = 0;
};

enum class Behaviour { kGivesAll, kGivesOne, kGivesNothing, kTakes, kTakesAndGives };

struct Handler {
  Program* program;
  Behaviour behaviour;
};

void run_handler(void* context, const tidemark_pressure_event*) {
  auto& [program, behaviour] = *static_cast<Handler*>(context);
  ++program->calls;
  switch (behaviour) {
    case Behaviour::kGivesAll:
      while (!program->spare.empty()) program->drop(program->spare, program->choices);
      break;
    case Behaviour::kGivesOne:
      program->drop(program->spare, program->choices);
      break;
    case Behaviour::kGivesNothing:
      break;
    case Behaviour::kTakes:
      program->get(1 + program->choices.below(3000), program->spare);
      break;
    case Behaviour::kTakesAndGives:
      program->get(1 + program->choices.below(3000), program->spare);
      program->drop(program->spare, program->choices);
      program->drop(program->spare, program->choices);
      break;
  }
}

class RandomLimits : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomLimits, NothingPassesThemAndWhatFitsIsServed) {
  SCOPED_TRACE(GetParam());
  Random random(GetParam());
  Arena arena(64 * kMiB);
  MeteredHeap heap(arena);
  Program program(heap);
  std::vector<Handler> handlers;
  for (std::size_t i = random.below(4); i-- > 0;)
    handlers.push_back({&program, static_cast<Behaviour>(random.below(5))});
  for (Handler& handler : handlers) {
    ASSERT_NE(heap.manager().handlers().add(&run_handler, &handler, static_cast<tidemark_pressure>(1 + random.below(4)),
                                            static_cast<int>(random.below(3)), "handler"),
              0);
  }

  tidemark_limits limits{};
  std::size_t refused = 0, served = 0;
  for (int step = 0; step < 4000; ++step) {
    if (random.one_in(400)) {
      const std::size_t hard = 64 * 1024 + random.below(4 * kMiB);
      const std::size_t critical = hard / 2 + random.below(hard / 2);
      limits = {random.one_in(8) ? 0 : hard, 0, 0, random.one_in(3) ? 1 + random.below(100'000) : 0};
      if (limits.hard_bytes != 0 && random.one_in(2))
        limits.critical_bytes = critical, limits.soft_bytes = critical / 2;
      ASSERT_TRUE(heap.manager().set_limits(limits));
    }
    const bool is_large = random.one_in(12);
    if (random.below(100) < 55) {
      const std::size_t n_bytes = 1 + random.below(is_large ? 300'000 : 2500);
      const std::size_t before = program.sum();
      void* const block = program.get(n_bytes, random.one_in(2) ? program.kept : program.spare);
      block == nullptr ? ++refused : ++served;
      if (block != nullptr) {
        const std::size_t most = before > limits.hard_bytes ? before : limits.hard_bytes;
        if (limits.hard_bytes != 0) {
          ASSERT_LE(program.sum(), most);
        }
        // To the size of a block: at most a quarter or a grain more.
        const std::size_t largest = limits.max_allocation_bytes;
        if (largest != 0) {
          ASSERT_LE(n_bytes, largest + largest / 4 + 256);
        }
      } else {
        // Nothing but a limit refuses, and it is the limit still, after all that handlers did.
        const bool too_large = limits.max_allocation_bytes != 0 && n_bytes > limits.max_allocation_bytes;
        const bool no_room = limits.hard_bytes != 0 && program.sum() + n_bytes + n_bytes / 4 + 256 > limits.hard_bytes;
        ASSERT_TRUE(too_large || no_room) << n_bytes << " of " << limits.hard_bytes << " with " << program.sum()
                                          << ", at most " << limits.max_allocation_bytes;
        ASSERT_FALSE(heap.manager().can_allocate(n_bytes));
      }
    } else {
      program.drop(random.one_in(2) ? program.kept : program.spare, random);
    }
    if (step % 64 == 0) {
      ASSERT_EQ(heap.live_bytes(), program.sum());
    }
  }
  ASSERT_EQ(heap.live_bytes(), program.sum());
  ASSERT_EQ(HeapWalk(heap.heap()).check(), nullptr);
  EXPECT_GT(served, 0u);
  // What was given by the limits' account is what is gone by the model's.
  while (!program.kept.empty()) program.drop(program.kept, random);
  while (!program.spare.empty()) program.drop(program.spare, random);
  EXPECT_EQ(heap.live_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLimits, ::testing::Range(1u, 41u));

/// Each growth of memory in turn is the last that the system allows: the program, at the edge of its limit too, goes on with
/// what it has, and everything that handlers and the heap were in the middle of is whole.
TEST(RefusedGrowth, AtEachGrowthInTurnTheProgramGoesOn) {
  for (std::size_t pages = 1; pages < 40; ++pages) {
    SCOPED_TRACE(pages);
    Arena arena(pages * kPageBytes);
    MeteredHeap heap(arena);
    Program program(heap);
    Handler handler{&program, Behaviour::kGivesOne};
    ASSERT_NE(heap.manager().handlers().add(&run_handler, &handler, TIDEMARK_PRESSURE_LOW, 0, "one"), 0);
    ASSERT_TRUE(heap.limit(2 * kMiB));
    Random random(pages);
    std::size_t refused = 0;
    for (int step = 0; step < 1500; ++step) {
      const std::size_t n_bytes = 1 + random.below(random.one_in(10) ? 100'000 : 2000);
      void* const block = program.get(n_bytes, random.one_in(2) ? program.kept : program.spare);
      refused += block == nullptr;
      if (random.below(100) < 20) program.drop(program.kept, random);
      ASSERT_LE(heap.live_bytes(), 2 * kMiB);
    }
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(heap.live_bytes(), program.sum());
    EXPECT_EQ(HeapWalk(heap.heap()).check(), nullptr);
    EXPECT_GT(heap.manager().stats().reliefs, 0u);
  }
}

}  // namespace
}  // namespace tidemark::testing
