#include <chrono>

#include "platform/program_clock.h"

namespace tidemark {

namespace {

class NativeClock : public Clock {
 public:
  std::uint64_t now_us() override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }
};

constinit NativeClock native_clock;

}  // namespace

Clock& program_clock() { return native_clock; }

}  // namespace tidemark
