// The heap: malloc and free, without a header in front of a block.
//
//   small   <= 1 KiB   a bit in the bitmap of a slab of the size class
//   large              a run of grains
//
// What is known of a block stands in the grain map and in slab descriptors, both apart from the blocks: no block is
// written to before it is handed out or after it was freed, a pointer that is no block's start is always recognised, and
// an overflow out of a block meets another block, not the heap's own data.
//
// Invariants  (those of runs.h, and)
//   H1  current_[c] is a slab of class c, or kNoSlab. partial_[c] lists every slab of class c that has a free block,
//       but the current one, and no other.
//   H2  A slab that is not current has a block in use.
//   H3  Every slab's descriptor is sealed; free_blocks has no bit outside the slab.
// Failure     An allocation that returns null has changed nothing but, perhaps, the amount of memory.
// Threads     One at a time.
#pragma once

#include <cstring>
#include <limits>

#include "heap/runs.h"
#include "heap/size_class.h"
#include "heap/slab.h"
#include "tidemark/heap_stats.h"

namespace tidemark {

/// What current_ points to where a class has no slab: nothing to take.
inline constinit Slab kNoSlab{};

template <PageSource Pages>
class Heap {
 public:
  constexpr Heap() : Heap(Pages()) {}
  constexpr explicit Heap(Pages pages) : runs_(pages) {
    for (auto& slab : current_) slab = &kNoSlab;
  }

  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A block of at least `n_bytes`, its address a multiple of kMinBlockBytes; null when memory is exhausted.
  /// A request for nothing gets the least block there is.
  void* allocate(std::size_t n_bytes) {
    if (n_bytes > kMaxSmallBytes) return allocate_large(n_bytes);
    const SizeClass size_class = class_for(n_bytes);
    Slab* const slab = current_[size_class];
    const std::uint64_t free_blocks = slab->free_blocks;
    if (free_blocks == 0) [[unlikely]] {
      return allocate_from_next_slab(size_class);
    }
    return take_block(slab, free_blocks);
  }

  /// As allocate, and every byte is 0. Memory that was never used is known to be, and is not touched.
  void* allocate_zeroed(std::size_t n_bytes) {
    const Grain fresh = runs_.fresh();
    void* const block = allocate(n_bytes);
    if (block == nullptr) return nullptr;
    std::size_t dirty = n_bytes;
    if (n_bytes > kMaxSmallBytes) {
      const Grain grain = runs_.grain_of(reinterpret_cast<Address>(block));
      const std::size_t used_before = fresh > grain ? (fresh - grain) << kGrainShift : 0;
      if (used_before < dirty) dirty = used_before;
    }
    if (dirty != 0) std::memset(block, 0, dirty);
    return block;
  }

  /// As allocate, at a multiple of `alignment`, a power of two.
  void* allocate_aligned(std::size_t alignment, std::size_t n_bytes) {
    // Slabs and runs begin at grains, and every multiple of a lesser power of two is a block size (I4 of size_class.h).
    if (alignment <= kMinBlockBytes) return allocate(n_bytes);
    if (n_bytes > kMaxBytes - kGrainBytes || alignment > kMaxBytes - n_bytes) return exhausted();
    if (n_bytes == 0) n_bytes = 1;
    if (alignment <= kGrainBytes) return allocate(round_up(n_bytes, alignment));
    const std::size_t length = grains_for(n_bytes), step = alignment / kGrainBytes;
    const std::size_t widened = length + step - 1;
    const Grain grain = runs_.acquire(widened, widened);
    if (grain == kNoGrain) return exhausted();
    const Address aligned = round_up(runs_.address(grain), alignment);
    const std::size_t before = runs_.grain_of(aligned) - grain;
    runs_.entry(grain + before) = make_entry(widened - before, kBlock);
    if (before != 0) runs_.release(grain, before);
    runs_.resize_block(grain + before, widened - before, length);
    return reinterpret_cast<void*>(aligned);
  }

  /// Null is nothing; anything else that is not a live block's address ends the program with one line.
  void free(void* block) {
    if (block == nullptr) return;
    const Address address = reinterpret_cast<Address>(block);
    const Entry entry = entry_of(address);
    if (!is_slab(entry)) [[unlikely]] {
      return free_large(address, entry);
    }
    Slab* const slab = reinterpret_cast<Slab*>(entry);
    const std::uint64_t bit = block_bit(slab, address, "free");
    const std::uint64_t free_before = slab->free_blocks;
    const std::uint64_t free_now = free_before | bit;
    if (free_before == free_now) [[unlikely]] {
      fatal("free", address, kFreedAlready);
    }
    slab->free_blocks = free_now;
    if ((free_before == 0) | (free_now == slab->all_free())) [[unlikely]] {
      settle(slab, free_before);
    }
  }

