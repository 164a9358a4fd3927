#include "leaks/rules/growth.h"

#include <algorithm>

namespace tidemark {

namespace {

// One-sided chances of a series without a trend: 0.2 % for samples; 0.6 % for valleys, of which six in strictly ascending
// order, 1 of 720, give 2.6.
constexpr double kSampleZ = 2.9;
constexpr double kValleyZ = 2.5;
constexpr double kLeastTau = 0.5;

constexpr double kFallShare = 0.12;  // of the range, to be a fall
constexpr std::size_t kLeastValleys = 6;
constexpr double kOutlasts = 2;         // the longest rise before, to be more than another one of them
constexpr double kLeastPieces = 5;      // a vector that doubles has 3
constexpr double kPlateauShare = 0.35;  // of the mean rise of a quarter
constexpr std::size_t kSlices = 8;
constexpr double kSlowingZ = -2.5;  // of eight slices, nearly all in descending order
constexpr double kSlowingShare = 0.9;
constexpr double kSmoothPieces = 20;   // of a rise that goes on all the time
constexpr double kStoppedShare = 0.2;  // of the mean rise of a slice
constexpr double kMostBend = 0.15;     // of the rise
constexpr double kLeastSpan = 0.5;     // of the window

constexpr double kLongerPast = 1.25;         // than what the samples tell of, to be asked
constexpr double kStillSlowingShare = 0.75;  // of the third quarter's rise
constexpr std::size_t kLeastFloors = 24;
constexpr double kSeldomWindows = 5;
constexpr double kSlowWindows = 3;
constexpr double kSeldomPieces = 8;
constexpr double kUsualPause = 1.5;  // of the longest between two pieces

GrowthFinding verdict(GrowthFinding result, LeakVerdict value, GrowthReason reason, double confidence) {
  result.finding.verdict = value;
  result.finding.reason = static_cast<std::uint32_t>(reason);
  result.finding.confidence = confidence;
  return result;
}

bool is(const GrowthFinding& finding, GrowthReason reason) {
  return finding.finding.reason == static_cast<std::uint32_t>(reason);
}

bool is_slow_rise(const GrowthFinding& finding) {
  return finding.finding.verdict == LeakVerdict::kMaybe && is(finding, GrowthReason::kSlow);
}

/// What could be explained by `reason`. Below the threshold that is enough to say nothing.
GrowthFinding doubt(const GrowthFinding& result, GrowthReason reason, double confidence, const GrowthOptions& options) {
  const bool below = result.finding.rate_per_second < options.threshold_per_second;
  return below ? verdict(result, LeakVerdict::kClean, GrowthReason::kSlow, 0.7)
               : verdict(result, LeakVerdict::kMaybe, reason, confidence);
}

/// What nothing explains, below the threshold.
GrowthFinding slow(const GrowthFinding& result, const GrowthOptions& options) {
  const bool lasting = result.span_ms >= kSlowWindows * options.window_ms;
  return verdict(result, lasting ? LeakVerdict::kMaybe : LeakVerdict::kClean, GrowthReason::kSlow, lasting ? 0.5 : 0.7);
}

double clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

/// Value of a series at a time, between its samples.
double value_at(const TrendPoint* samples, std::size_t n, double time_ms) {
  std::size_t i = 1;
  while (i + 1 < n && samples[i].time_ms < time_ms) ++i;
  const TrendPoint &a = samples[i - 1], &b = samples[i];
  if (b.time_ms <= a.time_ms) return b.value;
  const double share = clamp((time_ms - a.time_ms) / (b.time_ms - a.time_ms), 0, 1);
  return a.value + share * (b.value - a.value);
}

/// How far the points lie from a straight line of the trend's slope, at most, when it lies as well as it can.
double bend_of(const TrendPoint* points, std::size_t n, double slope_per_ms) {
  double least = 0, most = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double beside = points[i].value - points[0].value - slope_per_ms * (points[i].time_ms - points[0].time_ms);
    least = std::min(least, beside);
    most = std::max(most, beside);
  }
  return (most - least) / 2;
}

using Slices = std::array<TrendPoint, kSlices>;

/// What a series rose by in each eighth of its time.
Slices slices_of(const TrendPoint* points, std::size_t n) {
  const double begin_ms = points[0].time_ms, span_ms = points[n - 1].time_ms - begin_ms;
  Slices slices;
  double below = points[0].value;
  for (std::size_t i = 0; i < kSlices; ++i) {
    const double end_ms = begin_ms + span_ms * static_cast<double>(i + 1) / kSlices;
    const double value = value_at(points, n, end_ms);
    slices[i] = {end_ms, value - below};
    below = value;
  }
  return slices;
}

bool is_slowing(const Slices& slices, TrendRoom& room) {
  return trend_of(slices.data(), kSlices, room).z <= kSlowingZ &&
         slices[kSlices - 1].value < kSlowingShare * slices[0].value;
}

void make_floor(TrendPoint* points, std::size_t n) {
  for (std::size_t i = n - 1; i-- > 0;) points[i].value = std::min(points[i].value, points[i + 1].value);
}

}  // namespace

