// The heap: malloc and free, without a header in front of a block.
//
//   small   <= 2 KiB   a bit in the bitmap of a slab of the size class
//   large              a run of grains
//
// What is known of a block stands in the grain map and in slab descriptors, both apart from the blocks: no block is
// written to before it is handed out or after it was freed, a pointer that is no block's start is always recognised, and
// an overflow out of a block meets another block, not the heap's own data.
//
// Invariants  (those of runs.h, and)
//   H1  current_[c] is a slab of class c, and in the ring of all open ones, or kNoSlab where there is none. All others are
//       closed, and have no free block.
//   H2  Every slab's descriptor is sealed; free_blocks has no bit outside the slab.
// Idle slabs  keep their runs until a sweep (runs.h) takes them.
// Failure     An allocation that returns null has changed nothing but, perhaps, the amount of memory.
// Threads     One at a time.
#pragma once

#include <cstring>
#include <limits>

#include "base/attributes.h"
#include "heap/class_table.h"
#include "heap/observer.h"
#include "heap/runs.h"
#include "heap/slab.h"
#include "tidemark/heap_stats.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class SlabSplit;

/// What current_ points to where a class has no open slab: nothing to take.
inline constinit Slab kNoSlab{};

template <PageSource Pages, HeapObserver Observer = NoObserver>
class Heap {
 public:
  constexpr Heap() requires std::default_initializable<Observer> : Heap(Pages()) {}
  constexpr explicit Heap(Pages pages, Observer observer = Observer()) : runs_(pages), observer_(observer) {
    for (auto& slab : current_) slab = &kNoSlab;
  }

  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A block of at least `n_bytes`, its address a multiple of kMinBlockBytes; null when memory is exhausted.
  /// A request for nothing gets the least block there is.
  void* allocate(std::size_t n_bytes) {
    if (n_bytes > kMaxSmallBytes) {
      if (observer_.wants(bytes_of_large(n_bytes))) [[unlikely]]
        return judge_and_allocate(*this, n_bytes, bytes_of_large(n_bytes));
      return allocate_admitted_large(n_bytes);
    }
    const SizeClass size_class = classes_.class_for(n_bytes);
    Slab* const slab = current_[size_class];
    const std::uint64_t free_blocks = slab->free_blocks;
    if (free_blocks != 0) [[likely]] {
      if constexpr (Observer::kActive) {
        if (observer_.wants(slab->block_bytes)) [[unlikely]]
          return judge_and_allocate(*this, n_bytes, slab->block_bytes);
      }
      return take_block(slab, free_blocks);
    }
    return allocate_small_slowly(*this, n_bytes, size_class);
  }

