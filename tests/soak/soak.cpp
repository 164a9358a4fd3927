// Random operations without end: `soak [OPERATIONS [SEED]]`. 10^8 operations unless told otherwise.
//
// Contents are compared at every operation; the heap's check and the whole of the model only every kCheckedEvery, so that
// 10^8 take half an hour. Every episode has memory, sizes and a seed of its own; a failure prints what repeats it.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/lockstep.h"
#include "support/random_program.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kEpisodeSteps = 200'000;
constexpr std::size_t kCheckedEvery = 1'000;

struct Episode {
  std::uint64_t seed;
  std::size_t pages;
  ProgramShape shape;
};

Episode draw_episode(std::uint64_t seed) {
  Random random(seed);
  Episode episode{random.next(), 0, {}};
  episode.shape.mix = kSizeMixes[random.below(std::size(kSizeMixes))];
  episode.shape.slots = std::size_t{1} << random.between(6, 13);
  episode.shape.largest_bytes = std::size_t{1} << random.between(12, 17);
  episode.shape.strangers = random.one_in(4);
  episode.pages = std::size_t{4} << random.below(8);  // a quarter of a MiB to 32
  return episode;
}

/// Empty when all went well.
std::string run_episode(const Episode& episode, std::size_t steps) {
  Arena arena(episode.pages * kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  Lockstep lockstep(heap, arena, episode.shape.slots);
  lockstep.check_every(kCheckedEvery);
  RandomProgram program(episode.seed, episode.shape);
  for (std::size_t step = 0; step < steps; ++step) {
    const Operation operation = program.next();
    const std::string problem = lockstep.run(operation);
    if (!problem.empty()) return "step " + std::to_string(step) + ", " + source_text(operation) + " " + problem;
  }
  return lockstep.finish();
}

}  // namespace
}  // namespace tidemark::testing

int main(int count, char** arguments) {
  using namespace tidemark::testing;
  const std::size_t operations =
      count > 1 ? static_cast<std::size_t>(std::strtoull(arguments[1], nullptr, 0)) : 100'000'000;
  const std::uint64_t first_seed = count > 2 ? std::strtoull(arguments[2], nullptr, 0) : 1;
  if (operations == 0) {
    std::fprintf(stderr, "soak: the number of operations is a number from 1 on\n");
    return 2;
  }
  std::uint64_t seed = first_seed;
  for (std::size_t done = 0; done < operations; ++seed) {
    const std::size_t steps = operations - done < kEpisodeSteps ? operations - done : kEpisodeSteps;
    const Episode episode = draw_episode(seed);
    std::fprintf(stderr, "%5.1f %%  seed %llu: %s, %zu slots, %zu KiB%s\n",
                 100.0 * static_cast<double>(done) / static_cast<double>(operations),
                 static_cast<unsigned long long>(seed), name_of(episode.shape.mix), episode.shape.slots,
                 episode.pages * 64, episode.shape.strangers ? ", strangers" : "");
    const std::string problem = run_episode(episode, steps);
    if (!problem.empty()) {
      std::fprintf(stderr, "FAILED: %s\nReplay: soak %zu %llu\n", problem.c_str(), steps,
                   static_cast<unsigned long long>(seed));
      return 1;
    }
    done += steps;
  }
  std::printf("%zu operations in %llu episodes, none failed\n", operations,
              static_cast<unsigned long long>(seed - first_seed));
  return 0;
}