  /// A block of at least `n_bytes` with the content of `block`, as far as both reach, in whose place it comes; null, and
  /// `block` as it was, when memory is exhausted.
  void* reallocate(void* block, std::size_t n_bytes) {
    if (block == nullptr) return allocate(n_bytes);
    const Address address = reinterpret_cast<Address>(block);
    const Entry entry = entry_of(address);
    std::size_t old_bytes;
    if (is_slab(entry)) {
      Slab* const slab = reinterpret_cast<Slab*>(entry);
      require_live(slab, address, "realloc");
      old_bytes = slab->block_bytes;
      // A block that would be less than half full moves to where it fits.
      if (n_bytes <= old_bytes && n_bytes >= old_bytes / 2) return block;
    } else {
      const std::size_t length = large_length(address, entry, "realloc");
      old_bytes = length << kGrainShift;
      if (n_bytes > kMaxSmallBytes && n_bytes <= kMaxBytes &&
          runs_.resize_block(runs_.grain_of(address), length, grains_for(n_bytes))) {
        return block;
      }
    }
    void* const moved = allocate(n_bytes);
    if (moved != nullptr) {
      std::memcpy(moved, block, n_bytes < old_bytes ? n_bytes : old_bytes);
      free(block);
    }
    return moved;
  }

  /// Bytes that the block really has; 0 for null.
  std::size_t usable_bytes(const void* block) const {
    if (block == nullptr) return 0;
    const Address address = reinterpret_cast<Address>(block);
    const Entry entry = entry_of(address);
    if (!is_slab(entry)) return large_length(address, entry, "malloc_usable_size") << kGrainShift;
    const Slab* const slab = reinterpret_cast<const Slab*>(entry);
    require_live(slab, address, "malloc_usable_size");
    return slab->block_bytes;
  }

  /// End of the highest run, as a count of grains.
  Grain top() const { return runs_.top(); }

  /// Gives the runs of slabs that are kept although no block of them is in use back, so that neighbours can have them.
  void trim() {
    for (Slab*& current : current_) {
      Slab* const slab = current;
      if (slab == &kNoSlab || slab->free_blocks != slab->all_free()) continue;
      current = &kNoSlab;
      release_slab(slab);
    }
  }

 private:
  template <PageSource>
  friend class HeapWalk;

  static constexpr std::size_t kMaxBytes = std::numeric_limits<std::ptrdiff_t>::max();
  static constexpr std::size_t kDescriptorRunGrains = 4;

  static constexpr const char* kNoBlock = "this is not the start of a block of this heap";
  static constexpr const char* kFreedAlready = "this block is free already";

  // --- from an address to what is there

  Entry entry_of(Address address) const {
    const Grain grain = runs_.grain_of(address);
    return grain < runs_.mapped() ? runs_.entry(grain) : 0;
  }

  static bool is_slab(Entry entry) { return ((entry & kKindMask) == kSlab) & (entry != 0); }

  static std::uint64_t block_bit(const Slab* slab, Address address, const char* operation) {
    const auto offset = static_cast<std::uint32_t>(address - slab->base);
    const std::uint32_t index = offset * slab->reciprocal >> 16;
    if (index * slab->block_bytes != offset) [[unlikely]] {
      fatal(operation, address, kNoBlock);
    }
    return std::uint64_t{1} << index;
  }

  static void require_live(const Slab* slab, Address address, const char* operation) {
    if (slab->free_blocks & block_bit(slab, address, operation)) fatal(operation, address, kFreedAlready);
  }

  static std::size_t large_length(Address address, Entry entry, const char* operation) {
    if (entry_kind(entry) == kFree) fatal(operation, address, kFreedAlready);
    if (entry_kind(entry) != kBlock || address % kGrainBytes != 0) fatal(operation, address, kNoBlock);
    return entry_value(entry);
  }

  void* exhausted() {
    runs_.pages().exhausted();
    return nullptr;
  }

  // --- large blocks

  [[gnu::noinline]] void* allocate_large(std::size_t n_bytes) {
    if (n_bytes > kMaxBytes) return exhausted();
    const std::size_t length = grains_for(n_bytes);
    const Grain grain = runs_.acquire(length, 1);
    if (grain == kNoGrain) return exhausted();
    runs_.entry(grain) = make_entry(length, kBlock);
    return reinterpret_cast<void*>(runs_.address(grain));
  }

  [[gnu::noinline]] void free_large(Address address, Entry entry) {
    const std::size_t length = large_length(address, entry, "free");
    const Grain grain = runs_.grain_of(address);
    runs_.entry(grain) = 0;
    runs_.release(grain, length);
  }

  // --- slabs

  static void* take_block(Slab* slab, std::uint64_t free_blocks) {
    slab->free_blocks = free_blocks & (free_blocks - 1);
    const auto index = static_cast<std::uint32_t>(std::countr_zero(free_blocks));
    return reinterpret_cast<void*>(slab->base + index * slab->block_bytes);
  }

