// Free blocks by length, eight bins a doubling.
//
// Invariants (check() of chunks.h)
//   F1  A free block is in the bin of its length, once; bins hold nothing else; bits_ says which are not empty.
#pragma once

#include <bit>

#include "base/steps.h"
#include "movable/block_header.h"

namespace tidemark {

class FreeBins {
 public:
  static constexpr unsigned kBins = step_below(0xffff) + 1;

  /// Whether a block of `units` can be cut from one of `free_units`: exactly, or so that a free block is left.
  static bool fits(std::size_t free_units, std::size_t units) {
    return free_units == units || free_units >= units + BlockHeader::kMinUnits;
  }

  /// A free block that `units` fits; null when none was found. Of the bins whose blocks may or may not do, only the first
  /// few are looked at.
  BlockHeader* find(std::size_t units) const {
    BlockHeader* block = bins_[step_below(units)];
    for (int probes = kMaxProbes; block != nullptr && probes > 0; --probes) {
      if (fits(block->units(), units)) return block;
      block = block->next_free();
    }
    const unsigned bin = step_above(units + BlockHeader::kMinUnits);
    std::uint64_t bits = ~std::uint64_t{0} << (bin % 64);
    for (unsigned word = bin / 64; word < kWords; ++word, bits = ~std::uint64_t{0}) {
      bits &= bits_[word];
      if (bits != 0) return bins_[64 * word + static_cast<unsigned>(std::countr_zero(bits))];
    }
    return nullptr;
  }

  /// The lower of the new one and the first goes first, so that low memory is used first.
  void insert(BlockHeader* block) {
    const unsigned bin = step_below(block->units());
    bits_[bin / 64] |= std::uint64_t{1} << (bin % 64);
    BlockHeader* const first = bins_[bin];
    BlockHeader* before = nullptr;
    BlockHeader* after = first;
    if (first != nullptr && first < block) {
      before = first;
      after = first->next_free();
      first->next_free() = block;
    } else {
      bins_[bin] = block;
    }
    block->next_free() = after;
    block->previous_free() = before;
    if (after != nullptr) after->previous_free() = block;
  }

  void remove(BlockHeader* block) {
    BlockHeader* const before = block->previous_free();
    BlockHeader* const after = block->next_free();
    if (after != nullptr) after->previous_free() = before;
    if (before != nullptr) {
      before->next_free() = after;
      return;
    }
    const unsigned bin = step_below(block->units());
    bins_[bin] = after;
    if (after == nullptr) bits_[bin / 64] &= ~(std::uint64_t{1} << (bin % 64));
  }

  /// Whether each bin is well linked and has only lengths of its own; adds up how many blocks there are.
  bool is_sound(std::size_t* blocks) const {
    for (unsigned bin = 0; bin < kBins; ++bin) {
      if ((bins_[bin] != nullptr) != ((bits_[bin / 64] >> (bin % 64) & 1) != 0)) return false;
      const BlockHeader* before = nullptr;
      for (BlockHeader* block = bins_[bin]; block != nullptr; block = block->next_free()) {
        if (block->is_live() || block->previous_free() != before || step_below(block->units()) != bin) return false;
        before = block;
        ++*blocks;
      }
    }
    return true;
  }

 private:
  static constexpr unsigned kWords = (kBins + 63) / 64;
  static constexpr int kMaxProbes = 4;

  BlockHeader* bins_[kBins] = {};
  std::uint64_t bits_[kWords] = {};
};

}  // namespace tidemark
