// Memory for a heap under test, and the page source that lends it: what a test wants to refuse, count, or take away.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "heap/heap.h"
#include "heap/heap_walk.h"
#include "platform/arena_pages.h"
#ifdef TIDEMARK_HARDEN
#include "heap/hardened_heap.h"
#include "heap/random_slots.h"
#endif

namespace tidemark::testing {

inline constexpr std::size_t kNever = ~std::size_t{0};

class Arena {
 public:
  /// Zeroed memory of `bytes`, a multiple of kPageBytes, of which `initial_bytes` are there from the start. The first
  /// `offset` of them are not the heap's, as static data and stack are not.
  explicit Arena(std::size_t bytes, std::size_t initial_bytes = 0, std::size_t offset = 0)
      : allocated_(std::calloc(1, bytes + kPageBytes)),  // which leaves pages that nobody uses untouched
        begin_(round_up(reinterpret_cast<Address>(allocated_), kPageBytes)),
        bytes_(bytes),
        offset_(offset),
        pages_(reinterpret_cast<void*>(begin_ + offset), bytes - offset,
               initial_bytes < offset ? 0 : initial_bytes - offset) {
    if (allocated_ == nullptr) std::abort();
  }
  ~Arena() { std::free(allocated_); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Address begin() const { return begin_ + offset_; }
  Address limit() const { return begin_ + bytes_; }
  ArenaPages& pages() { return pages_; }

  /// From the growth numbered `call` on (they count from 0), every growth is refused until stop_refusing().
  void refuse_from(std::size_t call) { refuse_from_ = call; }
  /// The growth numbered `call` is refused, and no other.
  void refuse_only(std::size_t call) { refuse_only_ = call; }
  /// Growths by more than `n_bytes` are refused, as where a system is short of memory.
  void refuse_above(std::size_t n_bytes) { refuse_above_ = n_bytes; }
  void stop_refusing() { refuse_from_ = refuse_only_ = refuse_above_ = kNever; }

  /// Sizes of all growths asked for, in their order, refused ones included.
  const std::vector<std::size_t>& asked() const { return asked_; }
  std::size_t exhausted_calls() const { return pages_.exhausted_calls(); }

 private:
  friend class ArenaSource;

  bool grow(std::size_t n_bytes) {
    const std::size_t call = asked_.size();
    asked_.push_back(n_bytes);
    if (call >= refuse_from_ || call == refuse_only_ || n_bytes > refuse_above_) return false;
    return pages_.grow(n_bytes);
  }

  void* allocated_;
  Address begin_;
  std::size_t bytes_;
  std::size_t offset_;
  ArenaPages pages_;
  std::vector<std::size_t> asked_;
  std::size_t refuse_from_ = kNever;
  std::size_t refuse_only_ = kNever;
  std::size_t refuse_above_ = kNever;
};

/// The arena as a heap's page source: the heap holds this by value, and the test keeps the arena.
class ArenaSource {
 public:
  explicit ArenaSource(Arena& arena) : arena_(&arena) {}

  Address begin() const { return arena_->pages_.begin(); }
  Address initial_end() const { return arena_->pages_.initial_end(); }
  Address end() const { return arena_->pages_.end(); }
  bool grow(std::size_t n_bytes) { return arena_->grow(n_bytes); }
  void exhausted() { arena_->pages_.exhausted(); }

 private:
  Arena* arena_;
};

#ifdef TIDEMARK_HARDEN
using TestObserver = RandomSlots<NoObserver>;

/// A heap and the hardened one in front of it, as one.
class TestHeap : public Heap<ArenaSource, TestObserver> {
 public:
  explicit TestHeap(ArenaSource source) : Heap(source) {}

  void* allocate(std::size_t n_bytes) { return hardened_.allocate(n_bytes); }
  void* allocate_zeroed(std::size_t n_bytes) { return hardened_.allocate_zeroed(n_bytes); }
  void* allocate_aligned(std::size_t alignment, std::size_t n_bytes) {
    return hardened_.allocate_aligned(alignment, n_bytes);
  }
  void* reallocate(void* block, std::size_t n_bytes) { return hardened_.reallocate(block, n_bytes); }
  void free(void* block) { hardened_.free(block); }
  std::size_t usable_bytes(void* block) { return hardened_.usable_bytes(block); }
  void trim() {
    hardened_.empty_quarantine();
    Heap::trim();
  }

 private:
  HardenedHeap<ArenaSource, TestObserver> hardened_{*this};
};
inline constexpr bool kHardened = true;
#else
#ifdef TIDEMARK_SMALL_HEAP
using TestObserver = SizeObserver;
#else
using TestObserver = NoObserver;
#endif
using TestHeap = Heap<ArenaSource, TestObserver>;
inline constexpr bool kHardened = false;
#endif

inline Address address_of(const void* block) { return reinterpret_cast<Address>(block); }

inline tidemark_heap_stats stats_of(const TestHeap& heap) { return HeapWalk(heap).stats(); }

inline std::vector<Run> runs_of(const TestHeap& heap) {
  std::vector<Run> runs;
  HeapWalk(heap).for_each_run([&](const Run& run) { runs.push_back(run); });
  return runs;
}

/// The run that the grain map stands in; its first entry is the guard. An empty one at 0 while there is none.
inline Run map_of(const TestHeap& heap) {
  for (const Run& run : runs_of(heap)) {
    if (run.kind == RunKind::kReserved && *reinterpret_cast<const MapEntry*>(run.begin) == kMapGuard) return run;
  }
  return {RunKind::kReserved, 0, 0, nullptr};
}

/// The run that `where` lies in; an empty one at 0 when it lies in none.
inline Run run_around(const TestHeap& heap, Address where) {
  for (const Run& run : runs_of(heap)) {
    if (run.begin <= where && where - run.begin < run.bytes) return run;
  }
  return {RunKind::kReserved, 0, 0, nullptr};
}

}  // namespace tidemark::testing
