// What marking still has to do: runs to be scanned and pointers to be followed, in the order of addresses.
//
// Order      A sweep goes over the runs from low addresses to high ones, and begins again until nothing is left: while a run
//            waits for it, more of its blocks are reached, and all of them are scanned together. Pointers wait by region, so
//            that many are looked up while the table's part for that region is in the cache: in a heap of 256 MiB in which
//            every fourth word is a pointer, that is what half of the time would go to else.
// Memory     One piece that the caller gives: a bit for each run, and 0.8 % of the heap for pointers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tidemark {

class Worklist {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// For runs numbered from 0, in a heap of so many bytes. A multiple of 8.
  static std::size_t bytes_for(std::size_t runs, std::size_t heap_bytes) {
    const std::size_t words = words_of(runs), regions = regions_of(heap_bytes);
    return (words + words_of(words)) * sizeof(std::uint64_t) + regions * capacity_of(heap_bytes) * sizeof(Address);
  }

  /// `memory` is aligned to 8 bytes.
  void start(void* memory, std::size_t runs, Address low, std::size_t heap_bytes) {
    pending_ = static_cast<std::uint64_t*>(memory);
    summary_ = pending_ + words_of(runs);
    buckets_ = reinterpret_cast<Address*>(summary_ + words_of(words_of(runs)));
    words_ = words_of(runs);
    for (std::size_t i = 0; i < words_ + words_of(words_); ++i) pending_[i] = 0;
    for (std::size_t& count : counts_) count = 0;
    low_ = low;
    shift_ = shift_of(heap_bytes);
    capacity_ = capacity_of(heap_bytes);
    waiting_ = 0;
  }

  // --- runs

  void add_run(std::uint32_t run) {
    pending_[run >> 6] |= std::uint64_t{1} << (run & 63);
    summary_[run >> 12] |= std::uint64_t{1} << ((run >> 6) & 63);
  }
  void remove_run(std::uint32_t run) {
    if ((pending_[run >> 6] &= ~(std::uint64_t{1} << (run & 63))) == 0)
      summary_[run >> 12] &= ~(std::uint64_t{1} << ((run >> 6) & 63));
  }
  /// The first from `run` on, or kNone.
  std::uint32_t next_run(std::uint32_t run) const {
    std::size_t word = run >> 6;
    if (word >= words_) return kNone;
    const std::uint64_t here = pending_[word] >> (run & 63);
    if (here != 0) return run + static_cast<std::uint32_t>(std::countr_zero(here));
    if (++word >= words_) return kNone;
    std::uint64_t words = summary_[word >> 6] >> (word & 63) << (word & 63);
    for (std::size_t i = word >> 6; i < words_of(words_); words = ++i < words_of(words_) ? summary_[i] : 0) {
      if (words == 0) continue;
      word = i << 6 | static_cast<std::size_t>(std::countr_zero(words));
      return static_cast<std::uint32_t>(word << 6 | static_cast<std::size_t>(std::countr_zero(pending_[word])));
    }
    return kNone;
  }

  // --- pointers

  unsigned region_of(Address address) const { return static_cast<unsigned>((address - low_) >> shift_); }
  /// Whether the region has no room for another one.
  bool add_pointer(unsigned region, Address pointer) {
    waiting_ |= std::uint64_t{1} << region;
    buckets_[region * capacity_ + counts_[region]] = pointer;
    return ++counts_[region] == capacity_;
  }
  /// The lowest region from `region` on, 64 included, that has pointers, or kNone.
  unsigned next_region(unsigned region) const {
    const std::uint64_t from = region > 63 ? 0 : waiting_ >> region << region;
    return from == 0 ? kNone : static_cast<unsigned>(std::countr_zero(from));
  }
  /// Takes all of a region's: valid until the next add_pointer() to it.
  const Address* take_pointers(unsigned region, std::size_t& count) {
    count = counts_[region];
    counts_[region] = 0;
    waiting_ &= ~(std::uint64_t{1} << region);
    return buckets_ + region * capacity_;
  }

 private:
  static constexpr unsigned kRegions = 64;
  static constexpr unsigned kLeastShift = 20;      // tables of 1 MiB fit into any cache
  static constexpr std::size_t kBytesAWord = 512;  // of the heap, for each pointer that may wait

  static std::size_t words_of(std::size_t bits) { return (bits + 63) / 64; }
  static unsigned shift_of(std::size_t heap_bytes) {
    unsigned shift = kLeastShift;
    while (heap_bytes != 0 && ((heap_bytes - 1) >> shift) >= kRegions) ++shift;
    return shift;
  }
  static std::size_t regions_of(std::size_t heap_bytes) {
    return heap_bytes == 0 ? 0 : ((heap_bytes - 1) >> shift_of(heap_bytes)) + 1;
  }
  static std::size_t capacity_of(std::size_t heap_bytes) {
    // Where there is one region, its pointers are followed at once: but for roots, which come before there is a sweep.
    const std::size_t regions = regions_of(heap_bytes);
    return regions == 1 ? 64 : (std::size_t{1} << shift_of(heap_bytes)) / kBytesAWord;
  }

  std::uint64_t* pending_ = nullptr;  // bit i: run i is to be scanned
  std::uint64_t* summary_ = nullptr;  // bit i: pending_[i] is not 0
  Address* buckets_ = nullptr;
  std::size_t words_ = 0;
  std::size_t counts_[kRegions] = {};
  std::size_t capacity_ = 0;
  std::uint64_t waiting_ = 0;  // bit i: region i has pointers
  Address low_ = 0;
  unsigned shift_ = kLeastShift;
};

}  // namespace tidemark
