// Warnings as memory fills: each level once, when its threshold is reached from below, and again only after the use has
// been kHysteresis points below it. Whoever hovers about a threshold is warned once.
//
// A rise over several thresholds at once is one warning, of the highest; the lower ones count as given.
#pragma once

#include <cstddef>

namespace tidemark {

enum class Level { kNone, kLow, kMedium, kHigh, kCritical };

class Thresholds {
 public:
  static constexpr std::size_t kLevels = 4;
  static constexpr double kHysteresis = 5;

  /// Per cent of the limit, ascending; one above 100 and more is never reached. A warning that was given counts as given
  /// unless its threshold was raised.
  void set(const double (&percent)[kLevels]) {
    for (std::size_t i = 0; i < kLevels; ++i) {
      given_[i] = given_[i] && percent[i] <= percent_[i];
      percent_[i] = percent[i];
    }
  }

  /// The level to warn of now. A utilisation that is not known (NaN) is none.
  Level rise_to(double utilization) {
    Level warned = Level::kNone;
    for (std::size_t i = 0; i < kLevels; ++i) {
      if (utilization >= percent_[i]) {
        if (!given_[i]) warned = level(i);
        given_[i] = true;
      } else if (utilization < percent_[i] - kHysteresis) {
        given_[i] = false;
      }
    }
    return warned;
  }

  /// The highest level whose threshold the utilisation has reached.
  Level pressure(double utilization) const {
    Level reached = Level::kNone;
    for (std::size_t i = 0; i < kLevels; ++i) {
      if (utilization >= percent_[i]) reached = level(i);
    }
    return reached;
  }

  /// The lowest threshold that would give a warning when it was reached; infinite when there is none.
  double next() const {
    double next = __builtin_inf();
    for (std::size_t i = 0; i < kLevels; ++i) {
      if (!given_[i] && percent_[i] < next) next = percent_[i];
    }
    return next;
  }

  double percent(Level of) const { return percent_[static_cast<std::size_t>(of) - 1]; }

 private:
  static Level level(std::size_t index) { return static_cast<Level>(index + 1); }

  double percent_[kLevels] = {60, 75, 85, 95};
  bool given_[kLevels] = {};
};

}  // namespace tidemark
