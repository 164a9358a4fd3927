/* A program that Asyncify suspends in the middle of a call. */
#include "peak.h"

EMSCRIPTEN_KEEPALIVE int nap(int x) {
  volatile int kept = 2 * x;
  emscripten_sleep(30);
  return kept;
}
