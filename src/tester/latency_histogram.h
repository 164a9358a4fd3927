// Durations, counted by size: 64 equal steps for each doubling, so that what is read back is at most 1/64 off (Tene,
// "HdrHistogram"). Below 64 every value has a count of its own. No allocation, 14 KiB.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace tidemark {

class LatencyHistogram {
 public:
  /// `value` is in nanoseconds; `weight` operations took that long.
  void record(std::uint64_t value, std::uint64_t weight) {
    counts_[index_of(std::min(value, kLargest))] += weight;
    total_ += weight;
    max_ = std::max(max_, value);
  }

  /// The least value that a share of the operations doesn't exceed: exact below 64, at most 1/64 too high above. 0 when
  /// nothing was recorded. Requires 0 < share <= 1.
  std::uint64_t quantile(double share) const {
    const double wanted = share * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::uint32_t index = 0; index < kCount; ++index) {
      seen += counts_[index];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return std::min(largest_of(index), max_);
    }
    return max_;
  }

  std::uint64_t max() const { return max_; }
  std::uint64_t total() const { return total_; }

 private:
  static constexpr std::uint32_t kSteps = 64;  // of one doubling
  static constexpr std::uint32_t kStepBits = 6;
  static constexpr std::uint32_t kDoublings = 28;
  static constexpr std::uint32_t kCount = kSteps * (kDoublings + 1);
  static constexpr std::uint64_t kLargest = (std::uint64_t{kSteps} << kDoublings) - 1;  // 17 s

  static std::uint32_t index_of(std::uint64_t value) {
    if (value < kSteps) return static_cast<std::uint32_t>(value);
    const auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - kStepBits - 1;
    return kSteps * (shift + 1) + static_cast<std::uint32_t>((value >> shift) - kSteps);
  }

  /// The largest value that is counted there.
  static std::uint64_t largest_of(std::uint32_t index) {
    if (index < kSteps) return index;
    const std::uint32_t shift = index / kSteps - 1;
    return ((std::uint64_t{index % kSteps} + kSteps + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kCount> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace tidemark
