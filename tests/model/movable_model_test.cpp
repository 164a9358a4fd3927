// Random programs on movable memory against the model: allocate, free, resize, pin, compact with random budgets, beside
// other blocks of the same heap, in memory that is ample or short, with growths refused.
//
// A failure prints its seed: TIDEMARK_TEST_SEED replays that one alone, TIDEMARK_TEST_STEPS makes programs longer.
#include "support/movable_model.h"

#include <gtest/gtest.h>

namespace tidemark::testing {
namespace {

enum class Sizes { kTiny, kSmall, kLarge, kMixed };

struct Shape {
  const char* name;
  Sizes sizes;
  std::size_t arena_bytes;
  std::size_t blocks;      // about as many as there are at a time
  std::size_t one_pin_in;  // steps; 0: none
  bool strangers;          // malloc and free on the same heap
  bool refusals;           // growth is refused now and then
};

constexpr Shape kShapes[] = {
    {"Tiny", Sizes::kTiny, 4 * 1024 * 1024, 400, 0, false, false},
    {"TinyPinned", Sizes::kTiny, 4 * 1024 * 1024, 400, 20, true, false},
    {"Small", Sizes::kSmall, 8 * 1024 * 1024, 300, 0, true, false},
    {"SmallPinned", Sizes::kSmall, 8 * 1024 * 1024, 300, 10, true, true},
    {"Large", Sizes::kLarge, 16 * 1024 * 1024, 60, 0, true, false},
    {"LargePinned", Sizes::kLarge, 16 * 1024 * 1024, 60, 20, true, true},
    {"Mixed", Sizes::kMixed, 16 * 1024 * 1024, 200, 0, true, true},
    {"MixedPinned", Sizes::kMixed, 16 * 1024 * 1024, 200, 15, true, true},
    {"ShortOfMemory", Sizes::kMixed, 1024 * 1024, 200, 15, true, true},
    {"VeryShortOfMemory", Sizes::kSmall, 128 * 1024, 300, 30, true, true},
};

class MovablePrograms : public ::testing::TestWithParam<Shape> {
 protected:
  std::size_t draw_bytes(Random& random) const {
    const Sizes sizes = GetParam().sizes == Sizes::kMixed ? static_cast<Sizes>(random.below(3)) : GetParam().sizes;
    switch (sizes) {
      case Sizes::kTiny:
        return random.below(120);
      case Sizes::kSmall:
        return std::size_t{1} << random.below(13) | random.below(64);
      default:
        return random.one_in(20) ? random.below(300 * 1024) : random.between(6000, 20000);  // either side of "large"
    }
  }

  /// The heap's other blocks: they keep their place and content.
  void use_heap(Random& random, TestHeap& heap, BlockModel& strangers) {
    if (strangers.blocks().size() < 30 && random.one_in(2)) {
      void* const block = heap.allocate(random.one_in(4) ? random.below(20000) : random.below(400));
      if (block != nullptr) {
        ASSERT_EQ(strangers.add(address_of(block), heap.usable_bytes(block)), "");
      }
    } else if (!strangers.blocks().empty()) {
      auto found = strangers.blocks().begin();
      std::advance(found, random.below(strangers.blocks().size()));
      const Address block = found->first;
      ASSERT_TRUE(strangers.is_intact(block));
      strangers.take(block);
      heap.free(reinterpret_cast<void*>(block));
    }
  }
};

TEST_P(MovablePrograms, AgreeWithTheModelAtEveryStep) {
  const Shape& shape = GetParam();
  const std::size_t steps = test_steps(2000);
  for (const std::uint64_t seed : test_seeds(3)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    MovableFixture fixture(shape.arena_bytes);
    MovableModel model(fixture.movable);
    BlockModel strangers;
    Random random(seed);
    FakeClock clock(1);
    for (std::size_t step = 0; step < steps; ++step) {
      SCOPED_TRACE(::testing::Message() << "at step " << step);
      if (shape.refusals) {
        if (random.one_in(50)) fixture.arena.refuse_from(fixture.arena.asked().size());
        if (random.one_in(20)) fixture.arena.stop_refusing();
      }
      std::string problem;
      // The number of blocks wanders between nearly none and about twice shape.blocks.
      const std::size_t wanted = shape.blocks * (1 + (step / 300) % 3) / (1 + (step / 450) % 4);
      const Handle handle = model.any(random);
      const std::size_t choice = random.below(100);
      if (choice < 45) {
        if (model.blocks().size() < wanted) {
          problem = model.allocate(draw_bytes(random), static_cast<unsigned>(random.below(MovableHeap::kTags)));
        } else if (handle != 0) {
          problem = model.free(handle);
        }
      } else if (choice < 60) {
        if (handle != 0) problem = model.free(handle);
      } else if (choice < 75) {
        if (handle != 0) problem = model.resize(handle, draw_bytes(random));
      } else if (choice < 80) {
        const Handle stale = model.any_stale(random);
        if (stale != 0) problem = model.verify_stale(stale);
      } else if (choice < 85) {
        // Steps of the clock come once for every 16 KiB of work: 0 to 300 KiB a slice, or all that there is.
        problem = model.compact(random.one_in(6) ? MovableHeap::kFully : random.below(20), clock);
      } else if (choice < 90) {
        if (shape.strangers) use_heap(random, fixture.heap, strangers);
      } else if (shape.one_pin_in != 0 && handle != 0) {
        problem = random.one_in(2) && random.one_in(shape.one_pin_in / 5) ? model.pin(handle) : model.unpin(handle);
      }
      ASSERT_EQ(problem, "");
      if (step % 8 == 0) {
        ASSERT_EQ(model.verify_all(), "");
      }
      ASSERT_STREQ(fixture.movable.check(), nullptr);
      ASSERT_STREQ(HeapWalk(fixture.heap).check(), nullptr);
      ASSERT_TRUE(strangers.all_intact());
    }
    fixture.movable.free_all();
    ASSERT_STREQ(fixture.movable.check(), nullptr);
    ASSERT_EQ(fixture.movable.stats().held_bytes, 0u);
    ASSERT_EQ(stats_of(fixture.heap).live_blocks, strangers.live_blocks());
  }
}

INSTANTIATE_TEST_SUITE_P(, MovablePrograms, ::testing::ValuesIn(kShapes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tidemark::testing
