// The heap: malloc and free, without a header in front of a block.
//
//   small   <= 2 KiB   a bit in the bitmap of a slab of the size class
//   large              a run of grains
//
// What is known of a block stands in the grain map and in slab descriptors, both apart from the blocks: no block is
// written to before it is handed out or after it was freed, a pointer that is no block's start is always recognised, and
// an overflow out of a block meets another block, not the heap's own data.
//
// Invariants  those of slabs.h and runs.h
// Failure     An allocation that returns null has changed nothing but, perhaps, the amount of memory.
// Threads     One at a time.
#pragma once

#include <bit>
#include <cstring>
#include <limits>

#include "base/attributes.h"
#include "heap/observer.h"
#include "heap/slabs.h"
#include "tidemark/heap_stats.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer = NoObserver>
class Heap {
 public:
  static constexpr HeapFeatures kFeatures = features_of<Observer>();

  constexpr Heap() requires std::default_initializable<Observer> : Heap(Pages()) {}
  constexpr explicit Heap(Pages pages, Observer observer = Observer()) : slabs_(pages), observer_(observer) {}

  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A block of at least `n_bytes`, its address a multiple of kMinBlockBytes; null when memory is exhausted.
  /// A request for nothing gets the least block there is.
  void* allocate(std::size_t n_bytes) requires(kFeatures.fast_paths) {
    if (n_bytes > kMaxSmallBytes) {
      if (observer_.wants(large(n_bytes))) [[unlikely]]
        return judge_and_allocate(*this, n_bytes);
      return allocate_admitted_large(n_bytes);
    }
    const SizeClass size_class = slabs_.classes().class_for(n_bytes);
    Slab* const slab = slabs_.current(size_class);
    const std::uint64_t free_blocks = slab->free_blocks;
    if (free_blocks != 0) [[likely]] {
      if constexpr (Observer::kActive) {
        if (observer_.wants(small(slab->block_bytes))) [[unlikely]]
          return judge_and_allocate(*this, n_bytes);
      }
      return take_block(slab, free_blocks);
    }
    return allocate_small_slowly(*this, n_bytes, size_class);
  }

  /// The same without fast paths.
  TIDEMARK_RARE void* allocate(std::size_t n_bytes) requires(!kFeatures.fast_paths) {
    if (n_bytes > kMaxSmallBytes) return allocate_large(*this, n_bytes);
    return allocate_from_next_slab(*this, slabs_.classes().class_for(n_bytes));
  }

  /// As allocate, and every byte is 0. Memory that was never used is known to be, and is not touched.
  void* allocate_zeroed(std::size_t n_bytes) {
    const Grain fresh = runs().fresh();
    const std::size_t interruptions = observer_.interruptions();
    void* block;
    TIDEMARK_CALL block = allocate(n_bytes);
    if (block == nullptr) return nullptr;
    std::size_t dirty = n_bytes;
    if (n_bytes > kMaxSmallBytes && interruptions == observer_.interruptions()) {
      const Grain grain = runs().grain_of(reinterpret_cast<Address>(block));
      const std::size_t used_before = fresh > grain ? (fresh - grain) << kGrainShift : 0;
      if (used_before < dirty) dirty = used_before;
    }
    if (dirty != 0) std::memset(block, 0, dirty);
    return block;
  }

