/* A program with the runtime: what it keeps must be there after a shrink. */
#include <emscripten.h>
#include <stdlib.h>
#include <string.h>

static char* kept;

EMSCRIPTEN_KEEPALIVE const char* peak(void) {
  const size_t bytes = 64u << 20;
  if (kept == NULL) kept = strcpy((char*)malloc(16), "kept by C");
  char* volatile block = (char*)malloc(bytes); /* volatile: the compiler must not see that nobody reads it */
  if (block == NULL) abort();
  memset(block, 1, bytes);
  free(block);
  return kept;
}
