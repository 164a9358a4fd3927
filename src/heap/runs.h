// Runs: the heap's lower half. Hands out runs of grains, takes them back, coalesces at once, and grows memory.
//
//   begin                                              top               limit
//   | map | slab | block | free | block | reserved | …  |   free, no runs  |   not there yet
//
// Placement   Best fit among free runs, by bins of eight steps a doubling, the lowest of those at hand first; memory
//             above `top` is cut only when no free run serves. So the top stays as low as the program allows.
// Carving     What is left of a free run that was cut stays out of the bins and of the map, to be cut again: requests
//             in a row, and blocks freed in reverse, move one number.
// Invariants  (check() in heap_walk.h verifies them; the model tests call it after every step)
//   R1  Runs tile [1, top) without gaps, and the map is as grain_map.h says for each of them.
//   R2  No two free runs are neighbours, and none ends at top. The run being carved is one of them, and not empty.
//   R3  A free run is in the bin of its length, once, if it has at least kMinBinnedGrains and is not being carved; bins
//       hold nothing else, and bin_bits_ says which are not empty.
//   R4  The map has entries for every grain at which a run begins, and for all grains of free runs and slabs; those at
//       and above top, and those of the run being carved, are 0.
//   R5  Memory at and above `fresh` has never been handed out: it is all zero.
// Failure     A growth that is refused changes nothing.
#pragma once

#include <bit>
#include <cstring>

#include "base/steps.h"
#include "heap/grain_map.h"
#include "platform/fatal.h"
#include "platform/page_source.h"

namespace tidemark {

template <PageSource Pages>
class Runs {
 public:
  constexpr Runs() = default;
  constexpr explicit Runs(Pages pages) : pages_(pages) {}

  /// A run of `length` > 0 grains, all of whose entries are 0, from free memory below top; kNoGrain when none is there.
  Grain acquire_below_top(std::size_t length) {
    const Grain binned = find_binned(length);
    const std::size_t carve_length = carve_end_ - carve_;
    if (binned != kNoGrain) {
      const std::size_t found = entry_value(map_[binned]);
      if (carve_length < length || carve_length > found) {
        remove(binned, found);
        if (found > length) carve_from(binned + length, binned + found);
        return binned;
      }
    } else if (carve_length < length) {
      return kNoGrain;
    }
    const Grain grain = carve_;
    carve_ += length;
    if (carve_ == carve_end_) carve_ = carve_end_ = kNoGrain;
    return grain;
  }

  /// As above, from memory above all other runs, of which there may have to be more. Only the first `mapped` > 0 grains
  /// of it are sure to have entries.
  Grain acquire_at_top(std::size_t length, std::size_t mapped) {
    if ((top_ + length > limit_ || top_ + mapped > mapped_) && !make_room(length, mapped)) return kNoGrain;
    const Grain grain = top_;
    advance_top(top_ + length);
    return grain;
  }

  /// Requires  the entries of [grain, grain + length) to be 0.
  void release(Grain grain, std::size_t length) {
    if (map_[kNoGrain] != kMapGuard) fatal("heap", address(1), "the heap's map was overwritten");
    Grain end = grain + length;
    const Entry before = map_[grain - 1];
    if (end == carve_) {
      if (entry_kind(before) == kFree) {
        grain -= entry_value(before);
        remove(grain, entry_value(before));
      }
      carve_ = grain;
      return;
    }
    const bool at_top = end == top_;
    if (!at_top) {
      const Entry after = map_[end];
      if (entry_kind(after) == kFree) {
        remove(end, entry_value(after));
        end += entry_value(after);
      }
    }
    if (grain == carve_end_) {
      if (at_top) {
        top_ = carve_;
        carve_ = carve_end_ = kNoGrain;
      } else {
        carve_end_ = end;
      }
      return;
    }
    if (entry_kind(before) == kFree) {
      const std::size_t before_length = entry_value(before);
      const Grain start = grain - before_length;
      if (!at_top && step_below(before_length) == step_below(end - start)) {
        map_[grain - 1] = 0;
        mark_free(start, end - start);
        return;
      }
      remove(start, before_length);
      grain = start;
    }
    if (at_top) {
      top_ = grain;
    } else {
      insert(grain, end - grain);
    }
  }

