/* A program that peaks at 400 MB: blocks of mixed sizes, of which one in 200 stays, scattered over all of that. */
#include <emscripten.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { kMost = 1 << 17, kOneIn = 200 };
static unsigned char* blocks[kMost];
static uint32_t sizes[kMost];
static uint32_t count;
static uint32_t freed;
static uint32_t state = 12345;

static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

/* Sizes from 16 bytes to 64 KiB, as many of each doubling. */
static uint32_t random_size(void) {
  const uint32_t low = 16u << next_random() % 12;
  return low + next_random() % low;
}

/* Returns 0 when memory is exhausted. */
EMSCRIPTEN_KEEPALIVE int allocate(double bytes) {
  while (bytes > 0 && count < kMost) {
    const uint32_t size = random_size();
    unsigned char* const block = (unsigned char*)malloc(size);
    if (block == NULL) return 0;
    memset(block, (int)(count & 255), size);
    sizes[count] = size;
    blocks[count++] = block;
    bytes -= size;
  }
  return 1;
}

/* Goes on with freeing until a `part` of the blocks, from 0 to 1, has been visited. */
EMSCRIPTEN_KEEPALIVE void free_most(double part) {
  for (; freed < part * count; ++freed) {
    if (freed % kOneIn == 0) continue;
    free(blocks[freed]);
    blocks[freed] = NULL;
  }
}

/* The bytes of the blocks that are left; -1 when one of them is not what was written into it. */
EMSCRIPTEN_KEEPALIVE double live_bytes(void) {
  double live = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (blocks[i] == NULL) continue;
    for (uint32_t j = 0; j < sizes[i]; ++j) {
      if (blocks[i][j] != (i & 255)) return -1;
    }
    live += sizes[i];
  }
  return live;
}
