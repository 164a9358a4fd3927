#include "monitor/heap_meter.h"

namespace tidemark {

namespace {

constexpr std::size_t kMaxBytes = std::numeric_limits<std::size_t>::max() / 2;

/// What left_ begins with while nothing is sampled.
constexpr std::size_t kFar = kMaxBytes;

double now_us(HeapListener& listener) { return static_cast<double>(listener.clock().now_us()); }

}  // namespace

void HeapMeter::arm(std::size_t bytes) {
  before_ = total_bytes();
  armed_ = left_ = bytes;
}

Verdict HeapMeter::judge(std::size_t n_bytes, std::size_t) {
  if (n_bytes > kMaxBytes) return Verdict::kAllocate;  // which no heap has
  before_ += n_bytes;
  arm(sampling_ ? rate_.draw() : kFar);
  return sampling_ ? Verdict::kWatch : Verdict::kAllocate;
}

bool HeapMeter::made_room(std::size_t n_bytes) {
  ++interruptions_;
  if (listener_->make_room(n_bytes)) return true;
  before_ -= n_bytes;
  ++failures_;
  failed_bytes_ = n_bytes;
  return false;
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
  arm(rate_.draw());
}

void HeapMeter::stop_sampling() {
  sampling_ = false;
  arm(kFar);
}

void HeapMeter::relax() {
  if (sampling_ && rate_.relax(now_us(*listener_))) arm(rate_.draw());
}

void HeapMeter::sound() {
  mark_ = kNone;
  listener_->alarm();
}

}  // namespace tidemark