  /// Makes the block run at `grain` longer or shorter where it stands; false, and nothing changed, when what follows it
  /// does not allow that.
  bool resize_block(Grain grain, std::size_t length, std::size_t new_length) {
    const Grain end = grain + length;
    if (new_length > length) {
      const std::size_t more = new_length - length;
      if (end == top_) {
        if (top_ + more > limit_ && !grow_memory(top_ + more - limit_)) return false;
        advance_top(top_ + more);
      } else if (end == carve_) {
        if (carve_end_ - carve_ < more) return false;
        carve_ += more;
        if (carve_ == carve_end_) carve_ = carve_end_ = kNoGrain;
      } else {
        const Entry after = map_[end];
        const std::size_t free_length = entry_value(after);
        if (entry_kind(after) != kFree || free_length < more) return false;
        remove(end, free_length);
        if (free_length > more) insert(end + more, free_length - more);
      }
    }
    map_[grain] = make_entry(new_length, kBlock);
    if (new_length < length) {
      if (end == top_) {
        top_ = grain + new_length;  // the map may not reach this far
      } else {
        release(grain + new_length, length - new_length);
      }
    }
    return true;
  }

  /// The free run that is being carved goes to its bin.
  void stop_carving() { carve_from(kNoGrain, kNoGrain); }

  /// Whether a run at the top would need new memory, or has used up so much of the top since rest_at_top() that it is
  /// time to look for free memory below.
  bool restless(std::size_t length) const { return top_ + length > limit_ || top_ + length > restless_above_; }
  void rest_at_top() { restless_above_ = top_ + top_ / 64 + kGrainsPerPage; }

  Entry& entry(Grain grain) { return map_[grain]; }
  Entry entry(Grain grain) const { return map_[grain]; }

  /// Of any address; not below top() where the address is outside the heap.
  Grain grain_of(Address where) const { return (where >> kGrainShift) - first_; }
  Address address(Grain grain) const { return (first_ + grain) << kGrainShift; }

  Pages& pages() { return pages_; }

  Grain top() const { return top_; }
  /// Grains below this have entries; no run begins at or above it.
  Grain mapped() const { return mapped_; }
  Grain fresh() const { return fresh_; }

 private:
  template <PageSource>
  friend class HeapWalk;
  template <PageSource>
  friend class HeapShrink;

  static constexpr unsigned kBinCount = step_below((Address{1} << (sizeof(Address) == 4 ? 24 : 32)) - 1) + 1;
  static constexpr int kMaxProbes = 4;
  static constexpr std::size_t kMaxOvershootPages = 4 * 1024 * 1024 / kPageBytes;
  static constexpr std::size_t kGrainsPerPage = kPageBytes / kGrainBytes;
  static constexpr std::size_t kEntriesPerGrain = kGrainBytes / sizeof(Entry);

  // --- free runs and their bins

  Grain link(Grain grain) const { return entry_value(map_[grain]); }
  void set_link(Grain grain, Grain value) { map_[grain] = make_entry(value, kFree); }

  void mark_free(Grain grain, std::size_t length) {
    map_[grain] = map_[grain + length - 1] = make_entry(length, kFree);
  }

  void insert(Grain grain, std::size_t length) {
    mark_free(grain, length);
    if (length < kMinBinnedGrains) return;
    const unsigned bin = step_below(length);
    Grain* head = &bins_[bin];
    bin_bits_[bin / 64] |= std::uint64_t{1} << (bin % 64);
    // The lower of the two goes first: what is taken next is low, at no cost.
    const Grain first = *head;
    Grain before = kNoGrain, after = first;
    if (first != kNoGrain && first < grain) {
      before = first;
      after = link(first + 1);
      set_link(first + 1, grain);
    } else {
      *head = grain;
    }
    set_link(grain + 1, after);
    set_link(grain + 2, before);
    if (after != kNoGrain) set_link(after + 2, grain);
  }

  /// Takes a free run out of its bin, and all its entries out of the map.
  void remove(Grain grain, std::size_t length) {
    if (length >= kMinBinnedGrains) {
      const Grain after = link(grain + 1), before = link(grain + 2);
      if (after != kNoGrain) set_link(after + 2, before);
      if (before != kNoGrain) {
        set_link(before + 1, after);
      } else {
        const unsigned bin = step_below(length);
        bins_[bin] = after;
        if (after == kNoGrain) bin_bits_[bin / 64] &= ~(std::uint64_t{1} << (bin % 64));
      }
      map_[grain + 1] = map_[grain + 2] = 0;
    }
    map_[grain] = map_[grain + length - 1] = 0;
  }

  void carve_from(Grain begin, Grain end) {
    if (carve_ != kNoGrain) insert(carve_, carve_end_ - carve_);
    carve_ = begin;
    carve_end_ = end;
  }

  Grain find_binned(std::size_t length) const {
    unsigned bin = step_below(length);
    if (bin >= kBinCount) return kNoGrain;
    Grain grain = bins_[bin];
    for (int probes = kMaxProbes; grain != kNoGrain && probes > 0; --probes) {
      if (entry_value(map_[grain]) >= length) return grain;
      grain = link(grain + 1);
    }
    ++bin;
    std::uint64_t bits = ~std::uint64_t{0} << (bin % 64);
    for (unsigned word = bin / 64; word < kBinWords; ++word, bits = ~std::uint64_t{0}) {
      bits &= bin_bits_[word];
      if (bits != 0) return bins_[64 * word + static_cast<unsigned>(std::countr_zero(bits))];
    }
    return kNoGrain;
  }

