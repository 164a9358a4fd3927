// What is known of a program's memory at one moment. JavaScript writes and reads it in place, as a row of doubles in this
// order (web/src/monitor_memory.ts); what a kind of module can't know is NaN.
#pragma once

#include <cmath>
#include <cstddef>

namespace tidemark {

struct Sample {
  // measured
  double time_ms;
  double allocated_bytes;  // linear memory
  double used_bytes;       // in live blocks
  double reserved_bytes;   // in the heap's runs
  double free_bytes;
  double largest_free_bytes;
  double limit_bytes;
  double live_blocks;
  double total_bytes;       // allocated since the beginning
  double releasable_bytes;  // what a shrink would give back
  // derived from it and those before
  double growth_rate;      // bytes a second
  double allocation_rate;  // bytes a second
  double efficiency;       // 0-100
};

inline constexpr std::size_t kSampleFields = sizeof(Sample) / sizeof(double);

/// What fills memory, as far as it is known.
inline double filled_bytes(const Sample& sample) {
  return std::isnan(sample.used_bytes) ? sample.allocated_bytes : sample.used_bytes;
}

/// Per cent of the limit; NaN where there is none.
inline double utilization_of(const Sample& sample) { return 100 * filled_bytes(sample) / sample.limit_bytes; }

}  // namespace tidemark
