/* What comes later: main loop, timers, files that are open. */
#include <emscripten/eventloop.h>
#include <emscripten/html5.h>
#include <stdio.h>

#include "peak.h"

static int frames, calls, ticks;
static FILE* file;

static void frame(void) { ++frames; }
static void called(void* data) { calls += *(int*)data; }
static void tick(void* data) { ticks += (int)(size_t)data; }

EMSCRIPTEN_KEEPALIVE int get_frames(void) { return frames; }
EMSCRIPTEN_KEEPALIVE int get_calls(void) { return calls; }
EMSCRIPTEN_KEEPALIVE int get_ticks(void) { return ticks; }

EMSCRIPTEN_KEEPALIVE void begin(void) {
  int* const data = (int*)malloc(sizeof(int));
  *data = 5;
  emscripten_async_call(called, data, 30);
  emscripten_set_interval(tick, 1, (void*)2);
}

EMSCRIPTEN_KEEPALIVE int open_file(void) {
  file = fopen("/notes.txt", "w+");
  return file != NULL && fputs("before\n", file) >= 0; /* stays in the buffer of the stream */
}
EMSCRIPTEN_KEEPALIVE int write_line(void) { return fputs("after\n", file) >= 0 && fflush(file) == 0; }
EMSCRIPTEN_KEEPALIVE int read_embedded(void) {
  char line[32] = "";
  FILE* const embedded = fopen("/embedded.txt", "r");
  if (embedded == NULL) return -1;
  if (fgets(line, sizeof(line), embedded) == NULL) return -2;
  fclose(embedded);
  return (int)strlen(line);
}

int main(void) {
  int local = 77; /* in a frame that simulate_infinite_loop leaves on the stack */
  volatile int* const kept = &local;
  emscripten_set_main_loop(frame, 200, 1);
  return *kept;
}
