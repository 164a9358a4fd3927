// Walks a heap run by run: its statistics, and the check of all its invariants. Reads only.
#pragma once

#include <bit>

#include "heap/heap.h"

namespace tidemark {

enum class RunKind { kSlab, kBlock, kFree, kReserved };

struct Run {
  RunKind kind;
  Address begin;
  std::size_t bytes;
  const Slab* slab;  // of a slab, else null
};

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapWalk {
  using Classes = typename Slabs<Pages, Observer>::Classes;
  using Bins = typename Runs<Pages, Observer>::RunBins;

 public:
  explicit HeapWalk(const Heap<Pages, Observer>& heap) : slabs_(heap.slabs_), runs_(heap.slabs_.runs()) {}

  /// Calls visit(Run) for every run, lowest first.
  template <class Visit>
  void for_each_run(Visit&& visit) const {
    for (Grain grain = 1; grain < runs_.top_;) {
      const Run run = run_at(grain);
      visit(run);
      grain += run.bytes >> kGrainShift;
    }
  }

  /// As for_each_run, in parts of about `max_runs` runs, between which the heap may be used: from `from` on, kNoGrain at
  /// first; returns where to go on, kNoGrain at the end. What has come to lie across that border is left out, or seen whole.
  template <class Visit>
  Grain visit_runs(Grain from, std::size_t max_runs, Visit&& visit) const {
    for (Grain grain = border_from(from); grain < runs_.top_; --max_runs) {
      if (max_runs == 0) return grain;
      const Run run = run_at(grain);
      visit(run);
      grain += run.bytes >> kGrainShift;
    }
    return kNoGrain;
  }

  /// The first grain from `from` on at which a run begins for sure, or top: links of free runs look like free runs.
  Grain border_from(Grain from) const {
    if (from == kNoGrain) return 1;
    for (; from < runs_.top_ && from < runs_.mapped_; ++from) {
      const MapEntry entry = runs_.entry(from);
      if (entry == 0 || entry_kind(entry) == kFree) continue;
      return entry_kind(entry) == kSlab ? runs_.grain_of(slab_of(entry)->begin()) : from;
    }
    return runs_.top_;
  }

  /// Where the first run begins, and the last one ends.
  Address low() const { return runs_.mapped_ == 0 ? 0 : runs_.address(1); }
  Address high() const { return runs_.mapped_ == 0 ? 0 : runs_.address(runs_.top_); }
  /// Free memory above that; all that the heap will begin with, as long as nothing was ever allocated.
  std::size_t top_bytes() const {
    if (runs_.mapped_ != 0) return (runs_.limit_ - runs_.top_) << kGrainShift;
    const Address begin = round_up(runs_.pages_.begin(), kGrainBytes), end = runs_.pages_.initial_end();
    return end > begin ? (end - begin) & ~(kGrainBytes - 1) : 0;
  }
  /// The map's part of the heap.
  std::size_t map_bytes() const { return runs_.mapped_ * sizeof(MapEntry); }
  /// All memory that is the heap's or a stranger's between its own.
  std::size_t span_bytes() const { return runs_.mapped_ == 0 ? top_bytes() : (runs_.limit_ - 1) << kGrainShift; }
  std::size_t peak_bytes() const { return runs_.fresh_ == 0 ? 0 : (runs_.fresh_ - 1) << kGrainShift; }
  Address memory_end() const { return runs_.mapped_ == 0 ? runs_.pages_.initial_end() : runs_.address(runs_.limit_); }

  /// What is not the same any more when the heap has been tidied, trimmed, or moved between two walks, though no block has come
  /// into use or was freed.
  struct State {
    const void* map;
    const void* descriptors;
    Grain top, limit, carve, carve_end, recent;
    std::size_t freed;
    bool operator==(const State&) const = default;
  };
  State state() const {
    return {runs_.map_,    slabs_.descriptors_.first(),
            runs_.top_,    runs_.limit_,
            runs_.carve_,  runs_.carve_end_,
            runs_.recent_, runs_.freed_};
  }

  tidemark_heap_stats stats() const {
    tidemark_heap_stats stats{};
    std::size_t free_run_bytes = 0;
    std::size_t joined_bytes = 0;  // of the free neighbours that end here
    const auto take_joined = [&] {
      if (joined_bytes > stats.largest_free_bytes) stats.largest_free_bytes = joined_bytes;
      joined_bytes = 0;
    };
    for_each_run([&](const Run& run) {
      if (run.kind != RunKind::kFree) take_joined();
      switch (run.kind) {
        case RunKind::kSlab: {
          const auto free_blocks = static_cast<std::size_t>(std::popcount(run.slab->free_blocks));
          const std::size_t live_blocks = run.slab->blocks() - free_blocks;
          stats.live_blocks += live_blocks;
          stats.live_bytes += live_blocks * run.slab->block_bytes;
          stats.free_bytes += free_blocks * run.slab->block_bytes;
          stats.metadata_bytes += run.bytes - run.slab->blocks() * run.slab->block_bytes;
          stats.heap_bytes += run.bytes;
          break;
        }
        case RunKind::kBlock:
          stats.live_blocks += 1;
          stats.live_bytes += run.bytes;
          stats.heap_bytes += run.bytes;
          break;
        case RunKind::kFree:
          free_run_bytes += run.bytes;
          joined_bytes += run.bytes;
          stats.heap_bytes += run.bytes;
          break;
        case RunKind::kReserved:
          if (!is_metadata(run)) break;
          stats.metadata_bytes += run.bytes;
          stats.heap_bytes += run.bytes;
          break;
      }
    });
    stats.top_bytes = top_bytes();
    stats.reserved_bytes = stats.heap_bytes - free_run_bytes;
    stats.heap_bytes += stats.top_bytes;
    stats.free_bytes += free_run_bytes + stats.top_bytes;
    joined_bytes += stats.top_bytes;
    take_joined();
    stats.peak_reserved_bytes = peak_bytes();
    stats.memory_bytes = memory_end();
    return stats;
  }

  const HeldCounts<Observer::kActive>& held() const { return runs_.held(); }

  struct LongestFree {
    std::size_t bytes;
    std::size_t runs;  // that there are
  };
  /// stats().largest_free_bytes, where the heap has no more runs than `max_runs`; else false.
  bool find_longest_free(std::size_t max_runs, LongestFree& longest) const {
    longest = {};
    std::size_t joined = 0;  // bytes of the free neighbours that end at `grain`
    for (Grain grain = 1; grain < runs_.top_;) {
      if (longest.runs++ == max_runs) return false;
      const Run run = run_at(grain);
      joined = run.kind == RunKind::kFree ? joined + run.bytes : 0;
      if (joined > longest.bytes) longest.bytes = joined;
      grain += run.bytes >> kGrainShift;
    }
    joined += top_bytes();
    if (joined > longest.bytes) longest.bytes = joined;
    return true;
  }

  /// The longest free run that is seen at once: above the top, of the highest bin, the one that is carved, of recent ones.
  /// What joining would add is left out, and so is what stands far behind in a long list, each step in which is a miss of
  /// the cache; in a bin no run is a 32nd longer than another.
  std::size_t longest_free_at_once() const {
    if (runs_.mapped_ == 0) return top_bytes();
    const std::size_t carved = runs_.carve_end_ - runs_.carve_, top = runs_.limit_ - runs_.top_;
    std::size_t longest = carved > top ? carved : top;
    const auto look_at = [&](Grain grain) {
      for (int left = kFewRuns; grain != kNoGrain && left > 0; --left) {
        const std::size_t length = entry_value(runs_.entry(grain));
        if (length > longest) longest = length;
        grain = entry_value(runs_.entry(grain + 1));
      }
    };
    if (runs_.bins_.highest() < Bins::kCount) look_at(runs_.bins_.head(runs_.bins_.highest()));
    look_at(runs_.recent_);
    return longest << kGrainShift;
  }

  /// Rows as tidemark_get_size_class_stats describes them.
  std::size_t size_classes(tidemark_size_class_stats* out, std::size_t capacity) const {
    std::size_t rows = 0;
    const auto add = [&](const tidemark_size_class_stats& row) {
      if (row.slabs == 0 && row.live_blocks == 0) return;
      if (rows < capacity) out[rows] = row;
      ++rows;
    };
    for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
      if constexpr (Slabs<Pages, Observer>::kFeatures.fitted_classes) {
        if (size_class >= Classes::kFirstDivided) add(row_of(Classes::fitted_in(size_class)));
      }
      add(row_of(size_class));
    }
    tidemark_size_class_stats large{};
    for_each_run([&](const Run& run) {
      if (run.kind != RunKind::kBlock) return;
      large.live_blocks += 1;
      large.live_bytes += run.bytes;
    });
    add(large);
    return rows;
  }

