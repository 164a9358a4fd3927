/* A program that takes memory for itself, by the instruction and behind malloc's back. */
#include <emscripten/heap.h>
#include <stdint.h>

#include "peak.h"

static unsigned char* own;
static size_t own_bytes;

/* JavaScript is not told. */
EMSCRIPTEN_KEEPALIVE void take_memory(int pages) {
  own = (unsigned char*)(__builtin_wasm_memory_grow(0, (size_t)pages) << 16);
  own_bytes = (size_t)pages << 16;
  memset(own, 0xa7, own_bytes);
}
EMSCRIPTEN_KEEPALIVE int is_whole(void) {
  for (size_t i = 0; i < own_bytes; ++i) {
    if (own[i] != 0xa7) return 0;
  }
  return 1;
}

EMSCRIPTEN_KEEPALIVE int reserve(size_t memory_bytes) { return emscripten_resize_heap(memory_bytes); }
EMSCRIPTEN_KEEPALIVE size_t get_memory_bytes(void) { return __builtin_wasm_memory_size(0) << 16; }

static uint32_t value = 1;
EMSCRIPTEN_KEEPALIVE uint32_t* get_value(void) { return &value; }
EMSCRIPTEN_KEEPALIVE void set_value(uint32_t x) { value = x; }
