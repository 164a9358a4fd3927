// Runs, apart from the heap above them.
#include "heap/runs.h"

#include <gtest/gtest.h>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

TEST(Runs, ASweepThatWasInVainPutsTheNextOneOff) {
  Arena arena(16 * kPageBytes);
  Runs<ArenaSource> runs{ArenaSource(arena)};
  const Grain grain = runs.acquire_at_top(1000, 1000);
  ASSERT_NE(grain, kNoGrain);
  runs.entry(grain) = make_entry(1000, kBlock);
  const std::size_t enough = runs.top() / 16 + 1;  // before the top rises, in memory that is there
  EXPECT_FALSE(runs.sweep_is_due(1));
  runs.expect_freed(enough);
  EXPECT_TRUE(runs.sweep_is_due(1));
  EXPECT_FALSE(runs.sweep_is_due(enough + 1)) << "so much was not freed";

  runs.note_sweep(false);
  EXPECT_FALSE(runs.sweep_is_due(1));
  runs.expect_freed(enough);
  EXPECT_TRUE(runs.sweep_is_due(1)) << "twice as much";
  for (int i = 0; i < 100; ++i) runs.note_sweep(false);
  EXPECT_FALSE(runs.sweep_is_due(1));
  runs.expect_freed(6 * enough);
  EXPECT_TRUE(runs.sweep_is_due(1)) << "never more than eight times as much";

  runs.sweep([](Slab*) {}, [](Grain, std::size_t) { return false; });
  EXPECT_FALSE(runs.sweep_is_due(1));
  runs.note_sweep(true);
  runs.expect_freed(enough);
  EXPECT_TRUE(runs.sweep_is_due(1));
}

}  // namespace
}  // namespace tidemark::testing
