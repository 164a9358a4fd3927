// Runs: the heap's lower half. Hands out runs of grains, takes them back, joins them, and grows memory.
//
//   begin                                              top               limit
//   | map | slab | block | free | block | reserved | …  |   free, no runs  |   not there yet
//
// Placement   Best fit among free runs; memory above `top` is cut only when no free run serves. So the top stays as low
//             as the program allows.
// Carving     What is left of a free run that was cut stays out of the bins and of the map, to be cut again: requests
//             in a row move one number.
// Recent      Runs that were released wait in one list, last in first out: who wants a run of the length of the last one
//             gets that, in a few loads and stores. Any other request first puts them all into their bins.
// Joining     Neighbours that are both free are joined by a sweep over the whole heap, when the top would have to be cut
//             and enough was freed since the last sweep to be worth it. Bins come out of a sweep lowest first.
// Invariants  (check() in heap_walk.h verifies them; the model tests call it after every step)
//   R1  Runs tile [1, top) without gaps, and the map is as grain_map.h says for each of them.
//   R2  After a sweep no two free runs are neighbours, and none ends at top.
//   R3  A free run is in the bin of its length, once, if it has at least kMinBinnedGrains and is neither being carved nor
//       recent; bins hold nothing else, and their marks say which are not empty.
//   R4  The map has entries for every grain at which a run begins, and for all grains of slabs and of free runs, but for
//       the end of a recent one that is the highest; those at and above top, and those of the run being carved, are 0.
//   R5  Memory at and above `fresh` has never been handed out: it is all zero.
// Failure     A growth that is refused changes nothing.
#pragma once

#include <cstring>
#include <type_traits>

#include "base/attributes.h"
#include "heap/bins.h"
#include "heap/features.h"
#include "heap/grain_map.h"
#include "heap/held_counts.h"
#include "heap/lean_bins.h"
#include "heap/observer.h"
#include "heap/slab.h"
#include "platform/fatal.h"
#include "platform/page_source.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer = NoObserver>
class Runs {
 public:
  static constexpr HeapFeatures kFeatures = features_of<Observer>();
  using RunBins = std::conditional_t<kFeatures.marked_bins, Bins, LeanBins>;

  constexpr Runs() = default;
  constexpr explicit Runs(Pages pages) : pages_(pages) {}

  /// The block run released last, a block again, where it has `length` grains; false, and nothing changed, where it has not.
  bool take_recent_block(std::size_t length, Grain& grain) {
    grain = recent_;
    if (grain == kNoGrain) return false;
    MapEntry* const entry = map_ + grain;
    if (*entry != make_entry(length, kFree)) return false;
    recent_ = entry_value(entry[1]);
    entry[0] = make_entry(length, kBlock);
    entry[1] = 0;
    return true;
  }

  /// A run of `length` > 0 grains, all of whose entries are 0, from free memory below top; kNoGrain when none is there.
  TIDEMARK_RARE Grain acquire_below_top(std::size_t length) requires(kFeatures.quick_runs) {
    put_recent_into_bins();
    const Grain binned = bins_.find(map_, length);
    const std::size_t carve_length = carve_end_ - carve_;
    if (binned != kNoGrain) {
      const std::size_t found = entry_value(map_[binned]);
      if (found == length || carve_length < length || carve_length > found) {
        bins_.remove(map_, binned, found);
        if (found > length) carve_from(binned + length, binned + found);
        return binned;
      }
    } else if (carve_length < length) {
      return kNoGrain;
    }
    const Grain grain = carve_;
    skip_carved(length);
    return grain;
  }

  /// As above, from memory above all other runs, of which there may have to be more. Only the first `mapped` > 0 grains
  /// of it are sure to have entries.
  [[gnu::noinline]] Grain acquire_at_top(std::size_t length, std::size_t mapped) {
    if ((top_ + length > limit_ || top_ + mapped > mapped_) && !make_room(length, mapped)) return kNoGrain;
    const Grain grain = top_;
    advance_top(top_ + length);
    return grain;
  }

