// A heap that looks for mistakes which a heap alone can't see. It stands between the program and a Heap, and nothing of it
// is in a program that is built without.
//
//   block      | n bytes of the program | canaries        | footer |
//                                       at least none       8 bytes: n and a check of it, or that it was freed
//
//   canaries       what follows the n bytes, up to the footer; with it they show a write past the end when the block is
//                  freed, resized or measured
//   fill on free   a block that was freed is filled, so that what is read from it afterwards is nothing the program knows
//   quarantine     … and stays out of use until kQuarantined others were freed: a second free is seen, and a write to it,
//                  when it leaves; blocks of more than kMostQuarantinedBytes do not wait
//   slots          random_slots.h, as the heap's observer
//
// Costs 8 bytes a block, two passes over each block, and the quarantine's memory. A check that fails ends the program with one
// line.
// Failure     An allocation that returns null has changed nothing but the quarantine, which was given back before.
#pragma once

#include <cstring>

#include "heap/heap.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class HardenedHeap {
 public:
  static constexpr std::size_t kQuarantined = 256;
  static constexpr std::size_t kMostQuarantinedBytes = 16 * 1024;

  constexpr explicit HardenedHeap(Heap<Pages, Observer>& heap) : heap_(heap) {}

  HardenedHeap(const HardenedHeap&) = delete;
  HardenedHeap& operator=(const HardenedHeap&) = delete;

  void* allocate(std::size_t n_bytes) {
    return guarded([&] { return heap_.allocate(with_footer(n_bytes)); }, n_bytes);
  }

  void* allocate_zeroed(std::size_t n_bytes) {
    return guarded([&] { return heap_.allocate_zeroed(with_footer(n_bytes)); }, n_bytes);
  }

  void* allocate_aligned(std::size_t alignment, std::size_t n_bytes) {
    return guarded([&] { return heap_.allocate_aligned(alignment, with_footer(n_bytes)); }, n_bytes);
  }

  void free(void* block) {
    if (block == nullptr) return;
    const std::size_t room = room_of(block, "free");
    length_of(block, room, "free");
    auto* const bytes = static_cast<unsigned char*>(block);
    std::memset(bytes, kFreed, room);
    write_footer(block, room, room, kFreedKey);
    if (room > kMostQuarantinedBytes) {
      heap_.free(block);
      return;
    }
    void*& place = quarantine_[next_];
    next_ = (next_ + 1) % kQuarantined;
    void* const oldest = place;
    place = block;
    if (oldest != nullptr) release(oldest);
  }

  void* reallocate(void* block, std::size_t n_bytes) {
    if (block == nullptr) return allocate(n_bytes);
    const std::size_t room = room_of(block, "realloc");
    const std::size_t old_bytes = length_of(block, room, "realloc");
    if (n_bytes <= room && n_bytes >= room / 2) {
      guard(block, n_bytes);
      return block;
    }
    void* const moved = allocate(n_bytes);
    if (moved == nullptr) {
      if (n_bytes > room) return nullptr;
      guard(block, n_bytes);
      return block;
    }
    std::memcpy(moved, block, n_bytes < old_bytes ? n_bytes : old_bytes);
    free(block);
    return moved;
  }

  /// Just what the program asked for: what is behind it are canaries.
  std::size_t usable_bytes(void* block) {
    if (block == nullptr) return 0;
    return length_of(block, room_of(block, "malloc_usable_size"), "malloc_usable_size");
  }

  /// Gives back what waits in quarantine.
  void empty_quarantine() {
    for (void*& waiting : quarantine_) {
      if (waiting != nullptr) release(waiting);
      waiting = nullptr;
    }
  }

 private:
  static constexpr unsigned char kCanary = 0xc5, kFreed = 0xdf;
  static constexpr std::uint32_t kLiveKey = 0x6a09e667, kFreedKey = 0xbb67ae85;
  static constexpr std::size_t kFooterBytes = 8;

  struct Footer {
    std::uint32_t length;
    std::uint32_t check;
  };
  static_assert(sizeof(Footer) == kFooterBytes);

  static constexpr const char* kOverrun = "something was written past the end of this block";
  static constexpr const char* kUsedAfterFree = "something was written to this block after it was freed";
  static constexpr const char* kFreedAlready = "this block is free already";

  /// A request that is too large stays so.
  static std::size_t with_footer(std::size_t n_bytes) {
    return n_bytes > ~kFooterBytes ? n_bytes : n_bytes + kFooterBytes;
  }

  template <class Allocate>
  void* guarded(Allocate&& allocate, std::size_t n_bytes) {
    void* block = allocate();
    if (block == nullptr) {
      empty_quarantine();
      block = allocate();
    }
    if (block != nullptr) guard(block, n_bytes);
    return block;
  }

  void guard(void* block, std::size_t n_bytes) {
    const std::size_t room = room_of(block, "malloc");
    std::memset(static_cast<unsigned char*>(block) + n_bytes, kCanary, room - n_bytes);
    write_footer(block, room, n_bytes, kLiveKey);
  }

  /// Bytes in front of the footer. Only of a block that the heap holds to be live; else the program ends here.
  std::size_t room_of(const void* block, const char* operation) const {
    return heap_.usable_bytes(block, operation) - kFooterBytes;
  }

  /// Bytes that the program has of the block; where anything behind them is not as it was left, the program ends here.
  std::size_t length_of(const void* block, std::size_t room, const char* operation) const {
    const Footer footer = read_footer(block, room);
    if (footer.check == check_of(block, room, kFreedKey) && footer.length == static_cast<std::uint32_t>(room)) {
      fatal(operation, address_of(block), kFreedAlready);
    }
    const std::size_t n_bytes = footer.length;
    if (footer.check != check_of(block, n_bytes, kLiveKey) || n_bytes > room || !holds(block, n_bytes, room, kCanary)) {
      fatal(operation, address_of(block), kOverrun);
    }
    return n_bytes;
  }

  void release(void* block) {
    const std::size_t room = room_of(block, "free");
    const Footer footer = read_footer(block, room);
    if (footer.check != check_of(block, room, kFreedKey) || !holds(block, 0, room, kFreed)) {
      fatal("free", address_of(block), kUsedAfterFree);
    }
    heap_.free(block);
  }

  static bool holds(const void* block, std::size_t begin, std::size_t end, unsigned char value) {
    const auto* const bytes = static_cast<const unsigned char*>(block);
    for (std::size_t i = begin; i < end; ++i) {
      if (bytes[i] != value) return false;
    }
    return true;
  }

  static Address address_of(const void* block) { return reinterpret_cast<Address>(block); }

  static std::uint32_t check_of(const void* block, std::size_t n_bytes, std::uint32_t key) {
    return (static_cast<std::uint32_t>(address_of(block)) ^ key) * 0x9e3779b1u + static_cast<std::uint32_t>(n_bytes);
  }

  static void write_footer(void* block, std::size_t room, std::size_t n_bytes, std::uint32_t key) {
    const Footer footer{static_cast<std::uint32_t>(n_bytes), check_of(block, n_bytes, key)};
    std::memcpy(static_cast<unsigned char*>(block) + room, &footer, sizeof(footer));
  }

  static Footer read_footer(const void* block, std::size_t room) {
    Footer footer;
    std::memcpy(&footer, static_cast<const unsigned char*>(block) + room, sizeof(footer));
    return footer;
  }

  Heap<Pages, Observer>& heap_;
  void* quarantine_[kQuarantined] = {};
  std::size_t next_ = 0;
};

}  // namespace tidemark
