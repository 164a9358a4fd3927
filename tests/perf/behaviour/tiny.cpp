// What little things cost: a program with 100 blocks of 16 bytes, the bytes that a block takes, calloc of fresh memory,
// and realloc where it need not copy.

#include <emscripten.h>

#include <cstdlib>
#include <cstring>

#include "support/bench.h"

EM_JS(double, resident_bytes, (), { return process.memoryUsage.rss(); });

namespace {

constexpr int kMany = 100000;
void* blocks[kMany];

void* allocate(std::size_t n) {
  void* block = std::malloc(n);
  if (!block) std::abort();
  return block;
}

/// The bytes by which the heap grows for each block, over many.
double bytes_per_block(std::size_t size) {
  std::free(allocate(size));  // the heap's own beginnings don't count
  const std::size_t before = bench::demand_bytes();
  for (void*& block : blocks) block = allocate(size);
  const std::size_t after = bench::demand_bytes();
  for (void* block : blocks) std::free(block);
  return static_cast<double>(after - before) / kMany;
}

/// How often a buffer moved that grows alone, from 4 KiB to 16 MiB in steps of 4 KiB, at the top of the heap.
int moves_at_top() {
  int moves = 0;
  char* buffer = nullptr;
  for (std::size_t size = 4096; size <= (16u << 20); size += 4096) {
    auto* grown = static_cast<char*>(std::realloc(buffer, size));
    if (!grown) std::abort();
    moves += buffer && grown != buffer;
    buffer = grown;
  }
  std::free(buffer);
  return moves;
}

/// Of 20 blocks of 2 KiB to 1 MiB, how many grow by half in place when the block after them was freed.
int grown_in_place() {
  int in_place = 0;
  for (int i = 0; i < 20; i++) {
    const std::size_t size = (2048u << (i / 2)) + (i % 2 ? 700 : 0);
    void* block = allocate(size);
    void* after = allocate(size);
    void* fence = allocate(size);
    std::free(after);
    void* grown = std::realloc(block, size + size / 2);
    in_place += grown == block;
    std::free(grown);
    std::free(fence);
  }
  return in_place;
}

void calloc_fresh(const char* touched, const char* ms, std::size_t size, int count) {
  const double before = resident_bytes();
  const double start = bench::now_ms();
  for (int i = 0; i < count; i++) {
    blocks[i] = std::calloc(1, size);
    if (!blocks[i]) std::abort();
  }
  bench::add_result(ms, bench::now_ms() - start);
  bench::add_result(touched, resident_bytes() - before);
  std::uint32_t sum = 0;
  for (int i = 0; i < count; i++) sum += static_cast<unsigned char*>(blocks[i])[size - 1];
  if (sum) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Stopwatch watch;
  // One question a process: what one leaves behind would be another's answer.
  switch (static_cast<int>(bench::argument(argc, argv, "question", 0))) {
    case 0: {
      for (int i = 0; i < 100; i++) blocks[i] = allocate(16);
      bench::note_peak();
      break;
    }
    case 1:
      bench::add_result("bytes_for_8", bytes_per_block(8));
      break;
    case 2:
      bench::add_result("bytes_for_16", bytes_per_block(16));
      break;
    case 3:
      bench::add_result("moves_at_top", moves_at_top());
      break;
    case 4:
      bench::add_result("grown_in_place", grown_in_place());
      break;
    case 5:
      calloc_fresh("touched_large", "ms_large", 64u << 20, 1);
      break;
    case 6:
      calloc_fresh("touched_medium", "ms_medium", 16u << 10, 4096);
      break;
    default:
      return 2;
  }
  bench::report(1, watch);
}