  /// Requires  the entries of [grain, grain + length) to be 0.
  TIDEMARK_RARE void release(Grain grain, std::size_t length) requires(kFeatures.quick_runs) {
    map_[grain] = make_entry(length, kFree);
    if (length < kMinBinnedGrains) return;
    if (grain < linkable_) {
      link_recent(map_ + grain, grain);
    } else {  // it is the highest run, and back above the top, without a sweep
      map_[grain] = 0;
      top_ = grain;
    }
  }

  /// Requires  a block's run of kMinBinnedGrains or more below linkable(), and its entry.
  void release_block(MapEntry* entry, Grain grain) {
    entry[0] -= kBlock - kFree;
    link_recent(entry, grain);
  }

  /// Grains from `grain` on that skip_carved can take.
  std::size_t carvable(Grain grain) const { return carve_ == grain ? carve_end_ - carve_ : 0; }

  void skip_carved(std::size_t length) {
    if (length == 0) return;
    carve_ += length;
    if (carve_ == carve_end_) carve_ = carve_end_ = kNoGrain;
  }

  /// Counts `length` grains as freed that may turn out free only in a sweep.
  void expect_freed(std::size_t length) { freed_ += length; }

  /// Whether so much was freed since the last sweep that one should come before the place of a long run is chosen: what is
  /// free is known in pieces, and what is cut from a longer one, or from the top, where pieces would do, stays in the way of
  /// the next.
  bool should_join(std::size_t length) const { return length >= kLong && freed_ > top_ / kSweepBeforeChoice; }

  /// Whether so much was freed since the last sweep that one should come before `length` grains are cut from the top.
  bool sweep_is_due(std::size_t length) const {
    const std::size_t enough = top_ / (top_ + length > limit_ ? kSweepBeforeGrowth : kSweepBeforeCut);
    return freed_ >= length && freed_ > enough << vain_sweeps_;
  }

  /// Whether the last sweep found what it was made for: where it didn't, the next one waits until twice as much was freed.
  void note_sweep(bool helped) {
    if (helped) {
      vain_sweeps_ = 0;
    } else if (vain_sweeps_ < kMostVainSweeps) {
      ++vain_sweeps_;
    }
  }

  /// Joins neighbours that are free. Calls visit_slab(slab) for every slab, lowest first. Reserved runs of which
  /// `release_reserved(grain, length)` says true are free from then on.
  template <class VisitSlab, class ReleaseReserved>
  TIDEMARK_RARE void sweep(VisitSlab&& visit_slab, ReleaseReserved&& release_reserved) {
    if (map_[kNoGrain] != kMapGuard) fatal("heap", address(1), kMapOverwritten);
    carve_from(kNoGrain, kNoGrain);
    recent_ = kNoGrain;
    bins_.clear();
    Grain lasts[RunBins::kCount] = {};
    Grain start = kNoGrain;  // of the free runs that end at `grain`
    Grain ahead = 0;         // the map has been read up to here
    for (Grain grain = 1; grain < top_;) {
      if (grain >= ahead) ahead = read_map_ahead(grain);
      const MapEntry entry = map_[grain];
      const std::size_t length = entry_kind(entry) == kSlab ? slab_of(entry)->length() : length_of(entry);
      if (length == 0) fatal("heap", address(grain), kMapOverwritten);
      bool is_free = false;
      if (entry_kind(entry) == kSlab) {
        visit_slab(slab_of(entry));
      } else if (entry_kind(entry) == kFree) {
        is_free = true;
        map_[grain] = 0;
        if (length >= kMinBinnedGrains) map_[grain + 1] = map_[grain + 2] = 0;
      } else if (entry_kind(entry) == kReserved && release_reserved(grain, length)) {
        is_free = true;
        map_[grain] = 0;
      }
      if (!is_free && start != kNoGrain) {
        append(lasts, start, grain - start);
        start = kNoGrain;
      } else if (is_free && start == kNoGrain) {
        start = grain;
      }
      grain += length;
    }
    if (start != kNoGrain) top_ = start;
    freed_ = 0;
    growths_ = 0;
  }

