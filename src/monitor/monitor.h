// The monitor of one program's memory, this one's or a foreign one's: samples are given to it, and it keeps the history,
// the peaks, the rates, the score and the warnings. It reads no clock and no heap.
#pragma once

#include <algorithm>

#include "monitor/efficiency.h"
#include "monitor/history.h"
#include "monitor/thresholds.h"

namespace tidemark {

class Monitor {
 public:
  /// Rates are measured over this long, or from the last sample before where that has none that is old enough.
  static constexpr double kRateWindowMs = 10'000;
  /// What is closer together says nothing: two blocks within a millisecond are no gigabytes a second.
  static constexpr double kLeastRateMs = 100;
  static constexpr std::size_t kMostFitted = 32;

  Monitor(Sample* samples, std::size_t capacity) : history_(samples, capacity) {}

  Thresholds& thresholds() { return thresholds_; }
  const Thresholds& thresholds() const { return thresholds_; }
  const History& history() const { return history_; }

  /// Fills in what is derived, and does nothing else.
  void derive(Sample& sample) const {
    sample.growth_rate = growth_rate(sample);
    sample.allocation_rate = allocation_rate(sample);
    sample.efficiency = efficiency_of(sample);
  }

  /// Takes a sample in, and returns the level to warn of. One whose time is before that of the last is given its time.
  Level take(Sample& sample) {
    if (history_.count() > 0 && !(sample.time_ms >= last().time_ms)) sample.time_ms = last().time_ms;
    derive(sample);
    note_peaks(sample);
    history_.add(sample);
    return thresholds_.rise_to(utilization_of(sample));
  }

  /// Peaks may be higher than any sample: malloc notes its own.
  void note_peaks(const Sample& sample) {
    if (sample.allocated_bytes > peak_allocated_bytes_) peak_allocated_bytes_ = sample.allocated_bytes;
    if (sample.used_bytes > peak_used_bytes_ || std::isnan(peak_used_bytes_)) peak_used_bytes_ = sample.used_bytes;
  }
  double peak_allocated_bytes() const { return peak_allocated_bytes_; }
  double peak_used_bytes() const { return peak_used_bytes_; }

  /// Bytes in use at which the next warning would be due.
  double next_mark(double limit_bytes) const { return thresholds_.next() / 100 * limit_bytes; }

 private:
  const Sample& last() const { return history_[history_.count() - 1]; }

  /// Number of the sample that begins the window that `now` ends; count() when there is none, or none that is
  /// kLeastRateMs before it. All in it are of one series: of bytes in use, or, as long as those aren't known, of memory.
  std::size_t window_begin(const Sample& now) const {
    const auto is_alike = [&](const Sample& sample) {
      return std::isnan(sample.used_bytes) == std::isnan(now.used_bytes);
    };
    const auto is_before = [&](const Sample& sample) {
      return !is_alike(sample) || now.time_ms - sample.time_ms > kRateWindowMs;
    };
    const Sample* const samples = history_.data();
    const Sample* begin = std::partition_point(samples, samples + history_.count(), is_before);
    const auto is_near = [&] {
      return begin == samples + history_.count() || now.time_ms - begin->time_ms < kLeastRateMs;
    };
    if (is_near() && begin != samples && is_alike(begin[-1])) --begin;
    return is_near() ? history_.count() : static_cast<std::size_t>(begin - samples);
  }

  /// Slope of the straight line through the window's samples, by least squares; 0 where there is none. Of more samples than
  /// kMostFitted only some are taken, evenly.
  double growth_rate(const Sample& now) const {
    double n = 1, mean_s = 0, mean_bytes = filled_bytes(now), s_s = 0, s_bytes = 0;
    const std::size_t begin = window_begin(now), stride = (history_.count() - begin) / kMostFitted + 1;
    for (std::size_t i = begin; i < history_.count(); i += stride) {
      const double seconds = (history_[i].time_ms - now.time_ms) / 1000;
      const double bytes = filled_bytes(history_[i]);
      n += 1;
      const double off_s = seconds - mean_s;  // Welford: sums of squares without large differences
      mean_s += off_s / n;
      s_s += off_s * (seconds - mean_s);
      s_bytes += off_s * (bytes - mean_bytes) * (n - 1) / n;
      mean_bytes += (bytes - mean_bytes) / n;
    }
    return s_s > 0 ? s_bytes / s_s : 0;
  }

  /// NaN where it isn't known.
  double allocation_rate(const Sample& now) const {
    const std::size_t begin = window_begin(now);
    if (begin == history_.count()) return __builtin_nan("");
    return (now.total_bytes - history_[begin].total_bytes) * 1000 / (now.time_ms - history_[begin].time_ms);
  }

  History history_;
  Thresholds thresholds_;
  double peak_allocated_bytes_ = 0;
  double peak_used_bytes_ = __builtin_nan("");
};

}  // namespace tidemark
