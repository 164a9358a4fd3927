// After MicroQuill's shbench in its third form: blocks of up to 8 KiB whose lifetimes follow their age. Most die young,
// in the order of a stack; some live in a ring; a few grow by realloc.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kDepth = 64;
constexpr std::uint32_t kRing = 3000;

struct Block {
  std::uint32_t* at;
  std::uint32_t size;
};
Block stack[kDepth];
Block ring[kRing];

Block allocate(std::uint32_t size, std::uint32_t mark) {
  auto* at = static_cast<std::uint32_t*>(std::malloc(size));
  if (!at) std::abort();
  *at = mark;
  return {at, size};
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::uint32_t>(30000 * bench::argument(argc, argv, "scale", 1));
  bench::Random random(8);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  std::uint32_t oldest = 0;
  for (std::uint32_t round = 0; round < rounds; round++) {
    const std::uint32_t depth = random.between(kDepth / 4, kDepth);
    for (std::uint32_t i = 0; i < depth; i++)
      stack[i] = allocate(8 + (random.below(8184) >> random.below(9)), round ^ i);
    Block& place = ring[oldest];
    oldest = (oldest + 1) % kRing;
    if (place.at) {
      checksum.add(*place.at);
      std::free(place.at);
    }
    place = stack[random.below(depth)];
    if (round % 8 == 0) {
      place.size += random.below(512);
      for (std::uint32_t i = 0; i < depth; i++)
        if (stack[i].at == place.at) stack[i].at = nullptr;
      place.at = static_cast<std::uint32_t*>(std::realloc(place.at, place.size));
      if (!place.at) std::abort();
    }
    for (std::uint32_t i = depth; i > 0; i--) {
      const Block& block = stack[i - 1];
      if (!block.at || block.at == place.at) continue;
      checksum.add(*block.at);
      std::free(block.at);
    }
  }
  bench::note_peak();
  for (const Block& block : ring) std::free(block.at);
  bench::report(checksum.value(), watch);
}