  /// Of a reserved run: the heap's own data, and not memory that somebody else has taken.
  bool is_metadata(const Run& run) const {
    if (run.begin == reinterpret_cast<Address>(runs_.map_)) return true;
    return run.bytes == Descriptors::kRunGrains * kGrainBytes;  // strangers take whole pages
  }

  /// Of a block's run.
  bool is_watched(const Run& run) const { return (runs_.entry(runs_.grain_of(run.begin)) & kWatched) != 0; }

  /// Null when every invariant of runs.h and heap.h holds, else which one does not.
  const char* check() const {
    if (runs_.mapped_ == 0) return nullptr;
    if (const char* broken = check_tiling()) return broken;
    if (const char* broken = check_bins()) return broken;
    return check_rings();
  }

 private:
  template <PageSource, HeapObserver>
  friend class HeapShrink;

  static constexpr int kFewRuns = 6;

  tidemark_size_class_stats row_of(SizeClass size_class) const {
    tidemark_size_class_stats row{};
    row.block_bytes = slabs_.classes_.block_bytes(size_class);
    for_each_run([&](const Run& run) {
      if (run.kind != RunKind::kSlab || run.slab->size_class != size_class) return;
      const auto free_blocks = static_cast<std::size_t>(std::popcount(run.slab->free_blocks));
      row.slabs += 1;
      row.free_blocks += free_blocks;
      row.live_blocks += run.slab->blocks() - free_blocks;
      row.live_bytes += (run.slab->blocks() - free_blocks) * row.block_bytes;
    });
    return row;
  }

