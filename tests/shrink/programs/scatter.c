/* 400 MB in blocks of mixed sizes, of which one in 200 stays, scattered. Some may be movable. */
#include <stdint.h>
#include <stdio.h>
#include <tidemark/movable.h>

#include "peak.h"

enum { kMost = 1 << 18 };
#ifdef SCATTER_TABLES_ON_HEAP
static unsigned char** blocks;
static tidemark_handle* handles;
static uint32_t* sizes;
__attribute__((constructor)) static void make_tables(void) {
  blocks = (unsigned char**)calloc(kMost, sizeof(*blocks));
  handles = (tidemark_handle*)calloc(kMost, sizeof(*handles));
  sizes = (uint32_t*)calloc(kMost, sizeof(*sizes));
}
#else
static unsigned char* blocks[kMost];
static tidemark_handle handles[kMost];
static uint32_t sizes[kMost];
#endif
static uint32_t count;
static int movable;
static uint32_t state = 12345;
static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

/* The tables are in memory from now on, and are no part of what the blocks take. */
EMSCRIPTEN_KEEPALIVE void touch_tables(void) {
  memset(blocks, -1, kMost * sizeof(*blocks));
  memset(handles, -1, kMost * sizeof(*handles));
  memset(sizes, -1, kMost * sizeof(*sizes));
}

/* Sizes from 16 bytes to 64 KiB, as many of each doubling. */
static uint32_t random_size(void) {
  const uint32_t low = 16u << next_random() % 12;
  return low + next_random() % low;
}

static unsigned char* content_of(uint32_t i) {
  return movable ? (unsigned char*)tidemark_movable_resolve(handles[i]) : blocks[i];
}

EMSCRIPTEN_KEEPALIVE uint32_t scatter(double bytes, int in_movable_blocks) {
  movable = in_movable_blocks;
  for (count = 0; bytes > 0 && count < kMost; ++count) {
    const uint32_t size = sizes[count] = random_size();
    if (movable) {
      handles[count] = tidemark_movable_allocate(size, 0);
    } else {
      blocks[count] = (unsigned char*)malloc(size);
    }
    if (content_of(count) == NULL) abort();
    memset(content_of(count), (int)(count & 255), size);
    bytes -= size;
  }
  return count;
}

/* Frees all but one in `one_in`; returns the bytes of those. */
EMSCRIPTEN_KEEPALIVE double keep_one_in(uint32_t one_in) {
  double live = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (sizes[i] == 0) continue;
    if (i % one_in == 0) {
      live += sizes[i];
      continue;
    }
    if (movable) {
      tidemark_movable_free(handles[i]);
    } else {
      free(blocks[i]);
    }
    sizes[i] = 0;
  }
  return live;
}

EMSCRIPTEN_KEEPALIVE uint32_t get_count(void) {
  return count;
}

EMSCRIPTEN_KEEPALIVE int whole(void) {
  int blocks_seen = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (sizes[i] == 0) continue;
    const unsigned char* const content = content_of(i);
    for (uint32_t j = 0; j < sizes[i]; ++j) {
      if (content[j] != (i & 255)) return -1;
    }
    ++blocks_seen;
  }
  return blocks_seen;
}
