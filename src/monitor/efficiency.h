// How well a program uses its memory: 0-100, and 100 is a heap with no waste. docs/monitoring.md says the same to users.
//
//   part            weight   1 is                                    0 is
//   use of pages      50     all that the heap holds is live blocks  none of it
//   wholeness         20     what is free is in one piece            all the heap is free, in crumbs
//   steadiness        10     live memory does not grow               it doubles within a minute
//   reclaim           20     nothing could be given back             all of linear memory could
//
// What is not known is left out, and the other weights count for more.
#pragma once

#include <cmath>

#include "monitor/sample.h"

namespace tidemark {

namespace detail {
inline double within_one(double part) { return part < 0 ? 0 : part > 1 ? 1 : part; }
}  // namespace detail

/// Of a sample whose growth_rate is there already.
inline double efficiency_of(const Sample& sample) {
  double score = 0, weights = 0;
  const auto add = [&](double weight, double part) {
    if (std::isnan(part)) return;
    score += weight * detail::within_one(part);
    weights += weight;
  };
  const double held = std::isnan(sample.reserved_bytes) ? sample.allocated_bytes : sample.reserved_bytes;
  add(50, held == 0 ? 1 : sample.used_bytes / held);
  // Crumbs matter by how much of the heap they are.
  const double crumbs = sample.free_bytes - sample.largest_free_bytes;
  add(20, crumbs <= 0 ? 1 : 1 - crumbs / (sample.free_bytes + sample.used_bytes));
  const double filled = filled_bytes(sample);
  add(10, sample.growth_rate <= 0 ? 1 : filled == 0 ? 0 : 1 - sample.growth_rate * 60 / filled);
  add(20, 1 - sample.releasable_bytes / sample.allocated_bytes);
  return 100 * score / weights;
}

}  // namespace tidemark
