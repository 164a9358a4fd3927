// The observer of a program's heap: counts what is in use, picks the blocks that the profiler samples, and sounds the alarm
// when the use rises to a mark.
//
// Counting    What malloc hands out is counted by the same word that counts down to the next sample, what free takes back
//             by another (block_counts.h): what is in use is the difference. (A counter of the bytes in use that both moved,
//             beside the one for the samples, was measured to cost malloc and free 7 to 14 %; either one alone costs nothing.)
//             Large blocks, which are seldom, have a number of their own beside that.
// Cost        malloc: one comparison and one word. free: one word. Everything else is off the fast paths.
// Memory      None of its own: a sample is handed to the listener, whose tables are its own affair.
// Requires    Less than 4 GiB in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "heap/observer.h"
#include "monitor/block_counts.h"
#include "monitor/sample_rate.h"
#include "platform/clock.h"

namespace tidemark {

/// Who hears what happens on a heap. Is called while malloc or free runs, and must use neither but where it says so.
class HeapListener {
 public:
  /// A block was picked, in a process of samples `mean_bytes` apart; 0 where every one is.
  virtual void sampled(Address block, std::size_t n_bytes, double mean_bytes) = 0;
  /// The block is freed; `temporary`: nothing was allocated since it was.
  virtual void sample_freed(Address block, bool temporary) = 0;
  virtual void sample_moved(Address from, Address to) = 0;
  /// The horizon that was set has come: whether a block of `n_bytes` may be had in place of one of `held_bytes`. The heap
  /// may be used.
  virtual bool admits(std::size_t n_bytes, std::size_t held_bytes) = 0;
  /// There is no memory for `n_bytes`. The heap may be used; true where that may have made room.
  virtual bool make_room(std::size_t n_bytes) = 0;
  /// The use has risen to the mark that was set. It is not set any more.
  virtual void alarm() = 0;
  virtual Clock& clock() = 0;

 protected:
  ~HeapListener() = default;
};

class HeapMeter {
 public:
  static constexpr bool kActive = true;

  /// Samples from the beginning on, at the default rate.
  constexpr explicit HeapMeter(HeapListener& listener) : listener_(&listener) {
    sample_left_ = rate_.draw();
    arm();
  }

  // --- of the observer seam

  bool wants(BlockSize size) {
    const std::uint64_t weight = TakenWord::weight_of(size.bytes), left = left_;
    if (left <= weight) [[unlikely]]
      return true;
    left_ = left - weight;
    if (size.is_large) large_ += static_cast<std::uint32_t>(size.bytes);
    return false;
  }

  Verdict judge(BlockSize size, std::size_t held_bytes);
  bool made_room(std::size_t n_bytes);
  std::size_t interruptions() const { return interruptions_; }

  void failed(BlockSize size) {
    count(size, -1);
    ++failures_;
    failed_bytes_ = size.bytes;
  }

  void recounted(BlockSize from, BlockSize to) {
    count(from, -1);
    count(to, 1);
  }

  void gave(BlockSize size) { (size.is_large ? freed_large_ : freed_) += FreedWord::weight_of(size.bytes); }

  void watch(Address block, std::size_t n_bytes);
  void unwatch(Address block);
  void moved(Address from, Address to) { listener_->sample_moved(from, to); }

  void slow() {
    if (live_bytes() >= watermark_) [[unlikely]]
      rose();
  }

  // --- what is known

  std::size_t live_bytes() const {
    return static_cast<std::uint32_t>(before_) + TakenWord::bytes(armed_ - left_) - FreedWord::bytes(freed_) -
           FreedWord::bytes(freed_large_);
  }
  /// Of large blocks.
  std::size_t live_large_bytes() const { return large_ - FreedWord::bytes(freed_large_); }
  std::size_t live_blocks() const {
    const std::uint32_t freed = FreedWord::blocks(freed_ + freed_large_, total_bytes() - live_bytes());
    return blocks_before_ + TakenWord::blocks(armed_ - left_) - freed;
  }
  /// The highest use that was seen whenever malloc left its fast path, or at reset_peak().
  std::size_t peak_bytes() const { return peak_ > live_bytes() ? peak_ : live_bytes(); }
  /// Of all blocks that ever came into use.
  std::uint64_t total_bytes() const { return before_ + TakenWord::bytes(armed_ - left_); }
  /// Of all large ones; modulo 2^32.
  std::uint32_t total_large_bytes() const { return large_; }
  /// Allocations for which there was no memory, and the bytes that the last of them wanted.
  std::size_t failures() const { return failures_; }
  std::size_t failed_bytes() const { return failed_bytes_; }

  // --- sampling

  /// As SampleRate::configure. Counting goes on while sampling is off.
  void start_sampling(double mean_bytes, double share, std::uint64_t seed);
  void stop_sampling();
  bool sampling() const { return sampling_; }
  const SampleRate& rate() const { return rate_; }
  /// To be called now and then while rate().throttled().
  void relax();

  // --- limits

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  /// admits() is asked about the allocation with which so many more bytes will have come into use; kNone is never.
  void set_horizon(std::size_t n_bytes);

  // --- alarm

  void set_mark(std::size_t live_bytes) {
    mark_ = live_bytes;
    set_watermark();
  }
  void reset_peak() {
    peak_ = live_bytes();
    set_watermark();
  }

 private:
  [[gnu::noinline]] void rose();
  void set_watermark();
  void count(BlockSize size, int times);
  void settle();
  constexpr void arm() {
    armed_ = left_ = TakenWord::full(sample_left_ < horizon_left_ ? sample_left_ : horizon_left_);
  }
  void set_sample_left(std::size_t request_bytes);

  // JavaScript reads these words in place (web/src/heap_meter.ts).
  std::uint64_t freed_ = 0;  // a FreedWord of small blocks
  std::uint64_t left_ = 0;   // a TakenWord: how far it is until judge() has to be asked, to a sample or the horizon
  std::uint64_t armed_ = 0;  // what left_ began with
  std::uint64_t freed_large_ = 0;
  std::uint64_t before_ = 0;  // bytes that had been allocated until then
  std::size_t peak_ = 0;
  std::uint32_t blocks_before_ = 0;  // modulo 2^32, as the next
  std::uint32_t large_ = 0;          // bytes of all large blocks that ever came into use
  std::size_t sample_left_ = 0;      // bytes to both as they were then
  std::size_t horizon_left_ = kNone;
  std::size_t watermark_ = 1;  // the least use at which there is something to do: above peak_, or at one of the marks
  std::size_t mark_ = kNone;
  std::size_t failures_ = 0;
  std::size_t failed_bytes_ = 0;
  std::size_t interruptions_ = 0;
  std::uint64_t last_total_ = 0;  // total_bytes() when the last watched block was allocated
  Address last_block_ = 0;
  bool sampling_ = true;
  SampleRate rate_;
  HeapListener* listener_;
};

}  // namespace tidemark
