// The samples of the past, in memory that is fixed in advance, however long the monitoring goes on.
//
//   | old: one for each `stride`, as far back as the beginning | recent: as they came |
//
// When there is no room for one more, the first of the recent ones become old; when those fill half of the room, of each
// two neighbours the one stays in which more memory was in use, and the stride doubles. So recent times are kept in full,
// all others evenly, no peak is lost, and every sample that is there was measured: none is an average.
//
// Invariants  H1  Samples ascend by time.   H2  The highest sample that was ever added is there.
//             H3  The latest capacity / 4 are there.   H4  Old ones are at most half, and each stands for `stride`, but the
//             last, which stands for `in_last`.
// Cost        add: constant, on average; the whole is moved once in about capacity / 4 calls.
#pragma once

#include "monitor/sample.h"

namespace tidemark {

class History {
 public:
  /// Room for `capacity` >= 4 samples, which the caller keeps.
  History(Sample* samples, std::size_t capacity) : samples_(samples), capacity_(capacity) {}

  void add(const Sample& sample) {
    while (count_ == capacity_) make_old(capacity_ / 4);
    samples_[count_++] = sample;
  }

  std::size_t count() const { return count_; }
  std::size_t capacity() const { return capacity_; }
  /// 0 is the oldest.
  const Sample& operator[](std::size_t index) const { return samples_[index]; }
  const Sample* data() const { return samples_; }

 private:
  static const Sample& higher(const Sample& earlier, const Sample& later) {
    return filled_bytes(later) >= filled_bytes(earlier) ? later : earlier;
  }

  /// Of the first `n` recent ones.
  void make_old(std::size_t n) {
    std::size_t at = old_;
    for (const std::size_t end = at + n; at != end; ++at) {
      if (old_ == capacity_ / 2 && in_last_ == stride_) halve();
      if (old_ != 0 && in_last_ < stride_) {
        samples_[old_ - 1] = higher(samples_[old_ - 1], samples_[at]);
        ++in_last_;
      } else {
        samples_[old_++] = samples_[at];
        in_last_ = 1;
      }
    }
    std::size_t kept = old_;
    for (; at != count_; ++at) samples_[kept++] = samples_[at];
    count_ = kept;
  }

  void halve() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i + 1 < old_; i += 2) samples_[kept++] = higher(samples_[i], samples_[i + 1]);
    if (old_ % 2 != 0) {
      samples_[kept++] = samples_[old_ - 1];
    } else {
      in_last_ += stride_;
    }
    old_ = kept;
    stride_ *= 2;
  }

  Sample* samples_;
  std::size_t capacity_;
  std::size_t count_ = 0;
  std::size_t old_ = 0;
  std::size_t stride_ = 1;
  std::size_t in_last_ = 0;
};

}  // namespace tidemark