  Run run_at(Grain grain) const {
    if (grain == runs_.carve_) {
      return {RunKind::kFree, runs_.address(grain), (runs_.carve_end_ - grain) << kGrainShift, nullptr};
    }
    const MapEntry entry = runs_.entry(grain);
    const Address begin = runs_.address(grain);
    const std::size_t bytes = runs_.length_of(entry) << kGrainShift;
    switch (entry_kind(entry)) {
      case kBlock:
        return {RunKind::kBlock, begin, bytes, nullptr};
      case kFree:
        return {RunKind::kFree, begin, bytes, nullptr};
      case kReserved:
        return {RunKind::kReserved, begin, bytes, nullptr};
      case kSlab:
        break;
    }
    const Slab* const slab = slab_of(entry);
    return {RunKind::kSlab, begin, slab->length() << kGrainShift, slab};
  }

  bool is_recent(Grain grain) const {
    Grain at = runs_.recent_;
    while (at != kNoGrain && at != grain) at = entry_value(runs_.entry(at + 1));
    return at != kNoGrain;
  }

  bool in_bin(Grain grain, std::size_t length) const {
    if (is_recent(grain)) return true;
    for (Grain at = runs_.bins_.head(Bins::bin_of(length)); at != kNoGrain; at = entry_value(runs_.entry(at + 1))) {
      if (at == grain) return true;
    }
    return false;
  }

