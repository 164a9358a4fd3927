// The malloc family of C. C++'s operators new and delete come from the C++ library and call these.
//
// Every name is weak, as in any malloc of Emscripten's: a program's own malloc wins, and finds this one under its
// emscripten_builtin_ name.
#include <cerrno>
#include <cstdint>

#include "heap/heap_shrink.h"
#include "override/global_heap.h"
#ifdef TIDEMARK_OBSERVED
#include "override/program_listener.h"
#endif
#ifdef TIDEMARK_HARDEN
#include <unistd.h>

#include "heap/hardened_heap.h"
#endif

namespace tidemark {

#ifdef TIDEMARK_OBSERVED
constinit Heap<WasmPages, ProgramObserver> observed::global_heap(WasmPages{}, HeapMeter{program_listener});
#elif defined(TIDEMARK_HARDEN)
constinit Heap<WasmPages, ProgramObserver> hardened::global_heap;
#elif defined(TIDEMARK_SMALL_HEAP)
constinit Heap<WasmPages, ProgramObserver> small::global_heap;
#else
constinit Heap<WasmPages, ProgramObserver> unobserved::global_heap;
#endif

namespace {

#ifdef TIDEMARK_HARDEN
constinit HardenedHeap<WasmPages, ProgramObserver> serving_heap(global_heap);

/// What is allocated before the program begins comes in an order that can be foretold.
[[gnu::constructor]] void seed_slots() {
  std::uint32_t seed = 0;
  if (getentropy(&seed, sizeof(seed)) == 0) global_heap.observer().seed(seed);
}
#else
constexpr auto& serving_heap = global_heap;
#endif

bool is_power_of_two(std::size_t value) { return std::has_single_bit(value); }

}  // namespace

}  // namespace tidemark

using tidemark::global_heap;
using tidemark::serving_heap;

#define TIDEMARK_ALIAS(alias_name, name) \
  extern decltype(name) alias_name __attribute__((weak, alias(#name)))  // NOLINT(bugprone-macro-parentheses)

extern "C" {

void* tidemark_malloc(std::size_t n_bytes) { return serving_heap.allocate(n_bytes); }

void tidemark_free(void* block) { serving_heap.free(block); }

void* tidemark_calloc(std::size_t count, std::size_t each_bytes) {
  std::size_t n_bytes;
  if (__builtin_mul_overflow(count, each_bytes, &n_bytes)) n_bytes = SIZE_MAX;  // which no heap has
  return serving_heap.allocate_zeroed(n_bytes);
}

void* tidemark_realloc(void* block, std::size_t n_bytes) {
  const int error = errno;
  void* const moved = serving_heap.reallocate(block, n_bytes);
  if (moved != nullptr) errno = error;  // there was no memory to move to, and no need to
  return moved;
}

void* tidemark_reallocarray(void* block, std::size_t count, std::size_t each_bytes) {
  std::size_t n_bytes;
  if (__builtin_mul_overflow(count, each_bytes, &n_bytes)) n_bytes = SIZE_MAX;
  return serving_heap.reallocate(block, n_bytes);
}

void* tidemark_memalign(std::size_t alignment, std::size_t n_bytes) {
  if (!tidemark::is_power_of_two(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return serving_heap.allocate_aligned(alignment, n_bytes);
}

int tidemark_posix_memalign(void** out, std::size_t alignment, std::size_t n_bytes) {
  if (!tidemark::is_power_of_two(alignment) || alignment < sizeof(void*)) return EINVAL;
  void* const block = serving_heap.allocate_aligned(alignment, n_bytes);
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}

/// At the beginning of a page, as getpagesize() has them.
void* tidemark_valloc(std::size_t n_bytes) { return serving_heap.allocate_aligned(tidemark::kPageBytes, n_bytes); }

/// The same, of whole pages.
void* tidemark_pvalloc(std::size_t n_bytes) {
  constexpr std::size_t kMost = SIZE_MAX - (tidemark::kPageBytes - 1);
  return tidemark_valloc(n_bytes > kMost ? SIZE_MAX : tidemark::round_up(n_bytes, tidemark::kPageBytes));
}

std::size_t tidemark_malloc_usable_size(void* block) { return serving_heap.usable_bytes(block); }

/// Gives back what is kept for speed, and puts the heap's own data as low as it goes; whether the top came down.
int tidemark_malloc_trim(std::size_t) {
  // No instruction, but a mark of the object: what has anything atomic in it and was compiled without threads is refused by the
  // linker where memory is shared (-pthread, -sWASM_WORKERS). Else it would link, and two threads would spoil the heap.
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  const auto top = global_heap.top();
#ifdef TIDEMARK_HARDEN
  serving_heap.empty_quarantine();
#endif
  tidemark::HeapShrink(global_heap).settle();
  return global_heap.top() < top;
}

TIDEMARK_ALIAS(malloc, tidemark_malloc);
TIDEMARK_ALIAS(free, tidemark_free);
TIDEMARK_ALIAS(calloc, tidemark_calloc);
TIDEMARK_ALIAS(realloc, tidemark_realloc);
TIDEMARK_ALIAS(reallocarray, tidemark_reallocarray);
TIDEMARK_ALIAS(memalign, tidemark_memalign);
TIDEMARK_ALIAS(aligned_alloc, tidemark_memalign);
TIDEMARK_ALIAS(posix_memalign, tidemark_posix_memalign);
TIDEMARK_ALIAS(valloc, tidemark_valloc);
TIDEMARK_ALIAS(pvalloc, tidemark_pvalloc);
TIDEMARK_ALIAS(malloc_usable_size, tidemark_malloc_usable_size);
TIDEMARK_ALIAS(malloc_trim, tidemark_malloc_trim);

TIDEMARK_ALIAS(emscripten_builtin_malloc, tidemark_malloc);
TIDEMARK_ALIAS(emscripten_builtin_free, tidemark_free);
TIDEMARK_ALIAS(emscripten_builtin_calloc, tidemark_calloc);
TIDEMARK_ALIAS(emscripten_builtin_realloc, tidemark_realloc);
TIDEMARK_ALIAS(emscripten_builtin_memalign, tidemark_memalign);

TIDEMARK_ALIAS(__libc_malloc, tidemark_malloc);
TIDEMARK_ALIAS(__libc_free, tidemark_free);
TIDEMARK_ALIAS(__libc_calloc, tidemark_calloc);
TIDEMARK_ALIAS(__libc_realloc, tidemark_realloc);

}  // extern "C"
