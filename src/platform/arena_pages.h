// A page source over a fixed buffer, with failures on demand: for tests, and for a heap inside a native program.
#pragma once

#include "base/units.h"

namespace tidemark {

class ArenaPages {
 public:
  constexpr ArenaPages() = default;

  /// The buffer must be zeroed, and outlive the heap; its first `initial_bytes` are there from the start.
  ArenaPages(void* buffer, std::size_t buffer_bytes, std::size_t initial_bytes)
      : begin_(reinterpret_cast<Address>(buffer)),
        initial_end_(begin_ + initial_bytes),
        end_(initial_end_),
        limit_(begin_ + buffer_bytes) {}

  Address begin() const { return begin_; }
  Address initial_end() const { return initial_end_; }
  Address end() const { return end_; }

  bool grow(std::size_t n_bytes) {
    ++grow_calls_;
    if (grows_left_ == 0 || n_bytes > limit_ - end_) return false;
    if (grows_left_ != kUnlimited) --grows_left_;
    end_ += n_bytes;
    return true;
  }

  void exhausted() { ++exhausted_calls_; }

  /// Every growth after the next `n` is refused.
  void fail_after(std::size_t n) { grows_left_ = n; }
  void stop_failing() { grows_left_ = kUnlimited; }

  /// Somebody else takes the next `n_bytes` of memory.
  void take_by_stranger(std::size_t n_bytes) { end_ += n_bytes; }

  std::size_t grow_calls() const { return grow_calls_; }
  std::size_t exhausted_calls() const { return exhausted_calls_; }

 private:
  static constexpr std::size_t kUnlimited = ~std::size_t{0};

  Address begin_ = 0;
  Address initial_end_ = 0;
  Address end_ = 0;
  Address limit_ = 0;
  std::size_t grows_left_ = kUnlimited;
  std::size_t grow_calls_ = 0;
  std::size_t exhausted_calls_ = 0;
};

}  // namespace tidemark