  // --- the top

  void advance_top(Grain top) {
    top_ = top;
    if (top > fresh_) fresh_ = top;
  }

  /// At least `n_grains` more memory, next to what there is; some more than asked for, so that the next call is far off.
  bool grow_memory(std::size_t n_grains) {
    if (pages_.end() != address(limit_)) return false;
    return grow_pages(n_grains);
  }

  bool grow_pages(std::size_t n_grains) {
    const std::size_t needed = (n_grains + kGrainsPerPage - 1) / kGrainsPerPage;
    std::size_t overshoot = limit_ / (9 * kGrainsPerPage);  // a ninth is below 12 %
    if (overshoot > kMaxOvershootPages) overshoot = kMaxOvershootPages;
    while (!pages_.grow((needed + overshoot) * kPageBytes)) {
      if (overshoot == 0) return false;
      overshoot /= 2;  // a system that is short of memory may still have less
    }
    limit_ = grain_of(pages_.end());
    return true;
  }

  /// Makes room for a run at the top: memory, and a larger map where the present one ends too early.
  [[gnu::noinline]] bool make_room(std::size_t length, std::size_t mapped) {
    if (mapped_ == 0) start();
    const Grain old_top = top_, old_limit = limit_;
    Grain base = top_;
    std::size_t map_grains = map_grains_for(base + mapped);
    if (base + map_grains + length > limit_) {
      const Grain edge = grain_of(pages_.end());
      if (edge > limit_) {  // somebody else has grown memory: go on behind what is theirs
        base = edge;
        map_grains = map_grains_for(base + mapped);
      }
      if (!grow_pages(base + map_grains + length - edge)) return false;
    }
    if (base != old_top) fresh_ = base;
    top_ = base;
    if (map_grains != 0) move_map(map_grains, old_top);
    if (base != old_top) {
      map_[old_limit] = make_entry(base - old_limit, kReserved);
      if (old_limit != old_top) release(old_top, old_limit - old_top);
    }
    return true;
  }

  void start() {
    first_ = (pages_.begin() + kGrainBytes - 1) / kGrainBytes - 1;
    limit_ = pages_.end() > address(1) ? grain_of(pages_.end()) : 1;
    top_ = fresh_ = 1;
  }

  /// Grains that a map needs which reaches `end`, with a quarter to spare for itself and what comes; 0 when the present
  /// one does.
  std::size_t map_grains_for(Grain end) const {
    if (end <= mapped_) return 0;
    return (end + end / 4) / kEntriesPerGrain + 2;
  }

  /// Puts a map of `map_grains` at the top and frees the old one.
  void move_map(std::size_t map_grains, Grain old_top) {
    Entry* const old_map = map_;
    const std::size_t old_entries = old_top < mapped_ ? old_top : mapped_;
    const std::size_t old_mapped = mapped_;
    const Grain grain = top_;
    Entry* const map = reinterpret_cast<Entry*>(address(grain));
    mapped_ = map_grains * kEntriesPerGrain;
    if (old_entries != 0) std::memcpy(map, old_map, old_entries * sizeof(Entry));
    const std::size_t stale = fresh_ > grain ? fresh_ - grain : 0;  // grains of it that may hold something
    const std::size_t dirty_entries = (stale < map_grains ? stale : map_grains) * kEntriesPerGrain;
    if (dirty_entries > old_entries) std::memset(map + old_entries, 0, (dirty_entries - old_entries) * sizeof(Entry));
    map_ = map;
    map_[kNoGrain] = kMapGuard;
    map_[grain] = make_entry(map_grains, kReserved);
    advance_top(grain + map_grains);
    if (old_mapped != 0) {
      const Grain old_grain = grain_of(reinterpret_cast<Address>(old_map));
      map_[old_grain] = 0;
      release(old_grain, old_mapped / kEntriesPerGrain);
    }
  }

  static constexpr unsigned kBinWords = (kBinCount + 63) / 64;

  Entry* map_ = nullptr;
  Grain first_ = 0;         // grain numbers are addresses / kGrainBytes - first_
  Grain top_ = 0;           // end of the highest run
  Grain limit_ = 0;         // end of the heap's memory
  Grain fresh_ = 0;         // highest top ever
  Grain carve_ = kNoGrain;  // the free run [carve_, carve_end_) is being carved; both kNoGrain when none is
  Grain carve_end_ = kNoGrain;
  Grain restless_above_ = 0;
  std::size_t mapped_ = 0;  // entries in the map
  std::uint64_t bin_bits_[kBinWords] = {};
  Grain bins_[kBinCount] = {};
  [[no_unique_address]] Pages pages_;
};

}  // namespace tidemark
