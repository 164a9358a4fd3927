// Random programs on movable memory whose handles are folded between any two steps, against the model: few of many handles
// stay, and are looked up, moved, given back and taken again; stale ones are never anybody's.
//
// A failure prints its seed: TIDEMARK_TEST_SEED replays that one alone.
#include <gtest/gtest.h>

#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMostBlocks = 12 * SlotTable::kGroupSlots;

class FoldProgram {
 public:
  explicit FoldProgram(std::uint64_t seed) : fixture_(8 * 1024 * 1024), model_(fixture_.movable), random_(seed) {}

  /// To `count` blocks, if there is memory.
  std::string fill(std::size_t count) {
    while (model_.blocks().size() < count) {
      const std::string problem = model_.allocate(random_.below(100), static_cast<unsigned>(random_.below(4)));
      if (!problem.empty()) return problem;
      if (model_.refused()) break;
    }
    return {};
  }

  std::string thin(std::size_t one_in) {
    std::vector<Handle> freed;
    for (const auto& [handle, block] : model_.blocks()) {
      if (block.pins == 0 && !random_.one_in(one_in)) freed.push_back(handle);
    }
    for (const Handle handle : freed) {
      const std::string problem = model_.free(handle);
      if (!problem.empty()) return problem;
    }
    return {};
  }

  std::string step() {
    const Handle handle = model_.any(random_);
    switch (random_.below(12)) {
      case 0:
        return fill(model_.blocks().size() + random_.below(20));
      case 1:
        return handle != 0 ? model_.free(handle) : "";
      case 2:
        return handle != 0 ? model_.resize(handle, random_.below(300)) : "";
      case 3:
        return handle != 0 && random_.one_in(4) ? model_.pin(handle) : "";
      case 4:
      case 5:
        return handle != 0 ? model_.unpin(handle) : "";
      case 6: {
        const Handle stale = model_.any_stale(random_);
        return stale != 0 ? model_.verify_stale(stale) : "";
      }
      case 7:
        return model_.compact(random_.one_in(3) ? MovableHeap::kFully : random_.below(20), clock_);
      case 8:
        for (std::size_t i = random_.one_in(5) ? 5000 : random_.below(50); i > 0; --i) {
          if (handle != 0 && fixture_.movable.resolve(handle) == nullptr) return "a block's handle is stale";
        }
        return {};
      default:
        if (random_.one_in(6)) fixture_.arena.refuse_from(fixture_.arena.asked().size());
        if (random_.one_in(3)) fixture_.movable.fold();
        fixture_.arena.stop_refusing();
        return model_.verify_all();
    }
  }

  std::string run() {
    for (int round = 0; round < 5; ++round) {
      std::string problem = fill(random_.between(kMostBlocks / 4, kMostBlocks));
      if (problem.empty()) problem = thin(1 + random_.below(random_.one_in(2) ? 10 : 300));
      if (random_.one_in(2) && problem.empty()) problem = model_.compact(MovableHeap::kFully, clock_);
      fixture_.movable.fold();
      folded_ |= fixture_.movable.folding().groups != 0;
      if (problem.empty()) problem = model_.verify_all();
      for (std::size_t step = random_.below(300); step > 0 && problem.empty(); --step) problem = this->step();
      if (problem.empty()) problem = model_.verify_all_stale();
      if (!problem.empty()) return problem + ", in round " + std::to_string(round);
      if (const char* const broken = HeapWalk(fixture_.heap).check()) return broken;
    }
    fixture_.movable.free_all();
    if (fixture_.movable.stats().held_bytes != 0) return "free_all() has left something";
    const char* const broken = fixture_.movable.check();
    return broken == nullptr ? "" : broken;
  }

  bool has_folded() const { return folded_; }

 private:
  MovableFixture fixture_;
  MovableModel model_;
  Random random_;
  FakeClock clock_{1};
  bool folded_ = false;
};

TEST(MovableFoldModel, AgreesWithTheModel) {
  bool folded = false;
  for (const std::uint64_t seed : test_seeds(6)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    FoldProgram program(seed);
    ASSERT_EQ(program.run(), "");
    folded |= program.has_folded();
  }
  EXPECT_TRUE(folded || std::getenv("TIDEMARK_TEST_SEED") != nullptr);
}

}  // namespace
}  // namespace tidemark::testing
