/* What every program of these tests has: a moment in which its memory is large. */
#include <emscripten.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C"
#endif
    EMSCRIPTEN_KEEPALIVE int
    peak(size_t bytes) {
  char* volatile block = (char*)malloc(bytes);
  if (block == NULL) return 0;
  memset(block, 0x5a, bytes);
  free(block);
  return 1;
}
