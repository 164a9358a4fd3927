// A set of indices below a capacity that gives out its least member.
//
// A bitmap, and above it bitmaps of which words of the one below are not 0, 64 to 1:
//
//   level 3   at most 4 words      level 1   one bit for each word of level 0
//   level 2                        level 0   one bit for each index
//
// Invariants (tests/unit/movable_index_set_test.cpp compares it with std::set)
//   A bit of level n + 1 is set if, and only if, its word of level n is not 0.
// Cost      insert, erase, least: at most 4 steps. 1/63 bit more than one a index.
// Failure   A resize that is refused changes nothing.
#pragma once

#include <cstdint>

#include "movable/run_source.h"

namespace tidemark {

class IndexSet {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::size_t kMaxCapacity = std::size_t{1} << 26;

  constexpr explicit IndexSet(RunSource& runs) : runs_(&runs) {}

  /// Keeps the members below `capacity`, a multiple of 64 that is not above kMaxCapacity; at 0 nothing is held.
  bool resize(std::size_t capacity);

  /// Moves its memory down if that can be done.
  void lower();

  void insert(std::uint32_t index) {
    for (unsigned level = 0; level < kLevels; ++level, index /= 64) {
      std::uint64_t& word = words_[begins_[level] + index / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (index % 64);
      if (!was_empty) return;
    }
  }

  void erase(std::uint32_t index) {
    for (unsigned level = 0; level < kLevels; ++level, index /= 64) {
      std::uint64_t& word = words_[begins_[level] + index / 64];
      word &= ~(std::uint64_t{1} << (index % 64));
      if (word != 0) return;
    }
  }

  bool contains(std::uint32_t index) const {
    return index < capacity_ && (words_[index / 64] >> (index % 64) & 1) != 0;
  }

  /// Members of [begin, begin + 64), by bit. Requires begin to be a multiple of 64 below the capacity.
  std::uint64_t word_at(std::uint32_t begin) const { return words_[begin / 64]; }

  /// kNone when it is empty.
  std::uint32_t least() const;

  bool is_at(Address address) const { return reinterpret_cast<Address>(words_) == address; }
  std::size_t held_bytes() const { return words_ == nullptr ? 0 : runs_->usable_bytes(words_); }

  /// Whether the invariant holds.
  bool is_sound() const;

 private:
  static constexpr unsigned kLevels = 4;

  RunSource* runs_;
  std::uint64_t* words_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint32_t begins_[kLevels + 1] = {};  // of each level's words, and the end of the last's
};

}  // namespace tidemark
