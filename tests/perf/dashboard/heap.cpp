// A heap to be looked at: as many MiB as one wants of blocks of all sizes, with holes, some of which come and go.
#include <emscripten.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

std::vector<char*> blocks;
std::uint32_t state = 1;

std::uint32_t below(std::uint32_t end) {
  state = state * 1664525u + 1013904223u;
  return static_cast<std::uint32_t>((std::uint64_t{state} * end) >> 32);
}

/// Of 4 blocks 3 are small; the large ones have nearly all of the bytes, as in most programs.
char* make_block() {
  const std::uint32_t bytes = below(4) ? 16 + below(1'000) : 4'000 + below(90'000);
  auto* const block = static_cast<char*>(std::malloc(bytes));
  if (!block) std::abort();
  block[0] = 1;
  return block;
}

}  // namespace

extern "C" {

/// Until `mib` MiB are in use; on the way every sixth block or so is freed again.
EMSCRIPTEN_KEEPALIVE void make_heap(int mib) {
  std::size_t live_bytes = 0;
  while (live_bytes < static_cast<std::size_t>(mib) << 20) {
    blocks.push_back(make_block());
    live_bytes += malloc_usable_size(blocks.back());
    if (below(6) != 0) continue;
    std::swap(blocks[below(static_cast<std::uint32_t>(blocks.size()))], blocks.back());
    live_bytes -= malloc_usable_size(blocks.back());
    std::free(blocks.back());
    blocks.pop_back();
  }
}

EMSCRIPTEN_KEEPALIVE void churn(int count) {
  for (int i = 0; i < count; ++i) {
    auto*& block = blocks[below(static_cast<std::uint32_t>(blocks.size()))];
    std::free(block);
    block = make_block();
  }
}

}  // extern "C"