GrowthFinding GrowthRule::judge(const TrendPoint* samples, std::size_t n, const TrendPoint* floors,
                                std::size_t n_floors, const GrowthOptions& options) {
  const GrowthFinding now = judge(samples, n, options);
  if (n_floors < kLeastFloors || n == 0) return now;
  const double past_ms = floors[n_floors - 1].time_ms - floors[0].time_ms;
  const bool tells_more = past_ms >= kLongerPast * (samples[n - 1].time_ms - samples[0].time_ms);
  const auto [low, high] = std::minmax_element(
      floors, floors + n_floors, [](const TrendPoint& a, const TrendPoint& b) { return a.value < b.value; });
  if (high->value <= low->value) return now;
  const Cycles cycles = find_cycles(floors, n_floors, kFallShare * (high->value - low->value));
  if (now.finding.verdict == LeakVerdict::kLeak || is_slow_rise(now))
    return tells_more ? explain(now, floors, n_floors, cycles, options) : now;
  if (now.finding.verdict != LeakVerdict::kClean) return now;
  GrowthFinding past = judge_seldom(floors, n_floors, cycles, options);
  if (past.finding.verdict == LeakVerdict::kClean && cycles.valleys > 0) past = judge_valleys(cycles, options);
  const bool seldom = is(past, GrowthReason::kRisingForLong) && tells_more;
  if (seldom && (is(now, GrowthReason::kFlat) || is(now, GrowthReason::kFewLoads))) return past;
  return is_slow_rise(past) ? past : now;
}

/// Whether the rise since the last valley is more than another one of those before it.
bool GrowthRule::outlasts(const TrendPoint* floors, std::size_t n, const Cycles& cycles) {
  const TrendPoint &end = floors[n - 1], &valley = floors[cycles.last_valley];
  return end.time_ms - valley.time_ms > kOutlasts * cycles.longest_rise_ms ||
         end.value - valley.value > kOutlasts * cycles.highest_rise;
}

GrowthFinding GrowthRule::explain(const GrowthFinding& rise, const TrendPoint* floors, std::size_t n,
                                  const Cycles& cycles, const GrowthOptions& options) {
  if (cycles.valleys > 0 && !outlasts(floors, n, cycles)) {
    GrowthFinding of_valleys = judge_valleys(cycles, options);
    of_valleys.valleys = static_cast<std::uint32_t>(cycles.valleys);
    return of_valleys.finding.verdict == LeakVerdict::kLeak ? rise : of_valleys;
  }
  if (n - cycles.last_valley < kLeastFloors) return rise;
  const std::size_t count = reduce(floors + cycles.last_valley, n - cycles.last_valley);
  make_floor(points_.data(), count);
  const Slices slices = slices_of(points_.data(), count);
  const double third = slices[4].value + slices[5].value, last = slices[6].value + slices[7].value;
  if (is_slowing(slices, room_) && last < kStillSlowingShare * third)
    return doubt(rise, GrowthReason::kSlowing, 0.5, options);
  return rise;
}

/// Of what rises in pieces that are farther from each other than a window shows.
GrowthFinding GrowthRule::judge_seldom(const TrendPoint* floors, std::size_t n, const Cycles& cycles,
                                       const GrowthOptions& options) {
  const std::size_t first = cycles.last_valley;
  GrowthFinding result;
  if (n - first < kLeastFloors) return result;
  result = judge_rise(floors + first, n - first, options);
  const bool is_slow = is_slow_rise(result);
  if (is_slow && cycles.valleys > 0 && !outlasts(floors, n, cycles)) return {};
  if (!is_slow && result.finding.verdict != LeakVerdict::kLeak) return {};
  if (result.pieces < kSeldomPieces || (!is_slow && result.span_ms < kSeldomWindows * options.window_ms)) return {};
  // A piece counts where it is half as large as the mean one.
  const double least_piece = result.finding.bytes / result.pieces / 2;
  double last_ms = floors[first].time_ms, longest_ms = 0, level = floors[first].value;
  for (std::size_t i = first + 1; i < n; ++i) {
    if (floors[i].value - level < least_piece) continue;
    longest_ms = std::max(longest_ms, floors[i].time_ms - last_ms);
    last_ms = floors[i].time_ms;
    level = floors[i].value;
  }
  if (floors[n - 1].time_ms - last_ms > kUsualPause * longest_ms) return {};
  if (is_slow) return result;
  return verdict(result, LeakVerdict::kLeak, GrowthReason::kRisingForLong, result.finding.confidence);
}

