// The least program that uses malloc: what an allocator costs before it has done anything.

#include <cstdlib>

#include "support/bench.h"

int main() {
  const bench::Stopwatch watch;
  void* volatile block = std::malloc(100);
  const double first = bench::now_ms() - watch.start_ms;
  std::free(block);
  bench::note_peak();
  bench::add_result("first_malloc_ms", first);
  bench::report(1, watch);
}