  /// Makes the block run at `grain` longer or shorter where it stands; false, and nothing changed, when what follows it
  /// does not allow that.
  TIDEMARK_RARE bool resize_block(Grain grain, std::size_t length,
                                  std::size_t new_length) requires(kFeatures.quick_runs) {
    const Grain end = grain + length, new_end = grain + new_length;
    if (new_length > length && !(free_up_to(end, new_end) && take_up_to(end, new_end))) return false;
    map_[grain] = make_entry(new_length, kBlock);
    if (new_length < length) {
      if (end == top_) {
        top_ = new_end;  // the map may not reach this far
      } else {
        release(new_end, length - new_length);
      }
    }
    return true;
  }

  // --- the same without quick_runs: lean_runs.h

  Grain acquire_below_top(std::size_t length) requires(!kFeatures.quick_runs) { return acquire_lean(length); }
  void release(Grain grain, std::size_t length) requires(!kFeatures.quick_runs) { release_lean(grain, length); }
  bool resize_block(Grain grain, std::size_t length, std::size_t new_length) requires(!kFeatures.quick_runs) {
    return resize_lean(grain, length, new_length);
  }
  /// Slabs of which visit_slab(slab) says true are free from then on; runs of descriptors stay.
  template <class VisitSlab>
  void sweep(VisitSlab&& visit_slab);

  // --- the map's entries

  TIDEMARK_RARE void fill_entries(Grain grain, std::size_t length, MapEntry entry) {
    MapEntry* at = map_ + grain;
    for (MapEntry* const end = at + length; at != end; ++at) *at = entry;
  }

  /// Of the run that is no slab and has this entry.
  static constexpr std::size_t length_of(MapEntry entry) {
    return entry_value(Observer::kActive ? entry & ~kWatched : entry);
  }

  MapEntry& entry(Grain grain) { return map_[grain]; }
  MapEntry entry(Grain grain) const { return map_[grain]; }

  bool is_map(Grain grain) const { return address(grain) == reinterpret_cast<Address>(map_); }

  /// Of any address; not below top() where the address is outside the heap.
  Grain grain_of(Address where) const { return (where >> kGrainShift) - first_; }
  Address address(Grain grain) const { return (first_ + grain) << kGrainShift; }

  Pages& pages() { return pages_; }
  HeldCounts<Observer::kActive>& held() { return held_; }
  const HeldCounts<Observer::kActive>& held() const { return held_; }

  Grain top() const { return top_; }
  /// Grains below this have entries; no run begins at or above it.
  Grain mapped() const { return mapped_; }
  /// Where a run begins below this, there are entries for its links.
  Grain linkable() const { return linkable_; }
  Grain fresh() const { return fresh_; }

 private:
  template <PageSource, HeapObserver>
  friend class HeapWalk;
  template <PageSource, HeapObserver>
  friend class HeapShrink;
  template <PageSource, HeapObserver>
  friend class HeapGrowth;
  template <PageSource, HeapObserver>
  friend class HeapSlide;
  template <PageSource, HeapObserver>
  friend class HeapTidy;
  template <PageSource, HeapObserver>
  friend class SlabSplit;

  // A sweep looks at every run. Before memory grows, which costs more, it is due when a 128th of the heap was freed; before
  // the place of a run of kLong grains is chosen, which most often is written to as a whole, when a 64th was.
  static constexpr std::size_t kSweepBeforeGrowth = 128;
  static constexpr std::size_t kSweepBeforeCut = 16;
  static constexpr std::size_t kSweepBeforeChoice = 64;
  static constexpr std::size_t kLong = 64 * 1024 / kGrainBytes;
  static constexpr unsigned kMostVainSweeps = 3;
  static constexpr const char* kMapOverwritten = "the heap's map was overwritten";
  // Memory grows by a 72nd more than is needed, and by twice that with each growth since the last sweep: up to a ninth, which
  // is below 12 %. Where blocks are freed, too, the peak is near; where none is, growths would come one after another.
  // Memory above 36 MiB counts as 36: from half a mebibyte to 4.
  static constexpr std::size_t kLeastOvershootShare = 72;
  static constexpr unsigned kMostGrowths = 3;
  static constexpr std::size_t kMostShared = 36 * 1024 * 1024 / kGrainBytes;
  static constexpr std::size_t kGrainsPerPage = kPageBytes / kGrainBytes;
  static constexpr std::size_t kEntriesPerGrain = kGrainBytes / sizeof(MapEntry);