  const char* check_tiling() const {
    if (runs_.map_[kNoGrain] != kMapGuard) return "R4: the guard in front of the map";
    if (runs_.top_ > runs_.limit_ || runs_.top_ > runs_.fresh_) return "R5: top, fresh and limit";
    for (Grain grain = 1; grain < runs_.top_;) {
      if (grain >= runs_.mapped_) return "R4: a run begins where the map does not reach";
      const MapEntry entry = runs_.entry(grain);
      const bool carved = grain == runs_.carve_;
      if (entry == 0 && !carved) return "R1: a grain at which a run should begin";
      const Run run = run_at(grain);
      const std::size_t length = run.bytes >> kGrainShift;
      if (run.slab != nullptr && !slab_is_whole(*run.slab, run.begin)) return "H2: a slab's descriptor";
      if (length == 0 || length > runs_.top_ - grain) return "R1: the length of a run";
      const bool is_free = run.kind == RunKind::kFree;
      if (is_free && !carved && length >= kMinBinnedGrains && !in_bin(grain, length))
        return "R3: a free run that is in no bin, and not recent";
      for (std::size_t i = 1; i < length && grain + i < runs_.mapped_; ++i) {
        const MapEntry inside = runs_.entry(grain + i);
        if (carved ? inside != 0 : !entry_fits(run, i, length, inside, entry)) return "R1: an entry inside a run";
      }
      const bool recent_at_top = is_free && grain + length == runs_.top_ && is_recent(grain);
      if ((is_free || run.kind == RunKind::kSlab) && grain + length > runs_.mapped_ && !recent_at_top)
        return "R4: the end of a run";
      grain += length;
    }
    for (Grain grain = runs_.top_; grain < runs_.mapped_; ++grain) {
      if (runs_.entry(grain) != 0) return "R4: an entry above top";
    }
    return nullptr;
  }

  static bool entry_fits(const Run& run, std::size_t i, std::size_t length, MapEntry entry, MapEntry first) {
    if (run.kind == RunKind::kSlab) return entry == first;
    if (run.kind != RunKind::kFree) return entry == 0;
    return entry == 0 || (length >= kMinBinnedGrains && i <= 2 && entry_kind(entry) == kFree);
  }

  bool slab_is_whole(const Slab& slab, Address begin) const {
    return slab.seal == seal_of(&slab) && slab.begin() == begin && slab.size_class < Classes::kCount &&
           slab.block_bytes == slabs_.classes_.block_bytes(slab.size_class) && slab.blocks() - 1 < kMaxSlabBlocks &&
           (slab.free_blocks & ~slab.all_free()) == 0 && (slab.open_blocks == 0 || slab.open_blocks == slab.n_blocks);
  }

  const char* check_bins() const {
    for (unsigned bin = 0; bin < Bins::kCount; ++bin) {
      if (runs_.bins_.marked(bin) != (runs_.bins_.head(bin) != kNoGrain)) return "R3: the marks of the bins";
      Grain before = kNoGrain;
      for (Grain at = runs_.bins_.head(bin); at != kNoGrain; at = entry_value(runs_.entry(at + 1))) {
        if (at >= runs_.top_ || entry_kind(runs_.entry(at)) != kFree) return "R3: what is in a bin";
        if (Bins::bin_of(entry_value(runs_.entry(at))) != bin) return "R3: the length of a run in a bin";
        if (entry_value(runs_.entry(at + 2)) != before) return "R3: the links of a bin";
        before = at;
      }
    }
    return nullptr;
  }

  const char* check_rings() const {
    std::size_t in_rings = 0, open = 0;
    for (SizeClass size_class = 1; size_class < Classes::kCount; ++size_class) {
      const Slab* const current = slabs_.current_[size_class];
      if (current == Slabs<Pages, Observer>::kNone || current == nullptr) continue;
      const Slab* slab = current;
      do {
        if (slab->size_class != size_class || slab->next->previous != slab) return "H1: a slab in a ring";
        if (slab->open_blocks == 0) return "H1: a closed slab in a ring";
        slab = slab->next;
        ++in_rings;
      } while (slab != current);
    }
    bool lost = false;
    for_each_run([&](const Run& run) {
      if (run.slab == nullptr) return;
      open += run.slab->open_blocks != 0;
      lost |= run.slab->open_blocks == 0 && run.slab->free_blocks != 0;
    });
    if (lost) return "H1: a closed slab with a free block";
    return in_rings == open ? nullptr : "H1: an open slab that is in no ring";
  }

  const Slabs<Pages, Observer>& slabs_;
  const Runs<Pages, Observer>& runs_;
};

}  // namespace tidemark
