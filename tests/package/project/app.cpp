// The same from C++, through new, a container, and the default flags of em++.
#include <tidemark/heap_stats.h>

#include <cstdio>
#include <vector>

int main() {
  std::puts("C++");
  tidemark_heap_stats before;
  tidemark_get_heap_stats(&before);
  std::vector<int>* volatile numbers = new std::vector<int>(250);
  tidemark_heap_stats after;
  tidemark_get_heap_stats(&after);
  std::printf("held %s %u\n", after.live_bytes - before.live_bytes >= 1000 + sizeof(*numbers) ? "1000" : "less",
              static_cast<unsigned>(after.live_blocks - before.live_blocks));
  delete numbers;
}