GrowthFinding GrowthRule::judge(const TrendPoint* samples, std::size_t n, const GrowthOptions& options) {
  if (n > kMaxSamples) {
    samples += n - kMaxSamples;
    n = kMaxSamples;
  }
  GrowthFinding nothing;
  const double begin_ms = n == 0 ? 0 : samples[n - 1].time_ms - options.window_ms;
  std::size_t first = 0;  // of the window
  while (first < n && samples[first].time_ms < begin_ms) ++first;
  nothing.samples = static_cast<std::uint32_t>(n - first);
  const std::size_t least = options.min_samples < 3 ? 3 : options.min_samples;
  if (n - first < least) return verdict(nothing, LeakVerdict::kClean, GrowthReason::kTooFew, 0);

  const auto [low, high] = std::minmax_element(
      samples + first, samples + n, [](const TrendPoint& a, const TrendPoint& b) { return a.value < b.value; });
  const double range = high->value - low->value;
  nothing.span_ms = samples[n - 1].time_ms - samples[first].time_ms;
  if (range <= 0) return verdict(nothing, LeakVerdict::kClean, GrowthReason::kFlat, 1);

  const Cycles cycles = find_cycles(samples, n, kFallShare * range);
  if (cycles.valleys == 0) return judge_rise(samples + first, n - first, options);
  const std::size_t since = std::max(first, cycles.last_valley);
  const double rise_ms = samples[n - 1].time_ms - samples[cycles.last_valley].time_ms;
  const bool outlasts = rise_ms > kOutlasts * cycles.longest_rise_ms && n - since >= least &&
                        samples[n - 1].time_ms - samples[since].time_ms >= kLeastSpan * options.window_ms;
  GrowthFinding result = outlasts ? judge_rise(samples + since, n - since, options) : judge_valleys(cycles, options);
  result.valleys = static_cast<std::uint32_t>(cycles.valleys);
  return result;
}

/// Zigzag: a peak is known when the values have fallen by `least_fall` below it, a valley when they have risen as far again,
/// or when the series ends in it.
GrowthRule::Cycles GrowthRule::find_cycles(const TrendPoint* samples, std::size_t n, double least_fall) {
  Cycles cycles;
  std::size_t peak = 0, valley = 0, rise_begin = 0;
  bool falling = false;
  const auto take_valley = [&] {
    if (cycles.valleys == kMaxTrendPoints) {
      std::move(valleys_.begin() + 1, valleys_.end(), valleys_.begin());
      --cycles.valleys;
    }
    valleys_[cycles.valleys++] = samples[valley];
    cycles.last_valley = valley;
  };
  for (std::size_t i = 1; i < n; ++i) {
    const double value = samples[i].value;
    if (!falling) {
      if (value > samples[peak].value) peak = i;
      if (samples[peak].value - value >= least_fall) {
        cycles.longest_rise_ms = std::max(cycles.longest_rise_ms, samples[peak].time_ms - samples[rise_begin].time_ms);
        cycles.highest_rise = std::max(cycles.highest_rise, samples[peak].value - samples[rise_begin].value);
        falling = true;
        valley = i;
      }
      continue;
    }
    if (value < samples[valley].value) valley = i;
    if (value - samples[valley].value >= least_fall) {
      take_valley();
      falling = false;
      rise_begin = valley;
      peak = i;
    }
  }
  if (falling) take_valley();
  return cycles;
}

