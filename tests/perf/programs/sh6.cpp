// After MicroQuill's shbench in its second form: batches of blocks of many small sizes, half of each batch freed in the
// order of allocation, a quarter in the reverse order, and the rest kept until later batches displace them.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kBatch = 400;
constexpr std::uint32_t kKept = 4000;

struct Block {
  unsigned char* at;
  std::uint32_t size;
};
Block batch[kBatch];
Block kept[kKept];

Block allocate(std::uint32_t size) {
  auto* at = static_cast<unsigned char*>(std::malloc(size));
  if (!at) std::abort();
  at[0] = static_cast<unsigned char>(size);
  return {at, size};
}

void release(const Block& block, bench::Checksum& checksum) {
  if (!block.at) return;
  checksum.add(block.at[0]);
  std::free(block.at);
}

}  // namespace

int main(int argc, char** argv) {
  const auto batches = static_cast<std::uint32_t>(8000 * bench::argument(argc, argv, "scale", 1));
  bench::Random random(6);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  std::uint32_t oldest = 0;
  for (std::uint32_t i = 0; i < batches; i++) {
    // Small sizes are much more frequent than large ones: 8 B to 1 KiB.
    for (Block& block : batch) block = allocate(8 + (random.below(1016) >> random.below(7)));
    for (std::uint32_t j = 0; j < kBatch / 2; j++) release(batch[j], checksum);
    for (std::uint32_t j = kBatch; j > kBatch * 3 / 4; j--) release(batch[j - 1], checksum);
    for (std::uint32_t j = kBatch / 2; j < kBatch * 3 / 4; j++) {
      release(kept[oldest], checksum);
      kept[oldest] = batch[j];
      oldest = (oldest + 1) % kKept;
    }
  }
  bench::note_peak();
  for (const Block& block : kept) release(block, checksum);
  bench::report(checksum.value(), watch);
}
