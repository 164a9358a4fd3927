#include <emscripten/em_js.h>

#include "platform/program_clock.h"

// Not emscripten_get_now(), which an AudioWorklet does not have: malloc would throw there.
EM_JS(double, tidemark_now, (void), { return (globalThis.performance || Date).now(); });

namespace tidemark {

namespace {

class WasmClock : public Clock {
 public:
  std::uint64_t now_us() override { return static_cast<std::uint64_t>(tidemark_now() * 1000); }
};

constinit WasmClock wasm_clock;

}  // namespace

Clock& program_clock() { return wasm_clock; }

}  // namespace tidemark
