/* Static data, stack, heap, function pointers: what any C program consists of. */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include "peak.h"

static int counter = 7;        /* .data: an instantiation writes it anew */
static int zeroed_later = 1;   /* .data that becomes 0 */
static int untouched[1 << 20]; /* .bss */
static _Thread_local int local = 5;
static const char* text = "read-only text";

EMSCRIPTEN_KEEPALIVE int bump(void) { return ++counter; }
EMSCRIPTEN_KEEPALIVE void zero(void) { zeroed_later = 0; }
EMSCRIPTEN_KEEPALIVE int get_zeroed(void) { return zeroed_later; }
EMSCRIPTEN_KEEPALIVE int bump_local(void) { return ++local; }
EMSCRIPTEN_KEEPALIVE const char* get_text(void) { return text; }
EMSCRIPTEN_KEEPALIVE int length_of(const char* string) { return (int)strlen(string); }
EMSCRIPTEN_KEEPALIVE int set_bss(int index, int value) { return untouched[index] += value; }
EMSCRIPTEN_KEEPALIVE int64_t add64(int64_t a, int64_t b) { return a + b; }

typedef int (*Function)(int);
static int twice_plus_counter(int x) { return 2 * x + counter; }
static int thrice(int x) { return 3 * x; }
static Function in_static_data = thrice;
EMSCRIPTEN_KEEPALIVE Function get_function(int which) { return which ? twice_plus_counter : thrice; }
EMSCRIPTEN_KEEPALIVE int call_function(Function function, int x) { return function(x); }
EMSCRIPTEN_KEEPALIVE int call_static(int x) { return in_static_data(x); }
EM_JS(int, call_through_javascript, (Function f, int x), { return getWasmTableEntry(f)(x); });
EM_JS_DEPS(entries, "$getWasmTableEntry");

/* JavaScript of the program itself that keeps what it has called. */
EM_JS(void, keep_export, (void), { Module["keptBump"] = _bump; });
EMSCRIPTEN_KEEPALIVE void keep_bump(void) { keep_export(); }
EMSCRIPTEN_KEEPALIVE int through_javascript(int x) { return call_through_javascript(twice_plus_counter, x); }

static int depth(int n) {
  volatile char frame[256];
  memset((char*)frame, n, sizeof(frame));
  return n == 0 ? frame[0] : depth(n - 1) + (frame[255] == (char)n);
}
EMSCRIPTEN_KEEPALIVE int use_stack(int n) { return depth(n); }
EMSCRIPTEN_KEEPALIVE Function address_of_use_stack(void) { return use_stack; }

/* Blocks with known content, of mixed sizes. */
enum { kSlots = 20000 };
static unsigned char* blocks[kSlots];
static size_t sizes[kSlots];
static uint32_t state = 1;
static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}
static size_t random_size(void) {
  const uint32_t r = next_random();
  return 1 + (next_random() >> 8) % (r % 100 < 70 ? 256 : r % 100 < 97 ? 8192 : 300000);
}
static void put(int i) {
  sizes[i] = random_size();
  blocks[i] = (unsigned char*)malloc(sizes[i]);
  if (blocks[i] == NULL) abort();
  memset(blocks[i], (i * 7) & 255, sizes[i]);
}
static int is_whole(int i) {
  for (size_t j = 0; j < sizes[i]; ++j) {
    if (blocks[i][j] != ((i * 7) & 255)) return 0;
  }
  return 1;
}
EMSCRIPTEN_KEEPALIVE void fill(void) {
  for (int i = 0; i < kSlots; ++i) {
    if (blocks[i] == NULL) put(i);
  }
}
EMSCRIPTEN_KEEPALIVE void thin(int one_in) {
  for (int i = 0; i < kSlots; ++i) {
    if (i % one_in == 0 || blocks[i] == NULL) continue;
    free(blocks[i]);
    blocks[i] = NULL;
  }
}
EMSCRIPTEN_KEEPALIVE void work(int steps, uint32_t seed) {
  state = seed | 1;
  while (steps-- > 0) {
    const int i = (int)(next_random() % kSlots);
    if (blocks[i] == NULL) {
      put(i);
    } else if (next_random() % 3 == 0) {
      const size_t size = random_size(), kept = size < sizes[i] ? size : sizes[i];
      unsigned char* const moved = (unsigned char*)realloc(blocks[i], size);
      if (moved == NULL) abort();
      blocks[i] = moved;
      if (size > kept) memset(moved + kept, (i * 7) & 255, size - kept);
      sizes[i] = size;
    } else {
      free(blocks[i]);
      blocks[i] = NULL;
    }
  }
}
/* How many blocks there are, or minus the number of the first one that is not what was put there. */
EMSCRIPTEN_KEEPALIVE int verify(void) {
  int count = 0;
  for (int i = 0; i < kSlots; ++i) {
    if (blocks[i] == NULL) continue;
    if (!is_whole(i)) return -1 - i;
    ++count;
  }
  return count;
}
EMSCRIPTEN_KEEPALIVE double live_bytes(void) {
  double bytes = 0;
  for (int i = 0; i < kSlots; ++i) bytes += blocks[i] != NULL ? sizes[i] : 0;
  return bytes;
}
EMSCRIPTEN_KEEPALIVE int zeroes_are_zero(size_t bytes) {
  unsigned char* const block = (unsigned char*)calloc(1, bytes);
  for (size_t i = 0; i < bytes; ++i) {
    if (block[i] != 0) return 0;
  }
  memset(block, 0xff, bytes);
  free(block);
  return 1;
}

EM_JS(void, shrink_from_here, (void), { Module.tidemark.shrink(); });
EM_JS(void, shrink_soon_from_here, (void), { Module.soon = Module.tidemark.shrinkSoon(); });
EMSCRIPTEN_KEEPALIVE void shrink_inside(void) { shrink_from_here(); }
EMSCRIPTEN_KEEPALIVE void shrink_soon_inside(void) { shrink_soon_from_here(); }

int main(void) {
  puts("main runs");
  return 0;
}
