// QuickJS on workload.js: one runtime is made, runs the script, and is freed.

#include <cstdlib>

#include "support/bench.h"

extern "C" {
#include <quickjs.h>
}

namespace {
const char script[] =
#include "workload_js.inc"
    ;
}  // namespace

int main(int argc, char** argv) {
  const bench::Stopwatch watch;
  JSRuntime* runtime = JS_NewRuntime();
  JSContext* context = runtime ? JS_NewContext(runtime) : nullptr;
  if (!context) std::abort();
  JSValue function = JS_Eval(context, script, sizeof script - 1, "workload.js", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(function)) std::abort();
  JSValue scale = JS_NewFloat64(context, bench::argument(argc, argv, "scale", 1));
  JSValue result = JS_Call(context, function, JS_UNDEFINED, 1, &scale);
  double sum = 0;
  if (JS_IsException(result) || JS_ToFloat64(context, &sum, result) != 0) std::abort();
  bench::note_peak();
  JS_FreeValue(context, result);
  JS_FreeValue(context, function);
  JS_FreeContext(context);
  JS_FreeRuntime(runtime);
  bench::report(static_cast<std::uint32_t>(sum), watch);
}