  void set_mapped(std::size_t map_grains) {
    mapped_ = map_grains * kEntriesPerGrain;
    linkable_ = mapped_ - (kMinBinnedGrains - 1);
  }

  // --- free runs

  /// Reads a stretch of the map from `grain` on, to its end at most, and returns where it ended. From run to run each load
  /// would wait for the one before it; these wait together.
  Grain read_map_ahead(Grain grain) const {
    constexpr std::size_t kStretch = 2048, kEntriesPerLine = 64 / sizeof(MapEntry);
    const Grain end = (grain | (kStretch - 1)) + 1;
    for (; grain < end && grain < mapped_; grain += kEntriesPerLine) static_cast<const volatile MapEntry*>(map_)[grain];
    return end;
  }

  void insert(Grain grain, std::size_t length) {
    map_[grain] = make_entry(length, kFree);
    if (length >= kMinBinnedGrains) bins_.insert(map_, grain, length);
  }

  void link_recent(MapEntry* entry, Grain grain) {
    freed_ += entry_value(entry[0]);
    // Where there is nothing to link, nothing is written that take_recent_block would read: a loop of malloc and free does
    // not have to wait for the round before.
    if (recent_ != kNoGrain) entry[1] = make_entry(recent_, kFree);
    recent_ = grain;
  }

  TIDEMARK_RARE void put_recent_into_bins() {
    while (recent_ != kNoGrain) {
      const Grain grain = recent_;
      const std::size_t length = entry_value(map_[grain]);
      recent_ = entry_value(map_[grain + 1]);
      if (grain + length > mapped_) {  // the highest run
        map_[grain] = map_[grain + 1] = 0;
        top_ = grain;
        freed_ -= length;
      } else {
        bins_.insert(map_, grain, length);
      }
    }
  }

  /// Puts a run that lies above all others of its bin behind them.
  TIDEMARK_SMALL void append(Grain* lasts, Grain grain, std::size_t length) {
    map_[grain] = make_entry(length, kFree);
    if (length < kMinBinnedGrains) return;
    Grain* const last = &lasts[RunBins::bin_of(length)];
    bins_.insert_after(map_, *last, grain, length);
    *last = grain;
  }

  TIDEMARK_RARE void carve_from(Grain begin, Grain end) {
    if (carve_ != kNoGrain) insert(carve_, carve_end_ - carve_);
    carve_ = begin;
    carve_end_ = end;
  }

  /// Whether all from the end of a run to `end` is free, or can be had above the top.
  TIDEMARK_SMALL bool free_up_to(Grain at, Grain end) {
    put_recent_into_bins();
    while (at < end) {
      if (at == top_) return end <= limit_ || grow_memory(end - limit_);
      if (at == carve_) {
        at = carve_end_;
      } else if (entry_kind(map_[at]) == kFree) {
        at += entry_value(map_[at]);
      } else {
        return false;
      }
    }
    return true;
  }

  /// Requires free_up_to(at, end).
  TIDEMARK_SMALL bool take_up_to(Grain at, Grain end) {
    while (at < end) {
      if (at == top_) {
        advance_top(end);
        break;
      }
      if (at == carve_) {
        const std::size_t wanted = end - at, carved = carve_end_ - at;
        skip_carved(wanted < carved ? wanted : carved);
        at += carved;
        continue;
      }
      const std::size_t length = entry_value(map_[at]);
      if (length >= kMinBinnedGrains) bins_.remove(map_, at, length);
      map_[at] = 0;
      at += length;
      if (at > end) insert(end, at - end);
    }
    return true;
  }

  Grain acquire_lean(std::size_t length);
  void release_lean(Grain grain, std::size_t length);
  bool resize_lean(Grain grain, std::size_t length, std::size_t new_length);

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

