// Random numbers for sampling: cheap, seeded, the same on every platform.
#pragma once

#include <cstdint>

namespace tidemark {

class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) { this->seed(seed); }

  constexpr void seed(std::uint64_t seed) {
    state_ = seed + kIncrement;
    next();  // the first would be near 0 for a seed of 32 bits
  }

  /// 32 random bits (O'Neill, "PCG", 2014: XSH-RR).
  constexpr std::uint32_t next() {
    const std::uint64_t state = state_;
    state_ = state * 6364136223846793005u + kIncrement;
    const auto mixed = static_cast<std::uint32_t>(((state >> 18) ^ state) >> 27);
    const auto turn = static_cast<unsigned>(state >> 59);
    return mixed >> turn | mixed << (-turn & 31);
  }

  /// Exponentially distributed, with mean 1; without a logarithm, whose code is larger than all of this (von Neumann,
  /// "Various techniques used in connection with random digits", 1951). About five numbers are drawn.
  constexpr double exponential() {
    for (double whole = 0;; whole += 1) {
      const std::uint32_t first = next();
      std::uint32_t last = first;
      bool accept = true;
      for (std::uint32_t drawn = next(); drawn < last; drawn = next()) {
        last = drawn;
        accept = !accept;
      }
      if (accept) return whole + first * 0x1p-32;
    }
  }

 private:
  static constexpr std::uint64_t kIncrement = 1442695040888963407u;

  std::uint64_t state_ = 0;
};

}  // namespace tidemark
