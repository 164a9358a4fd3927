// Where time comes from. Nothing reads a clock by itself: whoever works against the time is handed one.
//
//   program_clock.h   the platform's own: clock_wasm.cpp, clock_native.cpp
//   fake_clock.h      a test's
#pragma once

#include <cstdint>

namespace tidemark {

class Clock {
 public:
  /// Microseconds since some moment; never less than before. May advance in steps (a millisecond in some browsers).
  virtual std::uint64_t now_us() = 0;

 protected:
  ~Clock() = default;
};

}  // namespace tidemark
