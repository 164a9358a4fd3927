// Movable memory in all its states, with pins that nest, between slices of a compaction, where each request for memory of
// each operation is refused in turn, alone or with all that come after it: what is refused has moved nothing and changed no
// figure but that of its own tables' room, and all works on.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/faulty_runs.h"
#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

struct State {
  const char* name;
  std::size_t blocks;
  std::size_t one_large_in;
  std::size_t one_freed_in;
  std::size_t one_pinned_in;  // once, twice or three times
  int slices;                 // of compaction, each without a budget
};

constexpr State kStates[] = {
    {"Empty", 0, 1, 1, 1, 0},
    {"Few", 12, 20, 3, 4, 0},
    {"AllSlotsInUse", 192, 50, 1000, 13, 0},  // the next one makes the table longer
    {"Holes", 150, 1000, 3, 17, 0},
    {"HolesHalfFilled", 150, 1000, 3, 17, 2},
    {"HolesFilled", 150, 1000, 3, 17, 5},
    {"Large", 24, 2, 3, 5, 0},
    {"LargeInTheMiddle", 24, 2, 3, 5, 3},
    {"LargeAtTheEnd", 24, 2, 3, 5, 6},
};

/// A movable heap whose runs can be refused, beside its model.
struct Program {
  explicit Program(const State& state) : heap(ArenaSource(arena)), from_heap(heap), runs(from_heap), movable(runs) {
    for (std::size_t i = 0; i < state.blocks; ++i) {
      expect_none(model.allocate(i % state.one_large_in == 1 ? 9000 + i * 700 : i * 37 % 900, i % MovableHeap::kTags));
      if (i % 5 == 2) heap.allocate(3000);  // somebody else's
    }
    std::size_t i = 0;
    std::vector<Handle> freed;
    for (const auto& [handle, block] : model.blocks()) {
      if (i % state.one_pinned_in == 2) {
        for (std::size_t pins = 0; pins <= i % 3; ++pins) expect_none(model.pin(handle));
      } else if (i % state.one_freed_in == 0) {
        freed.push_back(handle);
      }
      ++i;
    }
    for (const Handle handle : freed) expect_none(model.free(handle));
    for (int slice = 0; slice < state.slices; ++slice) expect_none(model.compact(0, clock));
  }

  /// Of the blocks that are (not) pinned, and (not) runs by themselves, the one in the middle; 0 where there is none.
  Handle one(bool pinned, bool large) const {
    std::vector<Handle> found;
    for (const auto& [handle, block] : model.blocks()) {
      if ((block.pins != 0) == pinned && (block.bytes > 8192) == large) found.push_back(handle);
    }
    return found.empty() ? 0 : found[found.size() / 2];
  }

  static void expect_none(const std::string& problem) { ASSERT_EQ(problem, ""); }
  void verify() {
    ASSERT_EQ(model.verify_all(), "");
    ASSERT_STREQ(HeapWalk(heap).check(), nullptr);
    ASSERT_EQ(movable.stats().held_bytes, runs.held_bytes());
  }

  Arena arena{4 * 1024 * 1024};
  TestHeap heap;
  HeapRuns<ArenaSource, TestObserver> from_heap;
  FaultyRuns runs;
  MovableHeap movable;
  MovableModel model{movable};
  FakeClock clock{1};
};

struct Change {
  const char* name;
  std::function<std::string(Program&)> make;
};

std::vector<Change> changes() {
  std::vector<Change> changes = {
      {"a slice", [](Program& program) { return program.model.compact(0, program.clock); }},
      {"a long slice", [](Program& program) { return program.model.compact(40, program.clock); }},
      {"all slices", [](Program& program) { return program.model.compact(MovableHeap::kFully, program.clock); }},
  };
  for (const std::size_t n_bytes : {20u, 8000u, 8192u, 8193u, 70'000u})
    changes.push_back({"a new one", [=](Program& program) { return program.model.allocate(n_bytes, 5); }});
  for (const bool pinned : {false, true}) {
    for (const bool large : {false, true}) {
      for (const std::size_t n_bytes : {1u, 1000u, 8200u, 100'000u}) {
        changes.push_back({"another size", [=](Program& program) {
                             const Handle handle = program.one(pinned, large);
                             return handle == 0 ? "" : program.model.resize(handle, n_bytes);
                           }});
      }
      changes.push_back({"one less", [=](Program& program) {
                           const Handle handle = program.one(pinned, large);
                           return handle == 0 ? "" : program.model.free(handle);
                         }});
    }
  }
  return changes;
}

void expect_same_figures(const tidemark_movable_stats& now, const tidemark_movable_stats& before) {
  EXPECT_EQ(now.live_blocks, before.live_blocks);
  EXPECT_EQ(now.live_bytes, before.live_bytes);
  EXPECT_EQ(now.pinned_blocks, before.pinned_blocks);
  EXPECT_EQ(now.runs, before.runs);
  EXPECT_EQ(now.epoch, before.epoch);
  EXPECT_EQ(now.held_bytes - now.data_bytes, before.held_bytes - before.data_bytes);
}

class RefusedRuns : public ::testing::TestWithParam<State> {};

TEST_P(RefusedRuns, NothingIsLostOrMoved) {
  std::size_t refused = 0;
  for (const Change& change : changes()) {
    for (const bool alone : {true, false}) {
      for (std::size_t call = 0, calls = 1; call < calls; ++call) {
        SCOPED_TRACE(::testing::Message() << change.name << ", call " << call << (alone ? " alone" : ""));
        Program program(GetParam());
        MovableModel& model = program.model;
        const auto where = [&] {
          std::vector<const void*> addresses;
          for (const auto& [handle, block] : model.blocks()) addresses.push_back(program.movable.resolve(handle));
          return addresses;
        };
        const std::vector<const void*> addresses = where();
        const tidemark_movable_stats before = program.movable.stats();
        const std::size_t asked = program.runs.asked();
        if (alone) {
          program.runs.refuse_only_after(call);
        } else {
          program.runs.refuse_after(call);
        }
        ASSERT_EQ(change.make(program), "");
        calls = program.runs.asked() - asked;
        program.runs.stop_refusing();
        program.verify();
        if (model.refused()) {
          ++refused;
          EXPECT_EQ(where(), addresses);
          expect_same_figures(program.movable.stats(), before);
          ASSERT_EQ(change.make(program), "");
          EXPECT_FALSE(model.refused());
        }
        bool finished = false;
        for (int slice = 0; !finished && slice < 200; ++slice) {
          ASSERT_EQ(model.compact(10, program.clock, &finished), "");
        }
        EXPECT_TRUE(finished);
        for (const auto& [handle, block] : MovableModel::Blocks(model.blocks())) {
          for (unsigned pins = block.pins; pins > 0; --pins) ASSERT_EQ(model.unpin(handle), "");
        }
        ASSERT_EQ(model.compact(MovableHeap::kFully, program.clock), "");
        program.verify();
        program.movable.free_all();
        EXPECT_EQ(program.movable.stats().held_bytes, 0u);
        EXPECT_EQ(program.runs.held_bytes(), 0u);
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GT(refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(, RefusedRuns, ::testing::ValuesIn(kStates),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tidemark::testing