  TIDEMARK_SMALL bool grow_pages(std::size_t n_grains) {
    const std::size_t needed = (n_grains + kGrainsPerPage - 1) / kGrainsPerPage;
    const std::size_t shared = limit_ < kMostShared ? limit_ : kMostShared;
    std::size_t overshoot = shared / (kLeastOvershootShare * kGrainsPerPage >> growths_);
    if (growths_ < kMostGrowths) ++growths_;
    while (!pages_.grow((needed + overshoot) * kPageBytes)) {
      if (overshoot == 0) return false;
      overshoot /= 2;  // a system that is short of memory may still have less
    }
    limit_ = grain_of(pages_.end());
    return true;
  }

  /// Makes room for a run at the top: memory, and a larger map where the present one ends too early.
  TIDEMARK_RARE bool make_room(std::size_t length, std::size_t mapped) {
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
      held_.add_stranger(base - old_limit);
      if (old_limit != old_top) release(old_top, old_limit - old_top);
    }
    return true;
  }

  void start() {
    first_ = (pages_.begin() + kGrainBytes - 1) / kGrainBytes - 1;
    limit_ = pages_.initial_end() > address(1) ? grain_of(pages_.initial_end()) : 1;
    top_ = fresh_ = 1;
  }

  /// Grains that a map needs which reaches `end`, with a quarter to spare for itself and what comes; 0 when the present
  /// one does.
  std::size_t map_grains_for(Grain end) const {
    if (end <= mapped_) return 0;
    return (end + end / 4) / kEntriesPerGrain + 2;
  }

  /// Puts a map of `map_grains` at the top and frees the old one.
  TIDEMARK_SMALL void move_map(std::size_t map_grains, Grain old_top) {
    MapEntry* const old_map = map_;
    const std::size_t old_entries = old_top < mapped_ ? old_top : mapped_;
    const bool had_map = mapped_ != 0;
    const Grain grain = top_;
    MapEntry* const map = reinterpret_cast<MapEntry*>(address(grain));
    set_mapped(map_grains);
    if (old_entries != 0) std::memcpy(map, old_map, old_entries * sizeof(MapEntry));
    const std::size_t stale = fresh_ > grain ? fresh_ - grain : 0;  // grains of it that may hold something
    const std::size_t dirty_entries = (stale < map_grains ? stale : map_grains) * kEntriesPerGrain;
    if (dirty_entries > old_entries)
      std::memset(map + old_entries, 0, (dirty_entries - old_entries) * sizeof(MapEntry));
    map_ = map;
    map_[kNoGrain] = kMapGuard;
    map_[grain] = make_entry(map_grains, kReserved);
    advance_top(grain + map_grains);
    held_.note_take();
    if (had_map) {
      const Grain old_grain = grain_of(reinterpret_cast<Address>(old_map));
      const std::size_t freed = freed_;
      release(old_grain, entry_value(map_[old_grain]));
      freed_ = freed;  // it is one piece: no reason for a sweep
    }
  }

  MapEntry* map_ = nullptr;
  Grain first_ = 0;         // grain numbers are addresses / kGrainBytes - first_
  Grain top_ = 0;           // end of the highest run
  Grain limit_ = 0;         // end of the heap's memory
  Grain fresh_ = 0;         // highest top ever
  Grain carve_ = kNoGrain;  // the free run [carve_, carve_end_) is being carved; both kNoGrain when none is
  Grain carve_end_ = kNoGrain;
  Grain recent_ = kNoGrain;
  Grain mapped_ = 0;  // entries in the map
  Grain linkable_ = 0;
  std::size_t freed_ = 0;     // grains released since the last sweep
  unsigned vain_sweeps_ = 0;  // of the last ones, up to kMostVainSweeps
  unsigned growths_ = 0;      // since the last sweep, up to kMostGrowths
  RunBins bins_;
  [[no_unique_address]] HeldCounts<Observer::kActive> held_;
  [[no_unique_address]] Pages pages_;
};

}  // namespace tidemark

#include "heap/lean_runs.h"
