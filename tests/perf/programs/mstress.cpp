// After mimalloc's stress test: tasks that allocate many blocks, keep some, free others at once, and trade some with a
// shared table at random, so that lifetimes of all lengths mix. Mostly small blocks; one in 1000 is a hundred times larger.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kTransfers = 1000;
constexpr std::uint32_t kTasks = 8;
constexpr std::uint32_t kMost = 40000;

std::uint32_t* transfer[kTransfers];
std::uint32_t* data[kMost];
std::uint32_t* retained[kMost];

// The first word is the number of words, and every word's value follows from it.
std::uint32_t* allocate(std::uint32_t words, bench::Random& random) {
  if (random.below(1000) == 0) words *= 100;
  if (words == 40 && random.below(100) == 0) words = 8192;
  auto* block = static_cast<std::uint32_t*>(std::calloc(words, sizeof(std::uint32_t)));
  if (!block) std::abort();
  block[0] = words;
  for (std::uint32_t i = 1; i < words; i++) block[i] = words - i;
  return block;
}

void release(std::uint32_t* block, bench::Checksum& checksum) {
  if (!block) return;
  const std::uint32_t words = block[0];
  std::uint32_t sum = words;
  for (std::uint32_t i = 1; i < words; i++) sum ^= block[i] + i;
  checksum.add(sum);
  std::free(block);
}

void task(std::uint32_t allocations, bench::Random& random, bench::Checksum& checksum) {
  std::uint32_t n_data = 0;
  std::uint32_t n_retained = 0;
  std::uint32_t to_retain = allocations / 2;
  while (allocations || to_retain) {
    if (!allocations || random.below(2)) {
      if (to_retain) {
        to_retain--;
        retained[n_retained++] = allocate(1u << random.below(5), random);
      }
    } else {
      allocations--;
      data[n_data++] = allocate(1u << random.below(6), random);
    }
    if (n_data && random.below(100) < 66) {
      const std::uint32_t i = random.below(n_data);
      release(data[i], checksum);
      data[i] = nullptr;
    }
    if (n_data && random.below(100) < 25) {
      const std::uint32_t i = random.below(n_data), j = random.below(kTransfers);
      std::uint32_t* block = data[i];
      data[i] = transfer[j];
      transfer[j] = block;
    }
  }
  bench::note_peak();
  for (std::uint32_t i = 0; i < n_retained; i++) release(retained[i], checksum);
  for (std::uint32_t i = 0; i < n_data; i++) release(data[i], checksum);
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::uint32_t>(12 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(17);
  bench::Checksum checksum;
  const bench::Stopwatch watch;
  for (std::uint32_t round = 0; round < rounds; round++) {
    for (std::uint32_t i = 0; i < kTasks; i++) task(3000 * (i + 1), random, checksum);
    for (std::uint32_t j = 0; j < kTransfers; j++) {
      if (random.below(2)) continue;
      release(transfer[j], checksum);
      transfer[j] = nullptr;
    }
  }
  for (std::uint32_t* block : transfer) release(block, checksum);
  bench::report(checksum.value(), watch);
}
