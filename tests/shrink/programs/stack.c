/* What a program asks its stack about: a collector of garbage looks for pointers between its limits. */
#include <emscripten/stack.h>

#include "peak.h"

static uintptr_t* kept_on_stack;
static size_t found;

static void scan(void* begin, void* end) {
  for (uintptr_t* word = begin; word != (uintptr_t*)end; ++word) found += *word == (uintptr_t)kept_on_stack;
}

EMSCRIPTEN_KEEPALIVE uintptr_t stack_base(void) { return emscripten_stack_get_base(); }
EMSCRIPTEN_KEEPALIVE uintptr_t stack_end(void) { return emscripten_stack_get_end(); }
EMSCRIPTEN_KEEPALIVE size_t stack_free(void) { return emscripten_stack_get_free(); }

/* How many pointers to a block, of three, are found on the stack. */
EMSCRIPTEN_KEEPALIVE size_t found_on_stack(void) {
  uintptr_t* volatile pointers[3];
  kept_on_stack = malloc(sizeof(uintptr_t));
  for (int i = 0; i < 3; ++i) pointers[i] = kept_on_stack;
  found = 0;
  emscripten_scan_stack(scan);
  size_t const result = found;
  free(pointers[0]);
  return result;
}
