// Bins in few bytes of code: those of bins.h, with the same links in the map, but with a loop that looks for one that is
// not empty. They stand in for the others in a heap without marked_bins (features.h).
#pragma once

#include "base/attributes.h"
#include "heap/bins.h"

namespace tidemark {

class LeanBins {
 public:
  static constexpr unsigned kCount = Bins::kCount;

  /// The lower of a new run and the first goes first.
  TIDEMARK_SMALL void insert(MapEntry* map, Grain grain, std::size_t length) {
    const unsigned bin = bin_of(length);
    used_[bin / Bins::kGroupBins] = true;
    Grain& head = heads_[bin];
    Grain before = kNoGrain, after = head;
    if (after != kNoGrain && after < grain) {
      before = after;
      after = entry_value(map[before + 1]);
      map[before + 1] = make_entry(grain, kFree);
    } else {
      head = grain;
    }
    map[grain + 1] = make_entry(after, kFree);
    map[grain + 2] = make_entry(before, kFree);
    if (after != kNoGrain) map[after + 2] = make_entry(grain, kFree);
  }

  /// Takes a run out, and all its entries out of the map.
  TIDEMARK_RARE void remove(MapEntry* map, Grain grain, std::size_t length) {
    const Grain after = entry_value(map[grain + 1]), before = entry_value(map[grain + 2]);
    map[grain] = map[grain + 1] = map[grain + 2] = 0;
    if (after != kNoGrain) map[after + 2] = make_entry(before, kFree);
    if (before != kNoGrain) {
      map[before + 1] = make_entry(after, kFree);
    } else {
      heads_[bin_of(length)] = after;
    }
  }

  /// A run of at least `length`, and of hardly more where there is one; kNoGrain when there is none.
  TIDEMARK_SMALL Grain find(const MapEntry* map, std::size_t length) const {
    for (unsigned bin = bin_of(length); bin < kCount; ++bin) {
      if (!used_[bin / Bins::kGroupBins]) {
        bin |= Bins::kGroupBins - 1;
        continue;
      }
      // Its own bin holds shorter ones too: look at a few.
      int probes = kMaxProbes;
      for (Grain grain = heads_[bin]; grain != kNoGrain && probes > 0; --probes) {
        if (entry_value(map[grain]) >= length) return grain;
        grain = entry_value(map[grain + 1]);
      }
    }
    return kNoGrain;
  }

  void clear() {
    std::memset(heads_, 0, sizeof(heads_));
    std::memset(used_, 0, sizeof(used_));
  }

  /// The bin with the longest runs of all; kCount where there are none.
  unsigned highest() const {
    for (unsigned bin = kCount; bin-- > 0;) {
      if (heads_[bin] != kNoGrain) return bin;
    }
    return kCount;
  }

  static unsigned bin_of(std::size_t length) { return Bins::bin_of(length); }
  Grain head(unsigned bin) const { return heads_[bin]; }
  bool marked(unsigned bin) const { return heads_[bin] != kNoGrain && used_[bin / Bins::kGroupBins]; }

 private:
  static constexpr int kMaxProbes = 4;

  Grain heads_[kCount] = {};
  bool used_[Bins::kGroups] = {};  // whether a run came to one of the group's bins since they were cleared
};

}  // namespace tidemark
