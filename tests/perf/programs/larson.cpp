// After Larson and Krishnan's server: connections hold blocks and replace one of them at a time, and now and then a
// connection ends and hands its blocks to a new one, so that blocks are freed by another than allocated them.
// Sizes are uniform from 10 to 500 bytes.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kConnections = 8;
constexpr std::uint32_t kBlocks = 1000;
constexpr std::uint32_t kLeast = 10;
constexpr std::uint32_t kMost = 500;

struct Block {
  char* at;
  std::uint32_t size;
};
Block connections[kConnections][kBlocks];

void replace(Block& block, bench::Random& random, bench::Checksum& checksum) {
  if (block.at) {
    checksum.add(static_cast<std::uint32_t>(block.at[0]) ^ static_cast<std::uint32_t>(block.at[block.size - 1]));
    std::free(block.at);
  }
  block.size = random.between(kLeast, kMost);
  block.at = static_cast<char*>(std::malloc(block.size));
  if (!block.at) std::abort();
  block.at[0] = static_cast<char>(block.size);
  block.at[block.size - 1] = static_cast<char>(block.size >> 1);
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::uint32_t>(300 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(11);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (auto& connection : connections)
    for (Block& block : connection) replace(block, random, checksum);
  for (std::uint32_t round = 0; round < rounds; round++) {
    for (auto& connection : connections)
      for (std::uint32_t i = 0; i < kBlocks; i++) replace(connection[random.below(kBlocks)], random, checksum);
    // Two connections change owners: their blocks, in pairs, go to the other.
    const std::uint32_t a = random.below(kConnections), b = random.below(kConnections);
    for (std::uint32_t i = 0; i < kBlocks; i++) {
      const Block block = connections[a][i];
      connections[a][i] = connections[b][kBlocks - 1 - i];
      connections[b][kBlocks - 1 - i] = block;
    }
  }
  bench::note_peak();
  for (auto& connection : connections)
    for (Block& block : connection) std::free(block.at);
  bench::report(checksum.value(), watch);
}