  [[gnu::noinline]] void* allocate_from_next_slab(SizeClass size_class) {
    Slab* slab = partial_[size_class];
    if (slab != nullptr) {
      unlink(slab);
    } else {
      slab = make_slab(size_class);
      if (slab == nullptr) return exhausted();
    }
    current_[size_class] = slab;
    return take_block(slab, slab->free_blocks);
  }

  /// After a free that found the slab exhausted, or left it empty.
  [[gnu::noinline]] void settle(Slab* slab, std::uint64_t free_before) {
    if (slab->seal != seal_of(slab)) fatal("heap", slab->base, "the descriptor of the slab here was overwritten");
    if (slab == current_[slab->size_class]) return;
    if (free_before == 0) {
      link(slab);
    } else {
      unlink(slab);
      release_slab(slab);
    }
  }

  Slab* make_slab(SizeClass size_class) {
    Slab* const slab = take_descriptor();
    if (slab == nullptr) return nullptr;
    // Twice the last one's blocks: a class that is hardly used pins little, one that is much used is seldom here.
    const Slab* const last = current_[size_class];
    std::size_t blocks = last == &kNoSlab ? min_blocks(size_class) : last->blocks() * 2;
    if (blocks > max_blocks(size_class)) blocks = max_blocks(size_class);
    const std::size_t bytes = block_bytes(size_class);
    const std::size_t length = blocks * bytes / kGrainBytes;
    const Grain grain = runs_.acquire(length, length);
    if (grain == kNoGrain) {
      give_descriptor(slab);
      return nullptr;
    }
    slab->unused_bits = static_cast<std::uint8_t>(64 - blocks);
    slab->free_blocks = slab->all_free();
    slab->base = runs_.address(grain);
    slab->block_bytes = static_cast<std::uint16_t>(bytes);
    slab->reciprocal = static_cast<std::uint16_t>((65535 + bytes) / bytes);
    slab->size_class = static_cast<std::uint8_t>(size_class);
    slab->seal = seal_of(slab);
    fill_entries(grain, length, reinterpret_cast<Entry>(slab));
    return slab;
  }

  void release_slab(Slab* slab) {
    const Grain grain = runs_.grain_of(slab->base);
    const std::size_t length = slab->length();
    fill_entries(grain, length, 0);
    give_descriptor(slab);
    runs_.release(grain, length);
  }

  void fill_entries(Grain grain, std::size_t length, Entry entry) {
    Entry* at = &runs_.entry(grain);
    for (Entry* const end = at + length; at != end; ++at) *at = entry;
  }

  /// The lower of the new one and the first goes first, so that low memory is used first.
  void link(Slab* slab) {
    Slab** const head = &partial_[slab->size_class];
    Slab* const first = *head;
    if (first != nullptr && first->base < slab->base) {
      slab->previous = first;
      slab->next = first->next;
      first->next = slab;
    } else {
      slab->previous = nullptr;
      slab->next = first;
      *head = slab;
    }
    if (slab->next != nullptr) slab->next->previous = slab;
  }

  void unlink(Slab* slab) {
    if (slab->next != nullptr) slab->next->previous = slab->previous;
    if (slab->previous != nullptr) {
      slab->previous->next = slab->next;
    } else {
      partial_[slab->size_class] = slab->next;
    }
  }

  // --- descriptors

  static std::uint32_t seal_of(const Slab* slab) {
    return static_cast<std::uint32_t>(reinterpret_cast<Address>(slab)) ^ 0x7ad3a2c5u;
  }

  Slab* take_descriptor() {
    if (free_descriptors_ == nullptr) {
      const Grain grain = runs_.acquire(kDescriptorRunGrains, 1);
      if (grain == kNoGrain) return nullptr;
      runs_.entry(grain) = make_entry(kDescriptorRunGrains, kReserved);
      Slab* const first = reinterpret_cast<Slab*>(runs_.address(grain));
      // From the last to the first, so that they are taken from the first on. The first itself stays away: whatever
      // runs over from below meets it before it meets a descriptor.
      for (std::size_t i = kDescriptorRunGrains * kGrainBytes / sizeof(Slab) - 1; i > 0; --i) give_descriptor(first + i);
    }
    Slab* const slab = free_descriptors_;
    free_descriptors_ = slab->next;
    return slab;
  }

  void give_descriptor(Slab* slab) {
    slab->seal = 0;
    slab->next = free_descriptors_;
    free_descriptors_ = slab;
  }

  Slab* current_[kSizeClassCount] = {};
  Slab* partial_[kSizeClassCount] = {};
  Slab* free_descriptors_ = nullptr;
  Runs<Pages> runs_;
};

}  // namespace tidemark