  /// As allocate, at a multiple of `alignment`, a power of two.
  TIDEMARK_SMALL void* allocate_aligned(std::size_t alignment, std::size_t n_bytes) {
    // Slabs and runs begin at grains, and every multiple of a lesser power of two is a block size (I4 of size_class.h).
    if (alignment <= kMinBlockBytes) return allocate(n_bytes);
    if (n_bytes > kMaxBytes - kGrainBytes || alignment > kMaxBytes - n_bytes) return exhausted();
    if (n_bytes == 0) n_bytes = 1;
    if (alignment <= kGrainBytes) {
      n_bytes = round_up(n_bytes, alignment);
      // A fitted class need not have I4 of size_class.h, but a full block of another always is its own class's.
      return allocate(n_bytes > kMaxSmallBytes ? n_bytes : block_bytes(class_for(n_bytes)));
    }
    Verdict verdict = Verdict::kAllocate;
    if (observer_.wants(large(n_bytes))) verdict = observer_.judge(large(n_bytes), 0);
    if (verdict == Verdict::kRefuse) return exhausted();
    const std::size_t length = grains_for(n_bytes), step = alignment / kGrainBytes;
    const std::size_t widened = length + step - 1;
    Grain grain = slabs_.acquire(widened, widened);
    if (grain == kNoGrain && observer_.made_room(n_bytes)) grain = slabs_.acquire(widened, widened);
    if (grain == kNoGrain) return exhausted(large(n_bytes));
    const Address aligned = round_up(runs().address(grain), alignment);
    const std::size_t before = runs().grain_of(aligned) - grain;
    runs().entry(grain + before) = make_entry(widened - before, kBlock);
    if (before != 0) runs().release(grain, before);
    runs().resize_block(grain + before, widened - before, length);
    observer_.slow();
    if (verdict == Verdict::kWatch) watch(grain + before, n_bytes);
    return reinterpret_cast<void*>(aligned);
  }

  /// Null is nothing; anything else that is not a live block's address ends the program with one line.
  void free(void* block) requires(kFeatures.fast_paths) {
    const Address address = reinterpret_cast<Address>(block);
    const Grain grain = runs().grain_of(address);
    if (grain < runs().linkable()) [[likely]] {
      MapEntry& entry = runs().entry(grain);
      if (!is_slab(entry)) {
        if (is_plain_block(entry) && address % kGrainBytes == 0) [[likely]] {
          observer_.gave(large_run(entry_value(entry)));
          runs().release_block(&entry, grain);
          return;
        }
      } else {
        Slab* const slab = slab_of(entry);
        const std::uint32_t index = slab->index_of(address);
        if (index < slab->open_blocks) [[likely]] {
          const std::uint64_t before = slab->free_blocks;
          const std::uint64_t now = before | std::uint64_t{1} << index;
          if (before != now) [[likely]] {
            if constexpr (Observer::kActive) observer_.gave(small(slab->block_bytes));
            slab->free_blocks = now;
            return;
          }
        }
      }
    }
    free_slow(*this, address);
  }

  /// The same without fast paths.
  void free(void* block) requires(!kFeatures.fast_paths) { free_slow(*this, reinterpret_cast<Address>(block)); }

  /// A block of at least `n_bytes` with the content of `block`, as far as both reach, in whose place it comes; null, and
  /// `block` as it was, when memory is exhausted and it is too small.
  TIDEMARK_SMALL void* reallocate(void* block, std::size_t n_bytes) {
    if (block == nullptr) return allocate(n_bytes);
    const Address address = reinterpret_cast<Address>(block);
    const MapEntry entry = entry_of(address);
    std::size_t old_bytes;
    Verdict verdict = Verdict::kAllocate;
    bool asked = false;
    if (entry_kind(entry) == kSlab) {
      const Slab* const slab = slab_of(entry);
      require_live(slab, address, "realloc");
      old_bytes = slab->block_bytes;
      // A block that would be less than half full moves to where it fits.
      if (n_bytes <= old_bytes && n_bytes >= old_bytes / 2) return block;
    } else {
      const std::size_t length = large_length(address, entry, "realloc");
      old_bytes = length << kGrainShift;
      if (n_bytes > kMaxSmallBytes && n_bytes <= kMaxBytes) {
        if (observer_.wants(large(n_bytes))) verdict = observer_.judge(large(n_bytes), old_bytes);
        asked = Observer::kActive;
        if (verdict == Verdict::kRefuse) return n_bytes <= old_bytes ? block : exhausted();
        if (runs().resize_block(runs().grain_of(address), length, grains_for(n_bytes))) {
          if constexpr (Observer::kActive) observe_resized(address, entry, n_bytes, verdict);
          return block;
        }
      }
    }
    void* const moved = asked ? allocate_judged(*this, n_bytes, large(n_bytes), verdict) : allocate(n_bytes);
    if (moved == nullptr) return n_bytes <= old_bytes ? block : nullptr;
    std::memcpy(moved, block, n_bytes < old_bytes ? n_bytes : old_bytes);
    free_slow(*this, address);
    return moved;
  }

