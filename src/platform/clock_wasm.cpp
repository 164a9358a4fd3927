#include <emscripten/emscripten.h>

#include "platform/program_clock.h"

namespace tidemark {

namespace {

class WasmClock : public Clock {
 public:
  std::uint64_t now_us() override { return static_cast<std::uint64_t>(emscripten_get_now() * 1000); }
};

constinit WasmClock wasm_clock;

}  // namespace

Clock& program_clock() { return wasm_clock; }

}  // namespace tidemark
