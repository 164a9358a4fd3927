// Trends that a few odd samples can't feign: the slope is the median of the slopes between all pairs (Theil 1950, Sen 1968),
// and whether there is a trend at all is told by the ranks alone (Mann 1945, Kendall 1975, with the correction for ties).
//
// Memory  The slopes of all pairs, in room that the caller has; nothing is allocated.
// Cost    Quadratic: 2,016 pairs for 64 points.
#pragma once

#include <array>
#include <cstddef>

namespace tidemark {

struct TrendPoint {
  double time_ms = 0;
  double value = 0;
};

/// More samples than these are drawn together first (growth.h).
inline constexpr std::size_t kMaxTrendPoints = 64;

struct TrendRoom {
  std::array<double, kMaxTrendPoints*(kMaxTrendPoints - 1) / 2> slopes{};
};

struct Trend {
  double slope_per_ms = 0;
  double tau = 0;  // share of pairs that rise, less the share of those that fall: -1 … 1
  double z = 0;    // standard deviations of tau, were there no trend; 0 without variation
};

/// Of samples at ascending times. A pair at one time counts for the ranks, not for the slope.
/// Requires  n <= kMaxTrendPoints.
Trend trend_of(const TrendPoint* samples, std::size_t n, TrendRoom& room);

}  // namespace tidemark
