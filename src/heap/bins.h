// Bins: where free runs of at least kMinBinnedGrains wait, by length, 32 bins a doubling: one for each length up to 64
// grains, so that the best fit is found without a search. Their links are in the map.
//
// Within a bin the lower of a new run and the first goes first, so what is taken next is low, at no cost.
#pragma once

#include <bit>
#include <cstring>

#include "heap/grain_map.h"

namespace tidemark {

class Bins {
 public:
  static constexpr unsigned kGroupBins = 32;
  static constexpr unsigned kGroups = sizeof(Address) == 4 ? 21 : 29;  // lengths are below 2^25, 2^33
  static constexpr unsigned kCount = kGroupBins * kGroups;

  void insert(MapEntry* map, Grain grain, std::size_t length) {
    const Grain first = heads_[bin_of(length)];
    insert_after(map, first < grain ? first : kNoGrain, grain, length);
  }

  /// Puts a run behind another of its bin, or first where `before` is kNoGrain.
  [[gnu::noinline]] void insert_after(MapEntry* map, Grain before, Grain grain, std::size_t length) {
    const unsigned bin = bin_of(length);
    Grain after;
    if (before != kNoGrain) {
      after = entry_value(map[before + 1]);
    } else {
      after = heads_[bin];
      heads_[bin] = grain;
      mark(bin);
    }
    put_between(map, before, grain, after);
  }

  /// Takes a run out, and all its entries out of the map.
  [[gnu::noinline]] void remove(MapEntry* map, Grain grain, std::size_t length) {
    const Grain after = entry_value(map[grain + 1]), before = entry_value(map[grain + 2]);
    map[grain] = map[grain + 1] = map[grain + 2] = 0;
    if (after != kNoGrain) map[after + 2] = make_entry(before, kFree);
    if (before != kNoGrain) {
      map[before + 1] = make_entry(after, kFree);
      return;
    }
    const unsigned bin = bin_of(length);
    heads_[bin] = after;
    if (after == kNoGrain) unmark(bin);
  }

  /// A run of at least `length`, and of hardly more where there is one; kNoGrain when there is none.
  Grain find(const MapEntry* map, std::size_t length) const {
    const unsigned bin = bin_of(length);
    if (bin >= kCount) return kNoGrain;
    // The run's own bin holds shorter ones too: look at a few.
    Grain grain = heads_[bin];
    for (int probes = kMaxProbes; grain != kNoGrain && probes > 0; --probes) {
      if (entry_value(map[grain]) >= length) return grain;
      grain = entry_value(map[grain + 1]);
    }
    const unsigned above = bin + 1;
    unsigned group = above / kGroupBins;
    if (group == kGroups) return kNoGrain;
    std::uint32_t marks = marks_[group] & (~std::uint32_t{0} << above % kGroupBins);
    if (marks == 0) {
      const std::uint32_t groups = groups_ & ~std::uint32_t{1} << group;
      if (groups == 0) return kNoGrain;
      group = static_cast<unsigned>(std::countr_zero(groups));
      marks = marks_[group];
    }
    return heads_[kGroupBins * group + static_cast<unsigned>(std::countr_zero(marks))];
  }

  void clear() {
    groups_ = 0;
    std::memset(marks_, 0, sizeof(marks_));
    std::memset(heads_, 0, sizeof(heads_));
  }

  /// The bin with the longest runs of all; kCount where there are none.
  unsigned highest() const {
    if (groups_ == 0) return kCount;
    const unsigned group = static_cast<unsigned>(std::bit_width(groups_)) - 1;
    return kGroupBins * group + static_cast<unsigned>(std::bit_width(marks_[group])) - 1;
  }

  static unsigned bin_of(std::size_t length) {
    const unsigned dropped = static_cast<unsigned>(std::bit_width(length | 32)) - 6;
    return kGroupBins * dropped + static_cast<unsigned>(length >> dropped);
  }
  Grain head(unsigned bin) const { return heads_[bin]; }
  bool marked(unsigned bin) const {
    return (marks_[bin / kGroupBins] >> bin % kGroupBins & 1) != 0 && (groups_ >> bin / kGroupBins & 1) != 0;
  }

 private:
  static constexpr int kMaxProbes = 4;

  static void put_between(MapEntry* map, Grain before, Grain grain, Grain after) {
    map[grain + 1] = make_entry(after, kFree);
    map[grain + 2] = make_entry(before, kFree);
    if (before != kNoGrain) map[before + 1] = make_entry(grain, kFree);
    if (after != kNoGrain) map[after + 2] = make_entry(grain, kFree);
  }

  void mark(unsigned bin) {
    groups_ |= std::uint32_t{1} << bin / kGroupBins;
    marks_[bin / kGroupBins] |= std::uint32_t{1} << bin % kGroupBins;
  }

  void unmark(unsigned bin) {
    marks_[bin / kGroupBins] &= ~(std::uint32_t{1} << bin % kGroupBins);
    if (marks_[bin / kGroupBins] == 0) groups_ &= ~(std::uint32_t{1} << bin / kGroupBins);
  }

  std::uint32_t groups_ = 0;           // bit g: a bin of the 32 from 32 g is not empty
  std::uint32_t marks_[kGroups] = {};  // bit b of marks_[g]: bin 32 g + b is not empty
  Grain heads_[kCount] = {};
};

}  // namespace tidemark
