// Randomness that a seed repeats, and where the seeds of a test come from.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace tidemark::testing {

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): the same on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// In [0, n); n > 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  /// In [low, high].
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// 1 … count; or the one in TIDEMARK_TEST_SEED, to replay what a failure has printed.
inline std::vector<std::uint64_t> test_seeds(std::size_t count) {
  if (const char* seed = std::getenv("TIDEMARK_TEST_SEED")) return {std::strtoull(seed, nullptr, 0)};
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t seed = 1; seed <= count; ++seed) seeds.push_back(seed);
  return seeds;
}

/// `steps`, or TIDEMARK_TEST_STEPS.
inline std::size_t test_steps(std::size_t steps) {
  if (const char* given = std::getenv("TIDEMARK_TEST_STEPS"))
    return static_cast<std::size_t>(std::strtoull(given, nullptr, 0));
  return steps;
}

}  // namespace tidemark::testing
