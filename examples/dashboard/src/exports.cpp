// The program's face to JavaScript: choose a workload, then step.
#include <emscripten/em_macros.h>

#include "workload.h"

using dashboard_example::Workload;

namespace {
Workload* workload = nullptr;
}

extern "C" {

/// 0 SQLite, 1 leaky, 2 fragmenting, 3 game. Once in the life of an instance.
EMSCRIPTEN_KEEPALIVE void demo_start(int kind) {
  using namespace dashboard_example;
  Workload* (*const makers[])() = {make_sqlite, make_leaky, make_fragmenting, make_game};
  workload = makers[kind]();
}

EMSCRIPTEN_KEEPALIVE const char* demo_step() { return workload->step(); }

}  // extern "C"
