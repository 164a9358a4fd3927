// How much linear memory an allocator needs for a given amount of live memory, once the heap has aged.
//
//   mode=1  refill     `live_mib` are allocated in sizes [first_least, first_most]; in each of `rounds` rounds 75 % of the
//                      blocks, chosen at random, are freed, and other sizes allocated until as much is live as before.
//                      Rounds alternate between the other sizes [other_least, other_most] and the first ones.
//   mode=2  survivors  `small_mib` of small blocks, of which one in `keep` survives (at random), then `live_mib` of large ones.
//
// Sizes are log-uniform, as many small as large by octave (`uniform=1`: uniform). Everything that the program itself needs
// is static, so the heap holds the measured blocks alone. Prints live_bytes (the sum of what was asked for) at the end.

#include <cmath>
#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr double kMiB = 1 << 20;
constexpr std::uint32_t kMaxBlocks = 5 << 20;

struct Block {
  std::uint8_t* at;
  std::uint32_t size;
};
Block blocks[kMaxBlocks];
std::uint32_t n_blocks = 0;
double live_bytes = 0;

bench::Random random_number(42);
bench::Checksum checksum;

struct Sizes {
  double least, most;
  bool uniform;
  std::uint32_t next() const {
    const double share = random_number.next() / 4294967296.0;
    if (uniform) return static_cast<std::uint32_t>(least + share * (most - least));
    return static_cast<std::uint32_t>(least * std::exp(share * std::log(most / least)));
  }
};

/// Allocates until `target` bytes are live.
void fill(const Sizes& sizes, double target) {
  while (live_bytes < target) {
    if (n_blocks == kMaxBlocks) std::abort();
    const std::uint32_t size = sizes.next();
    auto* at = static_cast<std::uint8_t*>(std::malloc(size));
    if (!at) std::abort();
    at[0] = at[size - 1] = static_cast<std::uint8_t>(size);
    blocks[n_blocks++] = {at, size};
    live_bytes += size;
  }
}

void release(std::uint32_t index) {
  const Block block = blocks[index];
  if (block.at[0] != static_cast<std::uint8_t>(block.size)) std::abort();
  live_bytes -= block.size;
  std::free(block.at);
  blocks[index] = blocks[--n_blocks];
}

void shuffle() {
  for (std::uint32_t i = n_blocks; i > 1; i--) {
    const std::uint32_t j = random_number.below(i);
    const Block block = blocks[i - 1];
    blocks[i - 1] = blocks[j];
    blocks[j] = block;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](const char* name, double otherwise) {
    return bench::argument(argc, argv, name, otherwise);
  };
  const bool uniform = argument("uniform", 0) != 0;
  const Sizes first{argument("first_least", 16), argument("first_most", 4096), uniform};
  const Sizes other{argument("other_least", 16), argument("other_most", 4096), uniform};
  const double target = argument("live_mib", 61) * kMiB;
  const bench::Stopwatch watch;

  if (argument("mode", 1) == 1) {
    fill(first, target);
    bench::note_peak();
    const int rounds = static_cast<int>(argument("rounds", 1));
    for (int round = 0; round < rounds; round++) {
      shuffle();
      const std::uint32_t kept = n_blocks / 4;
      while (n_blocks > kept) release(n_blocks - 1);
      fill(round % 2 == 0 ? other : first, target);
      bench::note_peak();
    }
  } else {
    fill(first, argument("small_mib", 61) * kMiB);
    bench::note_peak();
    const auto keep = static_cast<std::uint32_t>(argument("keep", 64));
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < n_blocks; i++) {
      if (random_number.below(keep) == 0) {
        blocks[kept++] = blocks[i];
      } else {
        live_bytes -= blocks[i].size;
        std::free(blocks[i].at);
      }
    }
    n_blocks = kept;
    fill(other, live_bytes + target);
  }

  for (std::uint32_t i = 0; i < n_blocks; i++) checksum.add(blocks[i].size);
  bench::add_result("live_bytes", live_bytes);
  bench::report(checksum.value(), watch);
}
