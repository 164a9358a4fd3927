// The limit for micro: one size at a time, one free list threaded through the blocks, no check, nothing ever coalesced.
// Blocks come from bumping a pointer. It only serves programs whose live blocks all have one size, so it is in micro alone.

#include <stddef.h>
#include <stdint.h>

enum { kPageBytes = 65536 };
extern unsigned char __heap_base;

struct Free {
  struct Free* next;
};
static struct Free* first_free;
static uintptr_t bump;

static void* fresh(size_t n) {
  if (!bump) bump = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  const uintptr_t block = bump;
  const uintptr_t end = block + ((n + 15) & ~(size_t)15);
  const size_t memory = __builtin_wasm_memory_size(0) * (size_t)kPageBytes;
  if (end > memory) {
    const size_t n_pages = (end - memory + kPageBytes - 1) / kPageBytes;
    if (__builtin_wasm_memory_grow(0, n_pages) == (size_t)-1) return NULL;
  }
  bump = end;
  return (void*)block;
}

uintptr_t bench_top_of_heap(void) { return bump; }

void* malloc(size_t n) {
  struct Free* block = first_free;
  if (block) {
    first_free = block->next;
    return block;
  }
  return fresh(n);
}

void free(void* block) {
  if (!block) return;
  ((struct Free*)block)->next = first_free;
  first_free = block;
}

void* calloc(size_t n, size_t each) {
  char* block = malloc(n * each);
  if (block)
    for (size_t i = 0; i < n * each; i++) block[i] = 0;
  return block;
}

void* realloc(void* block, size_t n) { return block ? NULL : malloc(n); }
void* memalign(size_t alignment, size_t n) { return alignment <= 16 ? malloc(n) : NULL; }
void* aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }
void* emscripten_builtin_malloc(size_t n) { return malloc(n); }
void* emscripten_builtin_memalign(size_t alignment, size_t n) { return memalign(alignment, n); }
void* emscripten_builtin_calloc(size_t n, size_t each) { return calloc(n, each); }
void emscripten_builtin_free(void* block) { free(block); }
