// Random programs against the model: every size mix, in memory that is ample, short, or shared with somebody else.
//
// A failure prints its seed: TIDEMARK_TEST_SEED replays that one alone, TIDEMARK_TEST_STEPS makes programs longer.
#include <gtest/gtest.h>

#include "support/lockstep.h"
#include "support/random_program.h"

namespace tidemark::testing {
namespace {

struct Memory {
  const char* name;
  std::size_t bytes;
  std::size_t initial_bytes;
  std::size_t offset;  // of the heap's begin, as static data has it
};

// A program of kSlots blocks of up to 16 KiB holds a third of a MiB at a time, more or less.
constexpr std::size_t kSlots = 80;
constexpr std::size_t kLargestBytes = 16 * 1024;
constexpr Memory kMemories[] = {
    {"Ample", 2 * 1024 * 1024, 0, 0},
    {"Short", 192 * 1024, 0, 0},                             // exhausted in most programs that ask for large blocks
    {"AllThereFromTheStart", 512 * 1024, 512 * 1024, 1000},  // begins within a grain, and never grows
};

class RandomPrograms : public ::testing::TestWithParam<std::tuple<SizeMix, Memory, bool>> {};

TEST_P(RandomPrograms, AgreeWithTheModelAtEveryStep) {
  const auto& [mix, memory, strangers] = GetParam();
  // 42 combinations x 4 seeds x 600 steps: 100,000 checked steps in all.
  const std::size_t steps = test_steps(600);
  for (const std::uint64_t seed : test_seeds(4)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    Arena arena(memory.bytes, memory.initial_bytes, memory.offset);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, kSlots);
    RandomProgram program(seed, {mix, kSlots, kLargestBytes, strangers});
    for (std::size_t step = 0; step < steps; ++step) {
      const Operation operation = program.next();
      const std::string problem = lockstep.run(operation);
      ASSERT_EQ(problem, "") << "at step " << step << ", " << source_text(operation);
    }
    ASSERT_EQ(lockstep.finish(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(, RandomPrograms,
                         ::testing::Combine(::testing::ValuesIn(kSizeMixes), ::testing::ValuesIn(kMemories),
                                            ::testing::Bool()),
                         [](const auto& test) {
                           return std::string(name_of(std::get<0>(test.param))) + std::get<1>(test.param).name +
                                  (std::get<2>(test.param) ? "WithStrangers" : "Alone");
                         });

}  // namespace
}  // namespace tidemark::testing
