// The workload's only source of chance: SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
// generators", section 4), so that every run, on every allocator and in every engine, sees the same rows.
#pragma once

#include <cstdint>

namespace sqlite_example {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

  /// A number in [0, bound). Requires 0 < bound.
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(static_cast<std::uint32_t>(next())) * bound) >> 32);
  }

  /// A number in [0, bound), small ones far more often than large ones, as words are used in a language.
  constexpr std::uint32_t skewed_below(std::uint32_t bound) {
    const std::uint32_t once = below(bound) + 1;
    return below(once);
  }

 private:
  std::uint64_t state_;
};

}  // namespace sqlite_example
