// Eight steps a doubling: the one rounding that size classes and free-run bins share.
//
//   n       0 … 15   16 18 … 30   32 36 … 60   64 72 … 120   …
//   step    0 … 15   16 17 … 23   24 25 … 31   32 33 …  39   …
//
// Invariants (checked exhaustively in tests/unit/steps_test.cpp)
//   I1  step_value strictly increases.
//   I2  step_below(n) is the greatest step whose value is <= n; step_above(n) the least whose value is >= n.
//   I3  step_value(step_above(n)) - n < max(1, n / 8).
#pragma once

#include <bit>
#include <cstddef>

namespace tidemark {

namespace detail {
/// Bits that are dropped from `n` so that four significant ones stay.
constexpr unsigned dropped_bits(std::size_t n) { return static_cast<unsigned>(std::bit_width(n | 8)) - 4; }
}  // namespace detail

constexpr unsigned step_below(std::size_t n) {
  const unsigned dropped = detail::dropped_bits(n);
  return 8 * dropped + static_cast<unsigned>(n >> dropped);
}

/// Requires n > 0.
constexpr unsigned step_above(std::size_t n) { return step_below(n - 1) + 1; }

constexpr std::size_t step_value(unsigned step) {
  if (step < 16) return step;
  return std::size_t{8 + step % 8} << (step / 8 - 1);
}

}  // namespace tidemark
