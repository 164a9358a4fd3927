// After Chernikov's alloc-test: a table of slots of which a random one is emptied, or filled, at each step. Sizes are as
// frequent as they are small (a Pareto distribution), and every byte of a block is written and read once.

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kSlots = 1 << 15;
constexpr std::uint32_t kSizes = 4096;

struct Slot {
  unsigned char* at;
  std::uint32_t size;
};
Slot slots[kSlots];
std::uint32_t sizes[kSizes];

std::uint32_t read(const Slot& slot) {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < slot.size; i += 64) sum += slot.at[i];
  return sum + slot.at[slot.size - 1];
}

}  // namespace

int main(int argc, char** argv) {
  const auto steps = static_cast<std::uint32_t>(3000000 * bench::argument(argc, argv, "scale", 1));
  // The 80:20 Pareto distribution with a least size of 8, cut at 8 KiB.
  for (std::uint32_t i = 0; i < kSizes; i++) {
    const double size = 8 / std::pow(1 - (i + 0.5) / kSizes, 1 / 1.16);
    sizes[i] = size < 8192 ? static_cast<std::uint32_t>(size) : 8192;
  }
  bench::Random random(13);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (std::uint32_t step = 0; step < steps; step++) {
    Slot& slot = slots[random.below(kSlots)];
    if (slot.at) {
      checksum.add(read(slot));
      std::free(slot.at);
      slot.at = nullptr;
    } else {
      slot.size = sizes[random.below(kSizes)];
      slot.at = static_cast<unsigned char*>(std::malloc(slot.size));
      if (!slot.at) std::abort();
      std::memset(slot.at, static_cast<int>(step & 0xFF), slot.size);
    }
  }
  bench::note_peak();
  for (const Slot& slot : slots) std::free(slot.at);
  bench::report(checksum.value(), watch);
}
