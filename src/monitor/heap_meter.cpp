#include "monitor/heap_meter.h"

#include "heap/size_class.h"

namespace tidemark {

namespace {

constexpr std::size_t kMaxBytes = std::numeric_limits<std::size_t>::max() / 2;

/// How far the next sample is while nothing is sampled.
constexpr std::size_t kFar = kMaxBytes;

double now_us(HeapListener& listener) { return static_cast<double>(listener.clock().now_us()); }

}  // namespace

/// Counts what was requested since arm().
void HeapMeter::settle() {
  const std::size_t requested = armed_ - left_;
  before_ += requested;
  sample_left_ -= requested;
  if (horizon_left_ != kNone) horizon_left_ -= requested;
  armed_ = left_;
}

void HeapMeter::arm() { armed_ = left_ = sample_left_ < horizon_left_ ? sample_left_ : horizon_left_; }

void HeapMeter::set_sample_left(std::size_t request_bytes) {
  settle();
  sample_left_ = request_bytes;
  arm();
}

void HeapMeter::set_horizon(std::size_t request_bytes, std::size_t tight_mark) {
  settle();
  horizon_left_ = request_bytes;
  tight_mark_ = tight_mark;
  arm();
  set_watermark();
}

Verdict HeapMeter::judge(std::size_t n_bytes, std::size_t held_bytes) {
  if (n_bytes > kMaxBytes) return Verdict::kAllocate;  // which no heap has
  settle();
  const bool at_horizon = horizon_left_ <= n_bytes;
  // Where every byte counts, a small block doesn't become a large one: the sample is taken of the next block.
  const bool sample = sampling_ && sample_left_ <= n_bytes && !(at_horizon && n_bytes <= kMaxSmallBytes);
  before_ += n_bytes;
  if (sample) {
    sample_left_ = rate_.draw();
  } else {
    sample_left_ = sample_left_ > n_bytes ? sample_left_ - n_bytes : sampling_ ? 0 : kFar;
  }
  if (horizon_left_ != kNone) horizon_left_ = at_horizon ? 0 : horizon_left_ - n_bytes;
  arm();
  if (at_horizon) {
    ++interruptions_;
    if (!listener_->admits(n_bytes, held_bytes)) {
      failed(n_bytes);
      return Verdict::kRefuse;
    }
  }
  return sample ? Verdict::kWatch : Verdict::kAllocate;
}

bool HeapMeter::made_room(std::size_t n_bytes) {
  ++interruptions_;
  return listener_->make_room(n_bytes);
}

void HeapMeter::watch(Address block, std::size_t n_bytes) {
  const bool timed = !rate_.exact();
  const double begin_us = timed ? now_us(*listener_) : 0;
  listener_->sampled(block, n_bytes, rate_.mean_bytes());
  if (timed) rate_.sampled(begin_us, now_us(*listener_));
  last_block_ = block;
  last_total_ = total_bytes();
}

void HeapMeter::unwatch(Address block) {
  listener_->sample_freed(block, block == last_block_ && total_bytes() == last_total_);
}

void HeapMeter::start_sampling(double mean_bytes, double share, std::uint64_t seed) {
  sampling_ = true;
  rate_.seed(seed);
  rate_.configure(mean_bytes, share, now_us(*listener_));
  set_sample_left(rate_.draw());
}

void HeapMeter::stop_sampling() {
  sampling_ = false;
  set_sample_left(kFar);
}

void HeapMeter::relax() {
  if (sampling_ && rate_.relax(now_us(*listener_))) set_sample_left(rate_.draw());
}

void HeapMeter::set_watermark() {
  watermark_ = peak_ < kNone ? peak_ + 1 : kNone;
  if (mark_ < watermark_) watermark_ = mark_;
  if (tight_mark_ < watermark_) watermark_ = tight_mark_;
}

void HeapMeter::rose() {
  const std::size_t live = live_bytes();
  if (live > peak_) peak_ = live;
  if (live >= tight_mark_) set_horizon(0, tight_mark_);
  const bool marked = live >= mark_;
  if (marked) mark_ = kNone;
  set_watermark();
  if (marked) listener_->alarm();
}

}  // namespace tidemark
