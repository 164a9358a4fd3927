// How linear memory follows demand: blocks of one size are allocated, and whenever memory has grown, what it has grown
// beyond the end of the block that made it grow is its overshoot. What is compared with the limit leaves out what the
// allocator itself has put above that block.
//
// Arguments: size=BYTES total_mib=MIB; with until_null=1 it goes on until malloc refuses (linked with a maximum), and
// prints how much of the maximum was handed out.

#include <cstdlib>

#include "support/bench.h"

extern "C" unsigned char __heap_base;

int main(int argc, char** argv) {
  const auto size = static_cast<std::size_t>(bench::argument(argc, argv, "size", 4096));
  const double total = bench::argument(argc, argv, "total_mib", 64) * 1048576;
  const bool until_null = bench::argument(argc, argv, "until_null", 0) != 0;
  const auto base = reinterpret_cast<std::uintptr_t>(&__heap_base);
  const bench::Stopwatch watch;

  std::size_t memory = bench::memory_bytes();
  double live = 0;
  double worst_bytes = 0, worst_of_allowed = 0;
  int growths = 0;
  while (until_null || live < total) {
    void* block = std::malloc(size);
    if (!block) break;
    live += static_cast<double>(size);
    const std::size_t now = bench::memory_bytes();
    if (now == memory) continue;
    memory = now;
    growths++;
    const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(block) + size;
    const std::uintptr_t top = bench_top_of_heap();
    const double overshoot = static_cast<double>(now - end);
    const double unused = static_cast<double>(now - (top > end ? top : end));
    const double share_of_heap = 0.12 * static_cast<double>(end - base);
    const double most = share_of_heap < 4194304 ? share_of_heap : 4194304;
    // Memory grows by whole pages of 64 KiB: up to one more is rounding.
    const double allowed = most + 65536;
    if (overshoot > worst_bytes) worst_bytes = overshoot;
    if (unused / allowed > worst_of_allowed) worst_of_allowed = unused / allowed;
  }
  bench::add_result("growths", growths);
  bench::add_result("worst_bytes", worst_bytes);
  bench::add_result("worst_of_allowed", worst_of_allowed);
  bench::add_result("live_bytes", live);
  bench::report(1, watch);
}