  /// Bytes that the block really has; 0 for null.
  std::size_t usable_bytes(const void* block, const char* operation = "malloc_usable_size") const {
    if (block == nullptr) return 0;
    const Address address = reinterpret_cast<Address>(block);
    const MapEntry entry = entry_of(address);
    if (entry_kind(entry) != kSlab) return large_length(address, entry, operation) << kGrainShift;
    const Slab* const slab = slab_of(entry);
    require_live(slab, address, operation);
    return slab->block_bytes;
  }

  Observer& observer() { return observer_; }

  /// End of the highest run, as a count of grains.
  Grain top() const { return runs().top(); }

  /// Gives the runs of all slabs that have no block in use back, and joins all free neighbours, so that the top falls.
  void trim() {
    if (runs().mapped() != 0) slabs_.sweep(true);
  }

 private:
  template <PageSource, HeapObserver>
  friend class HeapWalk;
  template <PageSource, HeapObserver>
  friend class HeapShrink;
  template <PageSource, HeapObserver>
  friend class HeapGrowth;
  template <PageSource, HeapObserver>
  friend class HeapSlide;
  template <PageSource, HeapObserver>
  friend class HeapTidy;

  static constexpr std::size_t kMaxBytes = std::numeric_limits<std::ptrdiff_t>::max();
  static constexpr const char* kNoBlock = "this is not the start of a block of this heap";
  static constexpr const char* kFreedAlready = "this block is free already";

  Runs<Pages, Observer>& runs() { return slabs_.runs(); }
  const Runs<Pages, Observer>& runs() const { return slabs_.runs(); }

  // --- from an address to what is there

  MapEntry entry_of(Address address) const {
    const Grain grain = runs().grain_of(address);
    return grain < runs().mapped() ? runs().entry(grain) : 0;
  }

  static void require_live(const Slab* slab, Address address, const char* operation) {
    const std::uint32_t index = slab->index_of(address);
    if (index >= slab->n_blocks) fatal(operation, address, kNoBlock);
    if (slab->free_blocks >> index & 1) fatal(operation, address, kFreedAlready);
  }

  TIDEMARK_RARE static std::size_t large_length(Address address, MapEntry entry, const char* operation) {
    if (entry_kind(entry) == kFree) fatal(operation, address, kFreedAlready);
    if (entry_kind(entry) != kBlock || address % kGrainBytes != 0) fatal(operation, address, kNoBlock);
    return Runs<Pages, Observer>::length_of(entry);
  }

  /// Whether it is a block's, long enough for release_block, and not watched. What is of another kind, too short or
  /// watched comes out above what a block may be in length.
  static bool is_plain_block(MapEntry entry) {
    constexpr MapEntry kLeast = make_entry(kMinBinnedGrains, kBlock);
    return std::rotr(entry - kLeast, kKindBits) < entry_value(kWatched - kLeast);
  }

  /// The observer has counted it as `counted`.
  void* exhausted(BlockSize counted) {
    observer_.failed(counted);
    return exhausted();
  }

  void* exhausted() {
    runs().pages().exhausted();
    return nullptr;
  }

  // --- allocation

  // What the observer counts a block as.
  static BlockSize small(std::size_t block_bytes) { return {block_bytes, false}; }
  static BlockSize large_run(std::size_t length) { return {length << kGrainShift, true}; }
  static BlockSize large(std::size_t n_bytes) { return large_run(grains_for(n_bytes)); }

  // Admitted: the observer, if there is one, has counted the block.

