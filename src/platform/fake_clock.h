// A clock that a test sets: it stands still, or advances by a step each time it is read.
#pragma once

#include "platform/clock.h"

namespace tidemark {

class FakeClock : public Clock {
 public:
  explicit FakeClock(std::uint64_t step_us = 0) : step_us_(step_us) {}

  std::uint64_t now_us() override {
    ++reads_;
    now_us_ += step_us_;
    return now_us_;
  }

  void advance(std::uint64_t n_us) { now_us_ += n_us; }
  std::uint64_t reads() const { return reads_; }

 private:
  std::uint64_t now_us_ = 0;
  std::uint64_t step_us_;
  std::uint64_t reads_ = 0;
};

}  // namespace tidemark
