// Random replacement: a table of blocks; one of them, at random, is freed and replaced by one of another size.
// Sizes are log-uniform from 16 B to 4 KiB: many small blocks, much of the memory in large ones.

#include <cmath>
#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kSlots = 20000;
constexpr std::uint32_t kSizes = 1024;

struct Slot {
  std::uint32_t* block;
  std::uint32_t mark;
};
Slot slots[kSlots];
std::uint32_t sizes[kSizes];

}  // namespace

int main(int argc, char** argv) {
  const auto steps = static_cast<std::uint32_t>(2000000 * bench::argument(argc, argv, "scale", 1));
  for (std::uint32_t i = 0; i < kSizes; i++) sizes[i] = static_cast<std::uint32_t>(16 * std::pow(256.0, i / 1023.0));
  bench::Random random(7);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (std::uint32_t step = 0; step < steps; step++) {
    Slot& slot = slots[random.below(kSlots)];
    if (slot.block) {
      checksum.add(*slot.block ^ slot.mark);
      std::free(slot.block);
    }
    slot.block = static_cast<std::uint32_t*>(std::malloc(sizes[random.below(kSizes)]));
    if (!slot.block) std::abort();
    slot.mark = step;
    *slot.block = step * 3;
  }
  bench::note_peak();
  for (const Slot& slot : slots) std::free(slot.block);
  bench::report(checksum.value(), watch);
}
