// dlmalloc, emmalloc and mimalloc take their memory from sbrk, which never comes down.

#include <unistd.h>

#include "support/bench.h"

extern "C" std::uintptr_t bench_top_of_heap() { return reinterpret_cast<std::uintptr_t>(sbrk(0)); }
