// What a rule says. Three values, because a detector that must say yes or no is wrong too often either way.
//
//   clean   nothing speaks for a leak, or there is too little to go by
//   maybe   something does, and something else could explain it: shown, and no alarm
//   leak    nothing else explains it
#pragma once

#include <cstdint>

namespace tidemark {

enum class LeakVerdict : std::uint32_t { kClean = 0, kMaybe = 1, kLeak = 2 };

/// JavaScript reads it field by field: doubles first, so that there are no gaps.
struct LeakFinding {
  double confidence = 0;  // 0 … 1, in the verdict
  double bytes = 0;
  double blocks = 0;
  double rate_per_second = 0;
  LeakVerdict verdict = LeakVerdict::kClean;
  std::uint32_t reason = 0;  // the rule's own enumeration
};

}  // namespace tidemark
