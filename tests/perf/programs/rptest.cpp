// After rpmalloc's benchmark: passes of allocating and freeing at random in a table, where the odds of a size fall with
// its square, up to 16 KiB, with a batch of the largest sizes at the end of a pass and some blocks that cross over into
// the next.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kSlots = 8192;
constexpr std::uint32_t kLeast = 16;
constexpr std::uint32_t kMost = 16000;

struct Slot {
  unsigned char* at;
  std::uint32_t size;
};
Slot slots[kSlots];

void release(Slot& slot, bench::Checksum& checksum) {
  if (!slot.at) return;
  checksum.add(slot.at[0] + (slot.at[slot.size - 1] << 8));
  std::free(slot.at);
  slot.at = nullptr;
}

void fill(Slot& slot, std::uint32_t size) {
  slot.at = static_cast<unsigned char*>(std::malloc(size));
  if (!slot.at) std::abort();
  slot.size = size;
  slot.at[0] = static_cast<unsigned char>(size);
  slot.at[size - 1] = static_cast<unsigned char>(size >> 4);
}

}  // namespace

int main(int argc, char** argv) {
  const auto passes = static_cast<std::uint32_t>(40 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(5);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (std::uint32_t pass = 0; pass < passes; pass++) {
    for (std::uint32_t step = 0; step < 4 * kSlots; step++) {
      Slot& slot = slots[random.below(kSlots)];
      release(slot, checksum);
      const double share = random.next() / 4294967296.0;
      fill(slot, kLeast + static_cast<std::uint32_t>(share * share * share * (kMost - kLeast)));
    }
    for (std::uint32_t i = pass; i < kSlots; i += 64) {
      release(slots[i], checksum);
      fill(slots[i], kMost - i / 8);
    }
    bench::note_peak();
    // One in four crosses over.
    for (std::uint32_t i = 0; i < kSlots; i++)
      if ((i + pass) % 4) release(slots[i], checksum);
  }
  for (Slot& slot : slots) release(slot, checksum);
  bench::report(checksum.value(), watch);
}
