// The samples of the past, in memory that is fixed in advance, however long the monitoring goes on.
//
//   | one a second, halved four times | … | halved once | as they came |
//
// When there is no room for one more, the older half is thinned: of each two neighbours the one stays in which more memory
// was in use. So recent times are kept in full, older ones ever more coarsely, no peak is lost, and every sample that is
// there was measured: none is an average.
//
// Invariants  H1  Samples ascend by time.   H2  The highest sample that was ever added is there.
//             H3  The latest (capacity + 1) / 2 are there.
// Cost        add: the oldest half is moved once in capacity / 4 calls.
#pragma once

#include "monitor/sample.h"

namespace tidemark {

class History {
 public:
  /// Room for `capacity` >= 4 samples, which the caller keeps.
  History(Sample* samples, std::size_t capacity) : samples_(samples), capacity_(capacity) {}

  void add(const Sample& sample) {
    if (count_ == capacity_) thin();
    samples_[count_++] = sample;
  }

  std::size_t count() const { return count_; }
  std::size_t capacity() const { return capacity_; }
  /// 0 is the oldest.
  const Sample& operator[](std::size_t index) const { return samples_[index]; }
  const Sample* data() const { return samples_; }

 private:
  void thin() {
    const std::size_t old = count_ / 2;
    std::size_t kept = 0;
    for (std::size_t i = 0; i + 1 < old; i += 2) {
      const bool later = filled_bytes(samples_[i + 1]) >= filled_bytes(samples_[i]);
      samples_[kept++] = samples_[i + later];
    }
    if (old % 2 != 0) samples_[kept++] = samples_[old - 1];
    for (std::size_t i = old; i < count_; ++i) samples_[kept++] = samples_[i];
    count_ = kept;
  }

  Sample* samples_;
  std::size_t capacity_;
  std::size_t count_ = 0;
};

}  // namespace tidemark
