// The platform's own clock: clock_wasm.cpp, clock_native.cpp.
#pragma once

#include "platform/clock.h"

namespace tidemark {

Clock& program_clock();

}  // namespace tidemark
