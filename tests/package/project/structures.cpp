// The structures of tidemark/structures/, in a program that knows only what was installed.
#include <tidemark/heap_stats.h>
#include <tidemark/structures/compact_array.h>
#include <tidemark/structures/compact_map.h>
#include <tidemark/structures/compact_set.h>
#include <tidemark/structures/memory_efficient_cache.h>

#include <cstdio>
#include <string>

int main() {
  tidemark_heap_stats before;
  tidemark_get_heap_stats(&before);
  tidemark::CompactMap<int, double> map;
  for (int i = 0; i < 100'000; ++i) {
    if (!map.set(i * 7919, i + 0.5)) return 1;
  }
  tidemark_heap_stats after;
  tidemark_get_heap_stats(&after);
  const std::size_t held = after.live_bytes - before.live_bytes;
  std::printf("map %u %s %s\n", static_cast<unsigned>(map.size()), map.get(7919) == 1.5 ? "found" : "lost",
              held >= map.memory_usage() && map.memory_usage() <= 17u * map.size() ? "compact" : "large");

  tidemark::CompactSet<std::string> set;
  if (!set.add("a") || !set.add("b") || !set.add("a")) return 1;
  tidemark::CompactArray<float> array;
  for (int i = 0; i < 1000; ++i) {
    if (!array.push_back(static_cast<float>(i))) return 1;
  }
  tidemark::MemoryEfficientCache<std::string, int> cache(2);
  for (const char* key : {"x", "y", "z"}) {
    if (!cache.set(key, 1)) return 1;
  }
  tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
  std::printf("set %u, array %g, cache %s\n", static_cast<unsigned>(set.size()), static_cast<double>(array[999]),
              cache.get("x") ? "kept" : "evicted");
}
