/* A program that Asyncify suspends in the middle of a call, and in the loop of its main(). */
#include "peak.h"

static int turns, kept_ones, stop;

EMSCRIPTEN_KEEPALIVE int nap(int x) {
  volatile int kept = 2 * x;
  emscripten_sleep(30);
  return kept;
}

/* Each frame has a part of the stack that it needs after the sleep. */
static int deep_nap(int depth, int (*function)(int)) {
  volatile char frame[512];
  memset((char*)frame, depth, sizeof(frame));
  const int below = depth == 0 ? function(21) : deep_nap(depth - 1, function);
  for (size_t i = 0; i < sizeof(frame); ++i) {
    if (frame[i] != (char)depth) return -1;
  }
  return below < 0 ? below : below + 1;
}
EMSCRIPTEN_KEEPALIVE int nap_deep_down(int depth) { return deep_nap(depth, nap); }

EMSCRIPTEN_KEEPALIVE int get_turns(void) { return turns; }
EMSCRIPTEN_KEEPALIVE int get_kept_ones(void) { return kept_ones; }
EMSCRIPTEN_KEEPALIVE void stop_main(void) { stop = 1; }

#ifdef LOOP_IN_MAIN
int main(void) {
  char text[] = "on the stack of main()";
  char* const block = strcpy((char*)malloc(sizeof(text)), text);
  while (!stop) {
    emscripten_sleep(1);
    ++turns;
    kept_ones += strcmp(text, block) == 0;
  }
  free(block);
  exit(7);
}
#endif
