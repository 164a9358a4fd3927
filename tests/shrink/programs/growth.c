/* Takes memory block by block, so that it grows again and again. */
#include <emscripten.h>
#include <stdint.h>
#include <stdlib.h>

enum { kBytes = 1 << 20 };
struct block {
  struct block* previous;
  uint32_t number;
};
static struct block* last;

/* A block of a MiB more; its number, or 0 where there is none. */
EMSCRIPTEN_KEEPALIVE uint32_t take(void) {
  struct block* const block = malloc(kBytes);
  if (block == NULL) return 0;
  block->previous = last;
  block->number = last == NULL ? 1 : last->number + 1;
  *(uint32_t*)((char*)block + kBytes - sizeof(uint32_t)) = ~block->number;
  last = block;
  return block->number;
}

/* How many blocks are what they were; they are free then. */
EMSCRIPTEN_KEEPALIVE uint32_t give_back(void) {
  uint32_t whole = 0;
  while (last != NULL) {
    struct block* const previous = last->previous;
    whole += *(uint32_t*)((char*)last + kBytes - sizeof(uint32_t)) == ~last->number;
    free(last);
    last = previous;
  }
  return whole;
}
