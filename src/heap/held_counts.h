// What stands in a heap's runs besides large blocks, counted where those runs are made and given up, which is never on a
// fast path. For a heap that somebody observes; any other has neither code nor data for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/slab.h"

namespace tidemark {

template <bool kCounted>
class HeldCounts {
 public:
  void add_slab(const Slab& slab) {
    slab_grains_ += slab.length();
    unfilled_bytes_ += unfilled_bytes(slab);
    ++takes_;
  }
  void remove_slab(const Slab& slab) {
    slab_grains_ -= slab.length();
    unfilled_bytes_ -= unfilled_bytes(slab);
  }
  void add_descriptors(std::size_t length) {
    descriptor_grains_ += length;
    ++takes_;
  }
  void remove_descriptors(std::size_t length) { descriptor_grains_ -= length; }
  /// Memory that somebody else has taken in between.
  void add_stranger(std::size_t length) { stranger_grains_ += length; }
  /// A new map.
  void note_take() { ++takes_; }

  std::size_t slab_grains() const { return slab_grains_; }
  std::size_t descriptor_grains() const { return descriptor_grains_; }
  std::size_t stranger_grains() const { return stranger_grains_; }
  /// Of the slabs: what no block fills.
  std::size_t unfilled_bytes() const { return unfilled_bytes_; }
  /// Differs wherever free memory was taken for anything but blocks that an observer counts.
  std::uint32_t takes() const { return takes_; }

 private:
  static std::size_t unfilled_bytes(const Slab& slab) {
    return (slab.length() << kGrainShift) - slab.blocks() * slab.block_bytes;
  }

  std::size_t slab_grains_ = 0;
  std::size_t descriptor_grains_ = 0;
  std::size_t stranger_grains_ = 0;
  std::size_t unfilled_bytes_ = 0;
  std::uint32_t takes_ = 0;
};

template <>
class HeldCounts<false> {
 public:
  static constexpr void add_slab(const Slab&) {}
  static constexpr void remove_slab(const Slab&) {}
  static constexpr void add_descriptors(std::size_t) {}
  static constexpr void remove_descriptors(std::size_t) {}
  static constexpr void add_stranger(std::size_t) {}
  static constexpr void note_take() {}
};

}  // namespace tidemark
