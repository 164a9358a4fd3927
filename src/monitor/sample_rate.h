// How many bytes lie between two samples of the profiler: exponentially distributed, so that every byte has the same chance,
// whatever the program's habits (a Poisson process over bytes).
//
// Cost        A stack costs microseconds, and a program that only allocates takes 512 KiB in tens of them. So the mean
//             rises while samples take a larger share of the time than they may, and falls back to the chosen one
//             afterwards. Each sample is weighted with the mean that it was drawn with: what is estimated stays right,
//             and only gets less sharp.
// Strides     A program that never returns to JavaScript must not wait for a sample gigabytes away when it allocates less
//             again. So the way to a sample is gone in strides: how far it still is has, after any of them, the same
//             distribution as in the beginning, and is drawn anew, with what the mean is by then.
#pragma once

#include <cstddef>
#include <cstdint>

#include "monitor/random.h"

namespace tidemark {

class SampleRate {
 public:
  static constexpr double kDefaultMeanBytes = 512 * 1024;
  static constexpr double kDefaultShare = 0.005;

  constexpr SampleRate() = default;

  /// A mean of 0 is every allocation. `share` of the time is what samples may take; 0 is all that they want.
  void configure(double mean_bytes, double share, double now_us) {
    chosen_bytes_ = mean_bytes;
    share_ = share;
    mean_bytes_ = mean_bytes;
    begin_batch(now_us);
  }

  void seed(std::uint64_t seed) { random_.seed(seed); }

  double mean_bytes() const { return mean_bytes_; }
  constexpr bool exact() const { return mean_bytes_ == 0; }
  bool throttled() const { return mean_bytes_ > chosen_bytes_; }

  static constexpr std::size_t kStrideBytes = 256 * 1024 * 1024;

  /// Bytes until the next sample, or until the end of the stride, where strides() is true.
  constexpr std::size_t draw() {
    strides_ = false;
    if (exact()) return 0;
    const double bytes = random_.exponential() * mean_bytes_;
    strides_ = bytes >= kStrideBytes;
    return strides_ ? kStrideBytes : static_cast<std::size_t>(bytes) + 1;
  }

  /// Whether there is no sample where the last draw() leads to, and it is to be drawn again there.
  constexpr bool strides() const { return strides_; }

  /// A sample was taken from `begin_us` to `end_us`. Whether the mean has changed, and a new number must be drawn.
  bool sampled(double begin_us, double end_us) {
    if (exact() || share_ == 0) return false;
    spent_us_ += end_us - begin_us;
    ++batch_;
    // Deep stacks of large functions take a millisecond: some of these are enough to know.
    if (batch_ < kBatch && (batch_ < 2 || spent_us_ < kMostBatchUs)) return false;
    // Clocks of browsers advance in steps: what seems to have cost less than a capture can, has cost that.
    const double least_us = batch_ * kLeastUs;
    const double spent_us = spent_us_ > least_us ? spent_us_ : least_us;
    cost_us_ = spent_us / batch_;
    const double before = mean_bytes_;
    adjust(spent_us / share_, end_us - batch_began_us_);
    begin_batch(end_us);
    return mean_bytes_ != before;
  }

  /// Without samples there is nobody to see that they have become rare: to be called now and then while throttled().
  /// Whether the mean has changed, and a new number must be drawn.
  bool relax(double now_us) {
    if (!throttled()) return false;
    // Chance alone makes the way to a sample eight times as long as the mean once in 3000.
    constexpr double kSureness = 8;
    const double wanted_us = (batch_ > 1 ? batch_ : 1) * cost_us_ / share_;
    const double elapsed_us = now_us - batch_began_us_;
    if (elapsed_us < kSureness * wanted_us) return false;
    adjust(wanted_us, elapsed_us);
    begin_batch(now_us);
    return true;
  }

 private:
  static constexpr int kBatch = 16;
  static constexpr double kMostBatchUs = 2000;
  static constexpr double kLeastUs = 5;
  static constexpr double kMostBytes = 64.0 * 1024 * 1024 * 1024;
  static constexpr double kMostStep = 64;

  void begin_batch(double now_us) {
    batch_ = 0;
    spent_us_ = 0;
    batch_began_us_ = now_us;
  }

  /// The last batch should have taken `wanted_us`, and took `elapsed_us`.
  void adjust(double wanted_us, double elapsed_us) {
    double step = elapsed_us * kMostStep > wanted_us ? wanted_us / elapsed_us : kMostStep;
    if (step < 1 / kMostStep) step = 1 / kMostStep;
    mean_bytes_ *= step;
    if (mean_bytes_ > kMostBytes) mean_bytes_ = kMostBytes;
    if (mean_bytes_ < chosen_bytes_) mean_bytes_ = chosen_bytes_;
  }

  double mean_bytes_ = kDefaultMeanBytes;
  double chosen_bytes_ = kDefaultMeanBytes;
  double share_ = kDefaultShare;
  double batch_began_us_ = 0;
  double spent_us_ = 0;
  double cost_us_ = kLeastUs;  // of a sample, on average over the last batch
  int batch_ = 0;
  bool strides_ = false;
  Random random_{0x7469'6465'6d61'726bu};
};

}  // namespace tidemark