  /// As allocate, and every byte is 0. Memory that was never used is known to be, and is not touched.
  void* allocate_zeroed(std::size_t n_bytes) {
    const Grain fresh = runs_.fresh();
    const std::size_t interruptions = observer_.interruptions();
    void* const block = allocate(n_bytes);
    if (block == nullptr) return nullptr;
    std::size_t dirty = n_bytes;
    if (n_bytes > kMaxSmallBytes && interruptions == observer_.interruptions()) {
      const Grain grain = runs_.grain_of(reinterpret_cast<Address>(block));
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
    if (observer_.wants(bytes_of_large(n_bytes))) verdict = observer_.judge(bytes_of_large(n_bytes), 0);
    if (verdict == Verdict::kRefuse) return exhausted();
    const std::size_t length = grains_for(n_bytes), step = alignment / kGrainBytes;
    const std::size_t widened = length + step - 1;
    Grain grain = acquire(widened, widened);
    if (grain == kNoGrain && observer_.made_room(n_bytes)) grain = acquire(widened, widened);
    if (grain == kNoGrain) return exhausted(bytes_of_large(n_bytes));
    const Address aligned = round_up(runs_.address(grain), alignment);
    const std::size_t before = runs_.grain_of(aligned) - grain;
    runs_.entry(grain + before) = make_entry(widened - before, kBlock);
    if (before != 0) runs_.release(grain, before);
    runs_.resize_block(grain + before, widened - before, length);
    observer_.slow();
    if (verdict == Verdict::kWatch) watch(grain + before, n_bytes);
    return reinterpret_cast<void*>(aligned);
  }

  /// Null is nothing; anything else that is not a live block's address ends the program with one line.
  void free(void* block) {
    const Address address = reinterpret_cast<Address>(block);
    const MapEntry entry = entry_of(address);
    if (entry_kind(entry) == kSlab) [[likely]] {
      Slab* const slab = slab_of(entry);
      const std::uint32_t index = slab->index_of(address);
      if (index < slab->open_blocks) [[likely]] {
        const std::uint64_t before = slab->free_blocks;
        const std::uint64_t now = before | std::uint64_t{1} << index;
        if (before != now) [[likely]] {
          if constexpr (Observer::kActive) observer_.gave(slab->block_bytes);
          slab->free_blocks = now;
          return;
        }
      }
    } else if (is_plain_block(entry) && entry_kind(entry) == kBlock && address % kGrainBytes == 0) {
      observer_.gave(entry_value(entry) << kGrainShift);
      runs_.release_linked(runs_.grain_of(address), entry_value(entry));
      return;
    }
    free_slow(*this, address, entry);
  }

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
        if (observer_.wants(bytes_of_large(n_bytes))) verdict = observer_.judge(bytes_of_large(n_bytes), old_bytes);
        asked = Observer::kActive;
        if (verdict == Verdict::kRefuse) return n_bytes <= old_bytes ? block : exhausted();
        if (runs_.resize_block(runs_.grain_of(address), length, grains_for(n_bytes))) {
          if constexpr (Observer::kActive) observe_resized(address, entry, n_bytes, verdict);
          return block;
        }
      }
    }
    void* const moved = asked ? allocate_judged(*this, n_bytes, bytes_of_large(n_bytes), verdict) : allocate(n_bytes);
    if (moved == nullptr) return n_bytes <= old_bytes ? block : nullptr;
    std::memcpy(moved, block, n_bytes < old_bytes ? n_bytes : old_bytes);
    free_slow(*this, address, entry_of(address));
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
  Grain top() const { return runs_.top(); }

  /// Gives the runs of all slabs that have no block in use back, and joins all free neighbours, so that the top falls.
  void trim() {
    if (runs_.mapped() != 0) sweep(true);
  }

 private:
  template <PageSource, HeapObserver>
  friend class HeapWalk;
  template <PageSource, HeapObserver>
  friend class HeapShrink;
  template <PageSource, HeapObserver>
  friend class HeapSlide;
  template <PageSource, HeapObserver>
  friend class HeapTidy;
  template <PageSource, HeapObserver>
  friend class SlabSplit;

  static constexpr std::size_t kMaxBytes = std::numeric_limits<std::ptrdiff_t>::max();
  static constexpr std::size_t kDescriptorRunGrains = 4;
  static constexpr std::size_t kDescriptorsPerRun = kDescriptorRunGrains * kGrainBytes / sizeof(Slab);

  // Slabs are split where at least this part of the heap is free blocks.
  static constexpr std::size_t kSplitShare = 8;

  static constexpr const char* kNoBlock = "this is not the start of a block of this heap";
  static constexpr const char* kFreedAlready = "this block is free already";

  // --- from an address to what is there

  MapEntry entry_of(Address address) const {
    const Grain grain = runs_.grain_of(address);
    return grain < runs_.mapped() ? runs_.entry(grain) : 0;
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

  /// Whether free may take the short way, if it is a block at all.
  static bool is_plain_block(MapEntry entry) {
    constexpr MapEntry kLeast = make_entry(kMinBinnedGrains, kBlock);
    return Observer::kActive ? entry - kLeast < kWatched - kLeast : entry >= kLeast;
  }

  /// The observer has counted `counted_bytes` for it.
  void* exhausted(std::size_t counted_bytes) {
    observer_.failed(counted_bytes);
    return exhausted();
  }

  void* exhausted() {
    runs_.pages().exhausted();
    return nullptr;
  }

  // --- allocation

  /// What the observer counts for a large block.
  static std::size_t bytes_of_large(std::size_t n_bytes) { return grains_for(n_bytes) << kGrainShift; }

  // Admitted: the observer, if there is one, has counted the block.

  void* allocate_admitted_large(std::size_t n_bytes) {
    const Grain grain = runs_.take_recent_block(grains_for(n_bytes));
    if (grain == kNoGrain) return allocate_large(*this, n_bytes);
    return reinterpret_cast<void*>(runs_.address(grain));
  }

  void* allocate_admitted(std::size_t n_bytes, std::size_t counted_bytes) {
    if (n_bytes > kMaxSmallBytes) return allocate_admitted_large(n_bytes);
    const SizeClass size_class = classes_.class_for(n_bytes);
    // While the observer was asked, the heap may have been used, and the class divided.
    observer_.gave(counted_bytes - classes_.block_bytes(size_class));
    Slab* const slab = current_[size_class];
    const std::uint64_t free_blocks = slab->free_blocks;
    return free_blocks != 0 ? take_block(slab, free_blocks) : allocate_from_next_slab(*this, size_class);
  }

  [[gnu::noinline]] static void* allocate_small_slowly(Heap& heap, std::size_t n_bytes, SizeClass size_class) {
    if (size_class == ClassTable::kNone) {
      heap.classes_.fill();
      size_class = heap.classes_.class_for(n_bytes);
    }
    Slab* const slab = heap.next_in_ring(size_class);
    if (slab == nullptr) {
      size_class = heap.classes_.class_of_slab(size_class, n_bytes);
    } else if (!Observer::kActive) {
      return heap.take_block(slab, slab->free_blocks);
    }
    if constexpr (Observer::kActive) {
      const std::size_t bytes = heap.classes_.block_bytes(size_class);
      if (heap.observer_.wants(bytes)) return judge_and_allocate(heap, n_bytes, bytes);
    }
    return allocate_from_next_slab(heap, size_class);
  }

  // --- large blocks, and all that is not the fast path

  [[gnu::noinline]] static void* allocate_large(Heap& heap, std::size_t n_bytes) {
    if (n_bytes > kMaxBytes) return heap.exhausted();
    const std::size_t length = grains_for(n_bytes);
    Grain grain = heap.acquire(length, 1);
    if (grain == kNoGrain && heap.observer_.made_room(n_bytes)) grain = heap.acquire(length, 1);
    return grain == kNoGrain ? heap.exhausted(bytes_of_large(n_bytes)) : heap.make_block(grain, length);
  }

  [[gnu::noinline]] static void* judge_and_allocate(Heap& heap, std::size_t n_bytes, std::size_t counted_bytes) {
    return allocate_judged(heap, n_bytes, counted_bytes, heap.observer_.judge(counted_bytes, 0));
  }

  /// Where there is no run for a small block that is to be watched, it goes unwatched.
  [[gnu::noinline]] static void* allocate_judged(Heap& heap, std::size_t n_bytes, std::size_t counted_bytes,
                                                 Verdict verdict) {
    if (verdict == Verdict::kRefuse) return heap.exhausted();
    if (verdict == Verdict::kAllocate) return heap.allocate_admitted(n_bytes, counted_bytes);
    if (n_bytes > kMaxSmallBytes) {
      void* const block = allocate_large(heap, n_bytes);
      if (block != nullptr) heap.watch(heap.runs_.grain_of(reinterpret_cast<Address>(block)), n_bytes);
      return block;
    }
    const std::size_t length = grains_for(n_bytes == 0 ? 1 : n_bytes);
    const Grain grain = heap.acquire(length, 1);
    if (grain == kNoGrain) return heap.allocate_admitted(n_bytes, counted_bytes);
    heap.observer_.took((length << kGrainShift) - counted_bytes);
    void* const block = heap.make_block(grain, length);
    heap.watch(grain, n_bytes);
    return block;
  }

  void* make_block(Grain grain, std::size_t length) {
    runs_.entry(grain) = make_entry(length, kBlock);
    observer_.slow();
    return reinterpret_cast<void*>(runs_.address(grain));
  }

  void watch(Grain grain, std::size_t n_bytes) {
    runs_.entry(grain) |= kWatched;
    observer_.watch(runs_.address(grain), n_bytes);
  }

  /// The block at `address`, whose entry was `before`, now is as long as `n_bytes` need.
  void observe_resized(Address address, MapEntry before, std::size_t n_bytes, Verdict verdict) {
    if ((before & kWatched) != 0) observer_.unwatch(address);
    observer_.gave(runs_.length_of(before) << kGrainShift);
    observer_.slow();
    if (verdict == Verdict::kWatch) watch(runs_.grain_of(address), n_bytes);
  }

  TIDEMARK_RARE static void free_slow(Heap& heap, Address address, MapEntry entry) {
    if (entry_kind(entry) == kSlab) {
      Slab* const slab = slab_of(entry);
      require_live(slab, address, "free");
      if (slab->seal != seal_of(slab)) fatal("heap", slab->base, "the descriptor of the slab here was overwritten");
      if constexpr (Observer::kActive) heap.observer_.gave(slab->block_bytes);
      slab->free_blocks |= std::uint64_t{1} << slab->index_of(address);
      if (slab->open_blocks != 0) return;
      heap.open(slab);
      heap.runs_.expect_freed(slab->length());
    } else if (address != 0) {
      const std::size_t length = large_length(address, entry, "free");
      const Grain grain = heap.runs_.grain_of(address);
      if (Observer::kActive && (entry & kWatched) != 0) heap.observer_.unwatch(address);
      heap.observer_.gave(length << kGrainShift);
      heap.runs_.entry(grain) = 0;
      heap.runs_.release(grain, length);
    }
  }

  // --- runs

  TIDEMARK_RARE Grain acquire(std::size_t length, std::size_t mapped) {
    Grain grain = runs_.acquire_below_top(length);
    if (grain != kNoGrain) return grain;
    if (!runs_.sweep_is_due(length)) {
      grain = runs_.acquire_at_top(length, mapped);
      if (grain != kNoGrain || runs_.mapped() == 0) return grain;
    }
    sweep();
    grain = runs_.acquire_below_top(length);
    runs_.note_sweep(grain != kNoGrain);
    return grain != kNoGrain ? grain : runs_.acquire_at_top(length, mapped);
  }

  static std::size_t grains_of(std::size_t blocks, std::size_t bytes) { return grains_for(blocks * bytes); }

  /// A run for a slab of `blocks`, or of fewer where that is all that there is below the top: then `blocks` says how many.
  TIDEMARK_SMALL Grain acquire_for_slab(std::size_t& blocks, std::size_t least, std::size_t bytes) {
    Grain grain = acquire_some_below_top(blocks, least, bytes);
    if (grain != kNoGrain) return grain;
    const std::size_t length = grains_of(blocks, bytes);
    if (!runs_.sweep_is_due(length)) {
      grain = runs_.acquire_at_top(length, length);
      if (grain != kNoGrain || runs_.mapped() == 0) return grain;
    }
    sweep();
    grain = acquire_some_below_top(blocks, least, bytes);
    runs_.note_sweep(grain != kNoGrain);
    if (grain != kNoGrain) return grain;
    grain = runs_.acquire_at_top(length, length);
    if (grain != kNoGrain) return grain;
    blocks = least;
    const std::size_t least_length = grains_of(least, bytes);
    return runs_.acquire_at_top(least_length, least_length);
  }

  TIDEMARK_RARE Grain acquire_some_below_top(std::size_t& blocks, std::size_t least, std::size_t bytes) {
    for (std::size_t some = blocks; some >= least; some /= 2) {
      const Grain grain = runs_.acquire_below_top(grains_of(some, bytes));
      if (grain == kNoGrain) continue;
      const std::size_t length = grains_of(some, bytes);
      std::size_t fitting = ((length + runs_.carvable(grain + length)) << kGrainShift) / bytes;
      fitting -= fitting % least;
      if (fitting < blocks) blocks = fitting;
      runs_.skip_carved(grains_of(blocks, bytes) - length);
      return grain;
    }
    return kNoGrain;
  }

  /// Current slabs stay what they are, but for idle ones, where `releases_current`.
  TIDEMARK_RARE void sweep(bool releases_current = false) {
    std::size_t spare = 0;  // bytes of free blocks
    for (Slab*& current : current_) {
      Slab* const first = current;
      if (first == &kNoSlab) continue;
      for (Slab* slab = first->next; slab != first;) {
        Slab* const next = slab->next;
        if (slab->idle()) {
          release_slab(slab);
        } else {
          spare += static_cast<std::size_t>(std::popcount(slab->free_blocks)) * slab->block_bytes;
        }
        slab = next;
      }
      first->next = first->previous = first;  // the sweep puts the others into the ring again, in order
      if (!releases_current || !first->idle()) continue;
      current = &kNoSlab;
      release_slab(first);
    }
    if (spare > runs_.top() * kGrainBytes / kSplitShare) SlabSplit(*this).run();
    free_descriptors_ = nullptr;
    runs_.sweep(
        [this](Slab* slab) {
          if (slab != current_[slab->size_class]) open_or_close(slab);
        },
        [this](Grain grain, std::size_t length) { return sweep_descriptors(grain, length); });
  }

  // --- slabs

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
    Slab* slab = heap.next_slab(size_class);
    if (slab == nullptr) {
      const std::size_t bytes = heap.classes_.block_bytes(size_class);
      if (!heap.observer_.made_room(bytes)) return heap.exhausted(bytes);
      slab = heap.next_slab(size_class);
      if (slab == nullptr) return heap.exhausted(bytes);
    }
    void* const block = heap.take_block(slab, slab->free_blocks);
    heap.observer_.slow();
    return block;
  }

  /// The current one, or else the next that has a free block, which is the current one then; null where none can be had.
  TIDEMARK_SMALL Slab* next_slab(SizeClass size_class) {
    Slab* slab = current_[size_class];
    if (slab->free_blocks != 0) return slab;
    slab = next_in_ring(size_class);
    if (slab == nullptr) slab = make_slab(size_class);
    if (slab != nullptr) current_[size_class] = slab;
    return slab;
  }

  /// The next slab of the ring that has a free block, which is the current one then; null where there is none. Closes the
  /// exhausted ones on the way there, and passes one over that may soon be idle, if the one behind it serves as well.
  /// Requires  the current slab to be exhausted.
  Slab* next_in_ring(SizeClass size_class) {
    while (current_[size_class] != &kNoSlab) {
      Slab* next = current_[size_class]->next;
      if (next->free_blocks != 0) {
        if (next->mostly_free() && next->next->free_blocks != 0) next = next->next;
        runs_.expect_freed(next->length());
        current_[size_class] = next;
        return next;
      }
      close(next);
    }
    return nullptr;
  }

  TIDEMARK_SMALL Slab* make_slab(SizeClass size_class) {
    // Twice the last one's blocks: a class that is hardly used pins little, one that is much used is seldom here.
    const std::size_t bytes = classes_.block_bytes(size_class), least = min_blocks(bytes), most = max_blocks(bytes);
    std::size_t blocks = first_blocks(bytes) << wanted_[size_class];
    if (blocks < most) {
      ++wanted_[size_class];
    } else {
      blocks = most;
    }
    const Grain grain = acquire_for_slab(blocks, least, bytes);
    if (grain == kNoGrain) return nullptr;
    const std::size_t length = grains_of(blocks, bytes);
    runs_.entry(grain) = make_entry(length, kBlock);  // until there is a descriptor: a sweep may come by
    Slab* const slab = take_descriptor();
    if (slab == nullptr) {
      runs_.entry(grain) = 0;
      runs_.release(grain, length);
      return nullptr;
    }
    slab->n_blocks = static_cast<std::uint8_t>(blocks);
    slab->free_blocks = slab->all_free();
    slab->base = runs_.address(grain);
    slab->block_bytes = static_cast<std::uint16_t>(bytes);
    slab->shift = static_cast<std::uint8_t>(std::countr_zero(bytes));
    slab->inverse = inverse_of(static_cast<std::uint32_t>(bytes >> slab->shift));
    slab->size_class = static_cast<std::uint8_t>(size_class);
    slab->seal = seal_of(slab);
    runs_.fill_entries(grain, length, slab_entry(slab));
    open(slab);
    return slab;
  }

  /// Requires  the slab to be idle, and in no ring.
  TIDEMARK_RARE void release_slab(Slab* slab) {
    const Grain grain = runs_.grain_of(slab->base);
    const std::size_t length = slab->length();
    runs_.fill_entries(grain, length, 0);
    give_descriptor(slab);
    runs_.release(grain, length);
  }

  /// Its turn will come last.
  TIDEMARK_RARE void open(Slab* slab) {
    slab->open_blocks = slab->n_blocks;
    Slab*& current = current_[slab->size_class];
    if (current == &kNoSlab) {
      slab->next = slab->previous = current = slab;
      return;
    }
    slab->next = current;
    slab->previous = current->previous;
    slab->previous->next = current->previous = slab;
  }

  TIDEMARK_RARE void close(Slab* slab) {
    slab->open_blocks = 0;
    Slab*& current = current_[slab->size_class];
    if (slab->next == slab) {
      current = &kNoSlab;
      return;
    }
    slab->next->previous = slab->previous;
    slab->previous->next = slab->next;
    if (current == slab) current = slab->next;
  }

  void open_or_close(Slab* slab) {
    if (slab->free_blocks != 0) {
      open(slab);
    } else {
      slab->open_blocks = 0;
    }
  }

  // --- descriptors

  TIDEMARK_RARE Slab* take_descriptor() {
    if (free_descriptors_ == nullptr) {
      const Grain grain = acquire(kDescriptorRunGrains, 1);
      if (grain == kNoGrain) return nullptr;
      make_descriptors(grain);
    }
    Slab* const slab = free_descriptors_;
    free_descriptors_ = slab->next;
    return slab;
  }

  TIDEMARK_RARE void make_descriptors(Grain grain) {
    runs_.entry(grain) = make_entry(kDescriptorRunGrains, kReserved);
    Slab* const first = reinterpret_cast<Slab*>(runs_.address(grain));
    // From the last to the first, so that they are taken from the first on. The first itself stays away: whatever
    // runs over from below meets it before it meets a descriptor.
    TIDEMARK_KEEP_LOOP
    for (std::size_t i = kDescriptorsPerRun - 1; i > 0; --i) give_descriptor(first + i);
  }

  void give_descriptor(Slab* slab) {
    slab->block_bytes = 0;
    slab->next = free_descriptors_;
    free_descriptors_ = slab;
  }

  /// Of a reserved run: gathers its free descriptors, if it has descriptors; whether that was all of them, and the run
  /// is not needed any more.
  TIDEMARK_SMALL bool sweep_descriptors(Grain grain, std::size_t length) {
    if (length != kDescriptorRunGrains || runs_.is_map(grain)) return false;  // strangers take whole pages
    Slab* const first = reinterpret_cast<Slab*>(runs_.address(grain));
    Slab* const before = free_descriptors_;
    bool all_free = true;
    TIDEMARK_KEEP_LOOP
    for (std::size_t i = kDescriptorsPerRun - 1; i > 0; --i) {
      if (first[i].block_bytes == 0) {
        give_descriptor(first + i);
      } else {
        all_free = false;
      }
    }
    if (all_free) free_descriptors_ = before;
    return all_free;
  }

  Slab* current_[ClassTable::kCount] = {};
  std::uint8_t wanted_[ClassTable::kCount] = {};
  // Functions whose address is in data stay functions: else the optimiser at link time puts the slow paths, which have
  // one caller each, into the fast ones, and those spill registers that they hardly use.
  void* (*keep_allocate_large_)(Heap&, std::size_t) = &allocate_large;
  void* (*keep_allocate_small_slowly_)(Heap&, std::size_t, SizeClass) = &allocate_small_slowly;
  void (*keep_free_slow_)(Heap&, Address, MapEntry) = &free_slow;
  Slab* free_descriptors_ = nullptr;
  ClassTable classes_;
  Runs<Pages, Observer> runs_;
  [[no_unique_address]] Observer observer_;
};

}  // namespace tidemark

#include "heap/slab_split.h"
