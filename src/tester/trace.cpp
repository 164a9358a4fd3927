#include "tester/trace.h"

#include <algorithm>
#include <array>

#include "monitor/random.h"

namespace tidemark {

namespace {

class TraceWriter {
 public:
  TraceWriter(std::uint64_t seed, std::span<TraceOperation> room) : random_(seed), room_(room) {}

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((std::uint64_t{random_.next()} * n) >> 32); }
  /// Sizes from `low` on, over `doublings` doublings, each as likely as the other.
  std::uint32_t size(std::uint32_t low, std::uint32_t doublings) {
    const std::uint32_t floor = low << below(doublings);
    return floor + below(floor);
  }

  bool in_use(std::uint32_t slot) const { return sizes_[slot] != 0; }
  std::uint32_t bytes(std::uint32_t slot) const { return sizes_[slot]; }
  std::uint32_t left() const { return static_cast<std::uint32_t>(room_.size()) - count_; }

  void allocate(std::uint32_t slot, std::uint32_t n_bytes) { set(TraceAction::kAllocate, slot, n_bytes); }
  void reallocate(std::uint32_t slot, std::uint32_t n_bytes) { set(TraceAction::kReallocate, slot, n_bytes); }
  void free(std::uint32_t slot) {
    add(TraceAction::kFree, slot, 0);
    live_ -= sizes_[slot];
    sizes_[slot] = 0;
  }
  void leak(std::uint32_t n_bytes) {
    add(TraceAction::kLeak, 0, n_bytes);
    leaked_bytes_ += n_bytes;
    ++leaked_blocks_;
  }
  /// Here is where fragmentation shows.
  void holes() { holes_ = count_; }

  Trace finish() {
    for (std::uint32_t slot = 0; slot < kMaxSlots; ++slot) {
      if (in_use(slot)) free(slot);
    }
    return {room_.first(count_), peak_, holes_ == 0 ? peak_ : holes_, leaked_bytes_, leaked_blocks_};
  }

 private:
  void set(TraceAction action, std::uint32_t slot, std::uint32_t n_bytes) {
    n_bytes = std::max(n_bytes, kLeastBlockBytes);
    add(action, slot, n_bytes);
    live_ += n_bytes - std::uint64_t{sizes_[slot]};
    sizes_[slot] = n_bytes;
    if (live_ > most_) {
      most_ = live_;
      peak_ = count_;
    }
  }
  void add(TraceAction action, std::uint32_t slot, std::uint32_t n_bytes) {
    room_[count_++] = {action, static_cast<std::uint16_t>(slot), n_bytes};
  }

  Random random_;
  std::span<TraceOperation> room_;
  std::array<std::uint32_t, kMaxSlots> sizes_{};
  std::uint32_t count_ = 0;
  std::uint32_t peak_ = 0;
  std::uint32_t holes_ = 0;
  std::uint64_t live_ = 0;
  std::uint64_t most_ = 0;
  std::uint64_t leaked_bytes_ = 0;
  std::uint32_t leaked_blocks_ = 0;
};

/// Small blocks, 16 … 511 bytes, freed in the order in which they came, and then in the opposite one.
void basic_allocation(TraceWriter& trace) {
  for (const bool backwards : {false, true}) {
    for (std::uint32_t slot = 0; slot < 1024; ++slot) trace.allocate(slot, trace.size(16, 5));
    for (std::uint32_t i = 0; i < 1024; ++i) trace.free(backwards ? 1023 - i : i);
  }
}

/// A program at work: of 2048 blocks one at random is freed, resized or replaced. 8 B … 4 KiB, one in 64 up to 64 KiB.
void stress(TraceWriter& trace) {
  constexpr std::uint32_t kSlots = 2048;
  while (trace.left() > kSlots + 2) {
    const std::uint32_t slot = trace.below(kSlots);
    const std::uint32_t n_bytes = trace.below(64) == 0 ? trace.size(4096, 4) : trace.size(8, 9);
    if (!trace.in_use(slot)) {
      trace.allocate(slot, n_bytes);
    } else if (trace.below(4) == 0) {
      trace.reallocate(slot, n_bytes);
    } else {
      trace.free(slot);
    }
  }
}

/// Small blocks, three in four of them freed at random, and then larger ones, which don't fit into the holes one by one.
void fragmentation(TraceWriter& trace) {
  constexpr std::uint32_t kSmall = 3072;
  for (std::uint32_t slot = 0; slot < kSmall; ++slot) trace.allocate(slot, trace.size(32, 4));
  for (std::uint32_t slot = 0; slot < kSmall; ++slot) {
    if (trace.below(4) != 0) trace.free(slot);
  }
  trace.holes();
  for (std::uint32_t slot = kSmall; slot < kSmall + 512; ++slot) trace.allocate(slot, trace.size(600, 2));
}

/// 64 buffers that grow by half, in turn, up to 64 KiB; are cut to what they need; and begin again.
void reallocate(TraceWriter& trace) {
  for (std::uint32_t slot = 0; slot < 64; ++slot) trace.allocate(slot, 16 + trace.below(48));
  for (std::uint32_t turn = 0; turn < 64 * 80; ++turn) {
    const std::uint32_t slot = trace.below(64);
    const std::uint32_t n_bytes = trace.bytes(slot);
    if (!trace.in_use(slot)) {
      trace.allocate(slot, 16 + trace.below(48));
    } else if (n_bytes < 64 * 1024) {
      trace.reallocate(slot, n_bytes + n_bytes / 2);
    } else {
      trace.reallocate(slot, n_bytes / 4 * 3);
      trace.free(slot);
    }
  }
}

/// 16 blocks of 32 KiB … 512 KiB: images, files, vertex buffers.
void large_objects(TraceWriter& trace) {
  for (std::uint32_t turn = 0; turn < 512; ++turn) {
    const std::uint32_t slot = trace.below(16);
    if (trace.in_use(slot)) trace.free(slot);
    trace.allocate(slot, trace.size(32 * 1024, 4));
  }
}

/// Blocks of 16 B … 2 KiB come and go; of the leaky one, one in 16 stays.
void leak_test(TraceWriter& trace, bool leaky) {
  for (std::uint32_t slot = 0; slot < 512; ++slot) {
    trace.allocate(slot, trace.size(16, 7));
    if (leaky && slot % 16 == 0) trace.leak(trace.size(16, 7));
    if (slot >= 64) trace.free(slot - 64);
  }
}

}  // namespace

Trace write_trace(WorkloadKind kind, std::uint64_t seed, std::span<TraceOperation> room) {
  TraceWriter trace(seed, room);
  switch (kind) {
    case WorkloadKind::kBasicAllocation:
      basic_allocation(trace);
      break;
    case WorkloadKind::kStress:
      stress(trace);
      break;
    case WorkloadKind::kFragmentation:
      fragmentation(trace);
      break;
    case WorkloadKind::kReallocate:
      reallocate(trace);
      break;
    case WorkloadKind::kLargeObjects:
      large_objects(trace);
      break;
    case WorkloadKind::kClean:
      leak_test(trace, false);
      break;
    case WorkloadKind::kLeaky:
      leak_test(trace, true);
      break;
  }
  return trace.finish();
}

}  // namespace tidemark
