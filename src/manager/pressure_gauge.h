// How near a limit is: the one place where bytes become a level.
//
// Hysteresis  A level is left only when the use is kReleaseShare of the hard limit below where it began: a use that swings
//             around a mark doesn't make handlers run at every swing.
#pragma once

#include <cstddef>

#include "tidemark/manager.h"

namespace tidemark {

class PressureGauge {
 public:
  static constexpr std::size_t kReleaseShare = 20;  // 1/20 is 5 %

  constexpr PressureGauge() = default;

  constexpr void configure(const tidemark_limits& limits) {
    const std::size_t hard = limits.hard_bytes;
    const std::size_t near_hard = hard - hard / 20;
    marks_[TIDEMARK_PRESSURE_LOW] = limits.soft_bytes - limits.soft_bytes / 5;
    marks_[TIDEMARK_PRESSURE_MEDIUM] = limits.soft_bytes;
    marks_[TIDEMARK_PRESSURE_HIGH] = limits.critical_bytes;
    marks_[TIDEMARK_PRESSURE_CRITICAL] = near_hard > limits.critical_bytes ? near_hard : limits.critical_bytes;
    release_bytes_ = hard / kReleaseShare;
  }

  /// The level now, with `live_bytes` in use.
  constexpr tidemark_pressure read(std::size_t live_bytes) {
    int level = level_;
    while (level < kHighest && reaches(level + 1, live_bytes)) ++level;
    // Not only the next one: where two marks are equal, both are reached or neither is.
    for (int above = kHighest; above > level; --above) {
      if (reaches(above, live_bytes)) level = above;
    }
    if (level == level_) {
      while (level > 0 && (marks_[level] == 0 || live_bytes + release_bytes_ < marks_[level])) --level;
    }
    level_ = level;
    return static_cast<tidemark_pressure>(level);
  }

  /// The least use above `live_bytes` at which the level rises; SIZE_MAX when there is none.
  constexpr std::size_t next_mark(std::size_t live_bytes) const {
    for (int level = level_ + 1; level <= kHighest; ++level) {
      if (marks_[level] > live_bytes) return marks_[level];
    }
    return ~std::size_t{0};
  }

 private:
  static constexpr int kHighest = TIDEMARK_PRESSURE_CRITICAL;

  constexpr bool reaches(int level, std::size_t live_bytes) const {
    return marks_[level] != 0 && live_bytes >= marks_[level];
  }

  std::size_t marks_[kHighest + 1] = {};
  std::size_t release_bytes_ = 0;
  int level_ = 0;
};

}  // namespace tidemark
