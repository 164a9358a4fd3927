#include "support/bench.h"

#include <emscripten.h>
#include <emscripten/heap.h>

#include <cstdlib>
#include <cstring>

extern "C" unsigned char __heap_base;

namespace {

// Results are kept in static memory and printed by JavaScript: printing must not allocate from the heap that is measured.
struct Result {
  const char* name;
  double value;
};
constexpr int kMaxResults = 128;
Result results[kMaxResults];
int n_results = 0;
std::uintptr_t highest_top = 0;

}  // namespace

// Reads through the memory itself: an allocator may have grown it without a word to JavaScript's views.
// clang-format off
EM_JS(void, bench_print_line, (const Result* first, int n, int stride), {
  const memory = new DataView(wasmMemory.buffer);
  const line = {};
  for (let i = 0; i < n; i++) {
    const at = first + i * stride;
    let name = "";
    for (let c = memory.getUint32(at, true); memory.getUint8(c); c++) name += String.fromCharCode(memory.getUint8(c));
    line[name] = memory.getFloat64(at + 8, true);
  }
  out(JSON.stringify(line));
});
EM_JS(double, bench_processor_us, (), {
  const used = process.cpuUsage();
  return used.user + used.system;
});
// clang-format on

namespace bench {

double now_ms() { return emscripten_get_now(); }

double processor_ms() { return bench_processor_us() / 1000; }

void note_peak() {
  const std::uintptr_t top = bench_top_of_heap();
  if (top > highest_top) highest_top = top;
}

std::size_t demand_bytes() {
  note_peak();
  return highest_top - reinterpret_cast<std::uintptr_t>(&__heap_base);
}

std::size_t memory_bytes() { return emscripten_get_heap_size(); }

void add_result(const char* name, double value) {
  if (n_results == kMaxResults) std::abort();
  results[n_results++] = {name, value};
}

void report(std::uint32_t checksum, const Stopwatch& watch) {
  add_result("ms", processor_ms() - watch.start_processor_ms);
  add_result("wall_ms", now_ms() - watch.start_ms);
  add_result("checksum", checksum);
  add_result("demand_bytes", static_cast<double>(demand_bytes()));
  add_result("memory_bytes", static_cast<double>(memory_bytes()));
  add_result("heap_base", static_cast<double>(reinterpret_cast<std::uintptr_t>(&__heap_base)));
  bench_print_line(results, n_results, sizeof(Result));
}

double argument(int argc, char** argv, const char* name, double otherwise) {
  const std::size_t length = std::strlen(name);
  for (int i = 1; i < argc; i++) {
    if (std::strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') return std::atof(argv[i] + length + 1);
  }
  return otherwise;
}

}  // namespace bench