  void* allocate_admitted_large(std::size_t n_bytes) {
    if constexpr (!kFeatures.fast_paths) return allocate_large(*this, n_bytes);
    Grain grain;
    if (!runs().take_recent_block(grains_for(n_bytes), grain)) return allocate_large(*this, n_bytes);
    return reinterpret_cast<void*>(runs().address(grain));
  }

  void* allocate_admitted(std::size_t n_bytes, BlockSize counted) {
    if (n_bytes > kMaxSmallBytes) return allocate_admitted_large(n_bytes);
    const SizeClass size_class = slabs_.classes().class_for(n_bytes);
    // While the observer was asked, the heap may have been used, and the class divided.
    observer_.recounted(counted, small(slabs_.classes().block_bytes(size_class)));
    Slab* const slab = slabs_.current(size_class);
    const std::uint64_t free_blocks = slab->free_blocks;
    return free_blocks != 0 ? take_block(slab, free_blocks) : allocate_from_next_slab(*this, size_class);
  }

  [[gnu::noinline]] static void* allocate_small_slowly(Heap& heap, std::size_t n_bytes, SizeClass size_class) {
    if (size_class == Slabs<Pages, Observer>::Classes::kNone) {
      heap.slabs_.start();
      size_class = heap.slabs_.classes().class_for(n_bytes);
    }
    Slab* const slab = heap.slabs_.next_in_ring(size_class);
    if (slab == nullptr) {
      size_class = heap.slabs_.classes().class_of_slab(size_class, n_bytes);
    } else if (!Observer::kActive) {
      return heap.take_block(slab, slab->free_blocks);
    }
    if constexpr (Observer::kActive) {
      if (heap.observer_.wants(small(heap.slabs_.classes().block_bytes(size_class))))
        return judge_and_allocate(heap, n_bytes);
    }
    return allocate_from_next_slab(heap, size_class);
  }

  // --- large blocks, and all that is not the fast path

  [[gnu::noinline]] static void* allocate_large(Heap& heap, std::size_t n_bytes) {
    if (n_bytes > kMaxBytes) {
      // What rounding up to a grain has made small was counted; the observer leaves out what is too large.
      if (large(n_bytes).bytes <= kMaxBytes) heap.observer_.gave(large(n_bytes));
      return heap.exhausted();
    }
    const std::size_t length = grains_for(n_bytes);
    Grain grain = heap.slabs_.acquire(length, 1);
    if (grain == kNoGrain && heap.observer_.made_room(n_bytes)) grain = heap.slabs_.acquire(length, 1);
    return grain == kNoGrain ? heap.exhausted(large(n_bytes)) : heap.make_block(grain, length);
  }

  [[gnu::noinline]] static void* judge_and_allocate(Heap& heap, std::size_t n_bytes) {
    const auto& classes = heap.slabs_.classes();
    const BlockSize counted =
        n_bytes > kMaxSmallBytes ? large(n_bytes) : small(classes.block_bytes(classes.class_for(n_bytes)));
    return allocate_judged(heap, n_bytes, counted, heap.observer_.judge(counted, 0));
  }

  /// Where there is no run for a small block that is to be watched, it goes unwatched.
  [[gnu::noinline]] static void* allocate_judged(Heap& heap, std::size_t n_bytes, BlockSize counted, Verdict verdict) {
    if (verdict == Verdict::kRefuse) return heap.exhausted();
    if (verdict == Verdict::kAllocate) return heap.allocate_admitted(n_bytes, counted);
    if (n_bytes > kMaxSmallBytes) {
      void* const block = allocate_large(heap, n_bytes);
      if (block != nullptr) heap.watch(heap.runs().grain_of(reinterpret_cast<Address>(block)), n_bytes);
      return block;
    }
    const std::size_t length = grains_for(n_bytes == 0 ? 1 : n_bytes);
    const Grain grain = heap.slabs_.acquire(length, 1);
    if (grain == kNoGrain) return heap.allocate_admitted(n_bytes, counted);
    heap.observer_.recounted(counted, large_run(length));
    void* const block = heap.make_block(grain, length);
    heap.watch(grain, n_bytes);
    return block;
  }

