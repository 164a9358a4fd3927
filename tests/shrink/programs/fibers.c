/* Three fibers that take turns, each in the middle of a loop while the others and JavaScript run. */
#include <emscripten/fiber.h>

#include "peak.h"

enum { kFibers = 3, kStackBytes = 32768 };

typedef struct {
  emscripten_fiber_t fiber;
  char stack[kStackBytes] __attribute__((aligned(16)));
  char unwound[kStackBytes];
  int step;
  int sum;
} Worker;

static emscripten_fiber_t caller;
static char caller_unwound[kStackBytes];
static Worker* workers[kFibers];

static void run(void* argument) {
  Worker* const self = (Worker*)argument;
  for (int i = 1;; ++i) {
    self->sum += i * self->step;
    emscripten_fiber_swap(&self->fiber, &caller);
  }
}

EMSCRIPTEN_KEEPALIVE void start_fibers(void) {
  emscripten_fiber_init_from_current_context(&caller, caller_unwound, sizeof(caller_unwound));
  for (int i = 0; i < kFibers; ++i) {
    Worker* const worker = workers[i] = (Worker*)calloc(1, sizeof(Worker));
    worker->step = i + 1;
    emscripten_fiber_init(&worker->fiber, run, worker, worker->stack, kStackBytes, worker->unwound, kStackBytes);
  }
}

EMSCRIPTEN_KEEPALIVE void turn_of(int i) { emscripten_fiber_swap(&caller, &workers[i]->fiber); }
EMSCRIPTEN_KEEPALIVE int sum_of(int i) { return workers[i]->sum; }
