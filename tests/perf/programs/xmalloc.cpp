// After Lever and Boreham's malloc-test as xmalloc has it: a producer fills batches, a consumer empties them later, so
// that every block is freed far from where it was allocated, first in, first out. Here both take turns on one thread.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kBatch = 120;
constexpr std::uint32_t kQueue = 64;
// The sizes of a program that handles messages.
constexpr std::uint32_t kSizes[] = {8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048};

struct Batch {
  std::uint32_t* blocks[kBatch];
};
Batch* queue[kQueue];

}  // namespace

int main(int argc, char** argv) {
  const auto batches = static_cast<std::uint32_t>(25000 * bench::argument(argc, argv, "scale", 1));
  bench::Random random(3);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (std::uint32_t i = 0; i < batches + kQueue; i++) {
    Batch*& place = queue[i % kQueue];
    if (place) {
      for (std::uint32_t* block : place->blocks) {
        checksum.add(*block);
        std::free(block);
      }
      std::free(place);
      place = nullptr;
    }
    if (i >= batches) continue;
    place = static_cast<Batch*>(std::malloc(sizeof(Batch)));
    if (!place) std::abort();
    for (std::uint32_t*& block : place->blocks) {
      block = static_cast<std::uint32_t*>(std::malloc(kSizes[random.below(16)]));
      if (!block) std::abort();
      *block = random.next();
    }
    if (i == batches / 2) bench::note_peak();
  }
  bench::report(checksum.value(), watch);
}