  void* take_block(Slab* slab, std::uint64_t free_blocks) {
    std::uint32_t index;
    if constexpr (requires { observer_.pick_slot(free_blocks); }) {
      index = observer_.pick_slot(free_blocks);
      slab->free_blocks = free_blocks & ~(std::uint64_t{1} << index);
    } else {
      index = static_cast<std::uint32_t>(std::countr_zero(free_blocks));
      slab->free_blocks = free_blocks & (free_blocks - 1);
    }
    return reinterpret_cast<void*>(slab->base + index * slab->block_bytes);
  }

  TIDEMARK_RARE static void* allocate_from_next_slab(Heap& heap, SizeClass size_class) {
    Slab* slab = heap.slabs_.next_slab(size_class);
    if (slab == nullptr) {
      const std::size_t bytes = heap.slabs_.classes().block_bytes(size_class);
      if (!heap.observer_.made_room(bytes)) return heap.exhausted(small(bytes));
      slab = heap.slabs_.next_slab(size_class);
      if (slab == nullptr) return heap.exhausted(small(bytes));
    }
    void* const block = heap.take_block(slab, slab->free_blocks);
    heap.observer_.slow();
    return block;
  }

  void* make_block(Grain grain, std::size_t length) {
    runs().entry(grain) = make_entry(length, kBlock);
    observer_.slow();
    return reinterpret_cast<void*>(runs().address(grain));
  }

  void watch(Grain grain, std::size_t n_bytes) {
    runs().entry(grain) |= kWatched;
    observer_.watch(runs().address(grain), n_bytes);
  }

  /// The block at `address`, whose entry was `before`, now is as long as `n_bytes` need.
  void observe_resized(Address address, MapEntry before, std::size_t n_bytes, Verdict verdict) {
    if ((before & kWatched) != 0) observer_.unwatch(address);
    observer_.gave(large_run(runs().length_of(before)));
    observer_.slow();
    if (verdict == Verdict::kWatch) watch(runs().grain_of(address), n_bytes);
  }

  TIDEMARK_RARE static void free_slow(Heap& heap, Address address) {
    const MapEntry entry = heap.entry_of(address);
    if (entry_kind(entry) == kSlab) {
      Slab* const slab = slab_of(entry);
      require_live(slab, address, "free");
      if (slab->seal != seal_of(slab)) fatal("heap", slab->base, "the descriptor of the slab here was overwritten");
      if constexpr (Observer::kActive) heap.observer_.gave(small(slab->block_bytes));
      slab->free_blocks |= std::uint64_t{1} << slab->index_of(address);
      if (slab->open_blocks != 0) return;
      heap.slabs_.open(slab);
      heap.runs().expect_freed(slab->length());
    } else if (address != 0) {
      const std::size_t length = large_length(address, entry, "free");
      const Grain grain = heap.runs().grain_of(address);
      if (Observer::kActive && (entry & kWatched) != 0) heap.observer_.unwatch(address);
      heap.observer_.gave(large_run(length));
      heap.runs().entry(grain) = 0;
      heap.runs().release(grain, length);
    }
  }

  // Functions whose address is in data stay functions: else the optimiser at link time puts the slow paths, which have
  // one caller each, into the fast ones, and those spill registers that they hardly use.
  struct SlowPaths {
    void* (*allocate_large)(Heap&, std::size_t) = &Heap::allocate_large;
    void* (*allocate_small_slowly)(Heap&, std::size_t, SizeClass) = &Heap::allocate_small_slowly;
    void (*free_slow)(Heap&, Address) = &Heap::free_slow;
  };
  struct NoSlowPaths {};
  [[no_unique_address]] std::conditional_t<kFeatures.fast_paths, SlowPaths, NoSlowPaths> kept_apart_;
  Slabs<Pages, Observer> slabs_;
  [[no_unique_address]] Observer observer_;
};

}  // namespace tidemark