GrowthFinding GrowthRule::judge_valleys(const Cycles& cycles, const GrowthOptions& options) {
  GrowthFinding result;
  result.samples = static_cast<std::uint32_t>(cycles.valleys);
  const TrendPoint &first = valleys_[0], &last = valleys_[cycles.valleys - 1];
  result.span_ms = last.time_ms - first.time_ms;
  if (cycles.valleys < 3) return verdict(result, LeakVerdict::kClean, GrowthReason::kCycles, 0.5);
  const Trend trend = trend_of(valleys_.data(), cycles.valleys, room_);
  result.tau = trend.tau;
  result.z = trend.z;
  result.finding.bytes = last.value - first.value;
  result.finding.rate_per_second = trend.slope_per_ms * 1000;
  if (trend.tau < kLeastTau || trend.slope_per_ms <= 0)
    return verdict(result, LeakVerdict::kClean, GrowthReason::kCycles, 0.9);
  if (cycles.valleys < kLeastValleys || trend.z < kValleyZ) return doubt(result, GrowthReason::kCycles, 0.4, options);
  if (bend_of(valleys_.data(), cycles.valleys, trend.slope_per_ms) > kMostBend * result.finding.bytes)
    return doubt(result, GrowthReason::kUneven, 0.4, options);
  if (result.span_ms < kLeastSpan * options.window_ms) return doubt(result, GrowthReason::kShort, 0.5, options);
  if (result.finding.rate_per_second < options.threshold_per_second) return slow(result, options);
  return verdict(result, LeakVerdict::kLeak, GrowthReason::kRisingValleys,
                 clamp(0.6 + (trend.z - kValleyZ) / 10, 0, 0.95));
}

/// Draws samples together: as many as there may be points, each the least value of its part of the time.
std::size_t GrowthRule::reduce(const TrendPoint* samples, std::size_t n) {
  if (n <= kMaxTrendPoints) {
    std::copy(samples, samples + n, points_.begin());
    return n;
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < kMaxTrendPoints; ++i) {
    const std::size_t begin = i * n / kMaxTrendPoints, end = (i + 1) * n / kMaxTrendPoints;
    points_[count++] = *std::min_element(samples + begin, samples + end,
                                         [](const TrendPoint& a, const TrendPoint& b) { return a.value < b.value; });
  }
  return count;
}

GrowthFinding GrowthRule::judge_rise(const TrendPoint* samples, std::size_t n, const GrowthOptions& options) {
  GrowthFinding result;
  result.samples = static_cast<std::uint32_t>(n);
  result.span_ms = samples[n - 1].time_ms - samples[0].time_ms;
  const std::size_t count = reduce(samples, n);
  const Trend trend = trend_of(points_.data(), count, room_);
  result.tau = trend.tau;
  result.z = trend.z;

  make_floor(points_.data(), count);
  const double begin_ms = points_[0].time_ms, span_ms = points_[count - 1].time_ms - begin_ms;
  const double rise = points_[count - 1].value - points_[0].value;
  result.finding.bytes = rise;
  result.finding.rate_per_second = trend.slope_per_ms * 1000;
  if (trend.tau < kLeastTau || trend.z < kSampleZ || rise <= 0 || span_ms <= 0)
    return verdict(result, LeakVerdict::kClean, GrowthReason::kFlat, 0.9);

  double squares = 0;
  for (std::size_t i = 1; i < count; ++i) {
    const double piece = points_[i].value - points_[i - 1].value;
    squares += piece * piece;
  }
  result.pieces = rise * rise / squares;
  if (result.pieces < kLeastPieces) return verdict(result, LeakVerdict::kClean, GrowthReason::kFewLoads, 0.8);

  const Slices slices = slices_of(points_.data(), count);
  const double last_quarter = slices[kSlices - 2].value + slices[kSlices - 1].value;
  if (last_quarter < kPlateauShare * rise / 4) return verdict(result, LeakVerdict::kClean, GrowthReason::kPlateau, 0.9);
  if (result.pieces >= kSmoothPieces && slices[kSlices - 1].value < kStoppedShare * rise / kSlices)
    return verdict(result, LeakVerdict::kClean, GrowthReason::kPlateau, 0.8);
  // Few pieces make ragged slices: the median slope may be 0 where the ends are far apart.
  const double rate = std::max(result.finding.rate_per_second, std::min(rise, 4 * last_quarter) / span_ms * 1000);
  result.finding.rate_per_second = rate;
  if (is_slowing(slices, room_)) return doubt(result, GrowthReason::kSlowing, 0.5, options);
  if (bend_of(points_.data(), count, rate / 1000) > kMostBend * rise)
    return doubt(result, GrowthReason::kUneven, 0.4, options);
  if (result.span_ms < kLeastSpan * options.window_ms) return doubt(result, GrowthReason::kShort, 0.5, options);
  if (rate < options.threshold_per_second) return slow(result, options);
  const double seen = clamp(result.span_ms / options.window_ms, 0, 1);
  return verdict(result, LeakVerdict::kLeak, GrowthReason::kRising,
                 clamp(0.55 + 0.25 * seen + (trend.z - kSampleZ) / 40, 0, 0.98));
}

}  // namespace tidemark
