#include "monitor/heap_meter.h"

#include "heap/size_class.h"

namespace tidemark {

namespace {

constexpr std::size_t kMaxBytes = std::numeric_limits<std::size_t>::max() / 2;

/// How far the next sample is while nothing is sampled: as far as a TakenWord goes.
constexpr std::size_t kFar = std::size_t{1} << 31;

double now_us(HeapListener& listener) { return static_cast<double>(listener.clock().now_us()); }

}  // namespace

void HeapMeter::count(BlockSize size, int times) {
  before_ += static_cast<std::uint64_t>(times) * size.bytes;
  blocks_before_ += static_cast<std::uint32_t>(times);
  if (size.is_large) large_ += static_cast<std::uint32_t>(times) * static_cast<std::uint32_t>(size.bytes);
}

/// Counts what was requested since arm().
void HeapMeter::settle() {
  const std::uint64_t taken = armed_ - left_;
  const std::size_t requested = TakenWord::bytes(taken);
  before_ += requested;
  blocks_before_ += TakenWord::blocks(taken);
  sample_left_ -= requested;
  if (horizon_left_ != kNone) horizon_left_ -= requested;
  armed_ = left_;
}

void HeapMeter::set_sample_left(std::size_t request_bytes) {
  settle();
  sample_left_ = request_bytes;
  arm();
}

void HeapMeter::set_horizon(std::size_t n_bytes) {
  settle();
  horizon_left_ = n_bytes;
  arm();
}

Verdict HeapMeter::judge(BlockSize size, std::size_t held_bytes) {
  const std::size_t n_bytes = size.bytes;
  if (n_bytes > kMaxBytes) return Verdict::kAllocate;  // which no heap has
  settle();
  if (horizon_left_ <= n_bytes) {
    ++interruptions_;
    if (!listener_->admits(n_bytes, held_bytes)) {
      ++failures_;
      failed_bytes_ = n_bytes;
      return Verdict::kRefuse;
    }
    settle();
  }
  count(size, 1);
  if (horizon_left_ != kNone) horizon_left_ -= n_bytes < horizon_left_ ? n_bytes : horizon_left_;
  while (sampling_ && sample_left_ <= n_bytes && rate_.strides()) {
    rate_.relax(now_us(*listener_));
    sample_left_ += rate_.draw();
  }
  bool sample = sampling_ && sample_left_ <= n_bytes;
  if (sample && !size.is_large) {
    // It becomes a large block. Where there is no room for that under the limit, the next block is sampled.
    const std::size_t more = round_up(n_bytes, kGrainBytes) - n_bytes;
    sample = more < horizon_left_;
    if (sample && horizon_left_ != kNone) horizon_left_ -= more;
  }
  if (sample) {
    sample_left_ = rate_.draw();
  } else {
    sample_left_ = sample_left_ > n_bytes ? sample_left_ - n_bytes : sampling_ ? 0 : kFar;
  }
  arm();
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
  if (timed && rate_.sampled(begin_us, now_us(*listener_))) set_sample_left(rate_.draw());
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
  static_assert(offsetof(HeapMeter, freed_) == 0 && offsetof(HeapMeter, left_) == 8 &&
                    offsetof(HeapMeter, armed_) == 16 && offsetof(HeapMeter, freed_large_) == 24 &&
                    offsetof(HeapMeter, before_) == 32 && offsetof(HeapMeter, peak_) == 40,
                "web/src/heap_meter.ts reads these");
  watermark_ = peak_ < kNone ? peak_ + 1 : kNone;
  if (mark_ < watermark_) watermark_ = mark_;
}

void HeapMeter::rose() {
  const std::size_t live = live_bytes();
  if (live > peak_) peak_ = live;
  const bool marked = live >= mark_;
  if (marked) mark_ = kNone;
  set_watermark();
  if (marked) listener_->alarm();
}

}  // namespace tidemark
