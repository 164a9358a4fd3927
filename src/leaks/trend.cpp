#include "leaks/trend.h"

#include <algorithm>
#include <cmath>

namespace tidemark {

namespace {

double median_of(double* values, std::size_t n) {
  double* const middle = values + n / 2;
  std::nth_element(values, middle, values + n);
  if (n % 2 != 0) return *middle;
  return (*std::max_element(values, middle) + *middle) / 2;
}

}  // namespace

Trend trend_of(const TrendPoint* samples, std::size_t n, TrendRoom& room) {
  Trend trend;
  if (n < 2) return trend;
  std::size_t slopes = 0;
  double score = 0;  // rising pairs less falling ones
  double tied = 0;   // of Kendall's variance: the sum over groups of t equal values of t (t - 1) (2 t + 5)
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t equal_before = 0, equal = 1;
    for (std::size_t j = 0; j < i; ++j) equal_before += samples[j].value == samples[i].value;
    for (std::size_t j = i + 1; j < n; ++j) {
      const double rise = samples[j].value - samples[i].value;
      const double run = samples[j].time_ms - samples[i].time_ms;
      score += rise > 0 ? 1 : rise < 0 ? -1 : 0;
      equal += rise == 0;
      if (run > 0) room.slopes[slopes++] = rise / run;
    }
    if (equal_before == 0 && equal > 1) {
      const auto t = static_cast<double>(equal);
      tied += t * (t - 1) * (2 * t + 5);
    }
  }
  if (slopes > 0) trend.slope_per_ms = median_of(room.slopes.data(), slopes);
  const auto count = static_cast<double>(n);
  trend.tau = score / (count * (count - 1) / 2);
  const double variance = (count * (count - 1) * (2 * count + 5) - tied) / 18;
  if (variance > 0 && score != 0) trend.z = (score - (score > 0 ? 1 : -1)) / std::sqrt(variance);
  return trend;
}

}  // namespace tidemark
