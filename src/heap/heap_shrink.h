// What a shrink asks of the heap: to draw together, to say what of it is alive, and to go on in less memory.
//
// A shrink moves the program to a new memory, in which every block keeps its address. The heap therefore can't move
// blocks, but it can move what is its own: slab descriptors and the grain map, either of which would else hold the top
// up for good.
//
//   settle()               before; changes no block, and is right to do at any time
//   for_each_live_range()  which pages have to be copied; what is not copied is zero afterwards
//   commit(end)            in the new memory, which has only what was copied, and ends at `end`
#pragma once

#include <bit>
#include <cstring>
#include <utility>

#include "base/function_ref.h"
#include "heap/heap_walk.h"

namespace tidemark {

/// What operating systems hand memory out by, and so what is copied or not as a whole.
inline constexpr std::size_t kCopyBytes = 4096;

template <PageSource Pages, HeapObserver Observer = NoObserver>
class HeapShrink {
 public:
  explicit HeapShrink(Heap<Pages, Observer>& heap) : heap_(heap), slabs_(heap.slabs_), runs_(heap.slabs_.runs()) {}

  /// Releases empty slabs, and puts descriptors and map as low as they go.
  /// Cost      one step for each run and each slab.
  void settle() {
    if (runs_.mapped_ == 0) return;
    heap_.trim();
    if (gather_descriptors()) slabs_.sweep();
    if (lower_map()) slabs_.sweep();
  }

  /// Least end of memory that the heap can live in.
  Address lowest_end() const {
    if (runs_.pages_.end() != HeapWalk(heap_).memory_end()) return runs_.pages_.end();  // a stranger's memory is on top
    if (runs_.mapped_ == 0) return round_up(runs_.pages_.begin(), kPageBytes);
    return round_up(runs_.address(runs_.top_), kPageBytes);
  }

  /// What a shrink would meet if it came now: settle() and, before it, a full compaction that packs the blocks for which
  /// `moves(address)` is true into `packed_bytes`, none of it into holes below `least_run_bytes`. An estimate: which of
  /// them has room in which hole is for the compactor to find out.
  template <class Moves>
  Address expected_end(Moves&& moves, std::size_t packed_bytes, std::size_t least_run_bytes) const {
    if (runs_.mapped_ == 0 || runs_.pages_.end() != runs_.address(runs_.limit_)) return lowest_end();
    Grain top = 1;
    std::size_t longest_hole = 0, slabs = 0, hole = 0;
    HeapWalk(heap_).for_each_run([&](const Run& run) {
      if (is_map(run) || is_descriptors(run) || will_go(run, moves)) {
        hole += run.bytes;
        return;
      }
      if (hole >= least_run_bytes) {
        const std::size_t taken = hole < packed_bytes ? hole : packed_bytes;
        packed_bytes -= taken;
        hole -= taken;
      }
      if (hole > longest_hole) longest_hole = hole;
      hole = 0;
      slabs += run.kind == RunKind::kSlab;
      top = runs_.grain_of(run.begin) + (run.bytes >> kGrainShift);
    });
    top += (packed_bytes + kGrainBytes - 1) >> kGrainShift;
    const std::size_t metadata_length = map_length(top) + runs_for(slabs) * Descriptors::kRunGrains;
    if (longest_hole >> kGrainShift < metadata_length) top += metadata_length;
    const Address lowest = lowest_end();
    if (top >= runs_.limit_) return lowest;  // where there may be no address any more
    const Address expected = round_up(runs_.address(top), kPageBytes);
    return expected < lowest ? expected : lowest;
  }

  /// The same where nothing can move: what lowest_end() would be after settle(), or a little more.
  Address expected_end() const {
    return expected_end([](Address) { return false; }, 0, 0);
  }

  /// Bytes that would be copied, of what does not move, after settle().
  template <class Moves>
  std::size_t expected_bytes(Moves&& moves) const {
    std::size_t bytes = 0;
    Address done = 0;  // pages below this are counted
    auto count = [&](Address begin, Address end) {
      if (begin < done) begin = done;
      if (begin < end) bytes += end - begin, done = end;
      return true;
    };
    const HeapWalk walk(heap_);
    auto goes = [&](const Run& run) { return will_go(run, moves); };
    walk.for_each_run([&](const Run& run) {
      if (is_map(run)) {
        visit_map(done, VisitRange(count), TestRun(goes));
      } else if (!goes(run)) {
        visit_live(run, done, VisitRange(count));
      }
    });
    visit_pages(walk.memory_end(), runs_.pages_.end(), done, count);
    return bytes;
  }

  /// Where for_each_live_range() goes on.
  struct Cursor {
    Address run = 0;   // the run's begin; 0 for the first one
    Address page = 0;  // everything below is done
  };

  /// Calls visit(begin, end) for what is alive from `cursor` on, ascending, in multiples of kCopyBytes; stops when it says
  /// false. Returns whether that was all, and leaves in `cursor` where to go on with what was not taken.
  /// A page that is all zero is not alive, nor one that has only free blocks.
  template <class Visit>
  bool for_each_live_range(Cursor& cursor, Visit&& visit) const {
    auto visit_rest = [&](Address begin, Address end) {
      if (begin < cursor.page) begin = cursor.page;
      if (begin >= end) return true;
      if (!visit(begin, end)) return false;
      cursor.page = end;
      return true;
    };
    const HeapWalk walk(heap_);
    for (Grain grain = cursor.run == 0 ? 1 : runs_.grain_of(cursor.run); grain < runs_.top_;) {
      const Run run = walk.run_at(grain);
      cursor.run = run.begin;
      if (!visit_live(run, cursor.page, VisitRange(visit_rest))) return false;
      grain += run.bytes >> kGrainShift;
    }
    cursor.run = runs_.address(runs_.top_);
    return visit_pages(walk.memory_end(), runs_.pages_.end(), cursor.page, visit_rest);  // a stranger's
  }

  /// The memory now ends at `end`, and has nothing above top but the rest of the last page that was copied.
  /// Requires  lowest_end() <= end, and no change of the heap since it was asked.
  void commit(Address end) {
    if (runs_.mapped_ == 0) return;
    if (runs_.limit_ > runs_.grain_of(end)) runs_.limit_ = runs_.grain_of(end);
    const Grain copied = runs_.grain_of(round_up(runs_.address(runs_.top_), kCopyBytes));
    if (runs_.fresh_ > copied) runs_.fresh_ = copied;
  }

  /// Calls visit(begin, end) for the pages of [begin, end) that are not all zero, those at and above `from`; stops when it
  /// says false, and says so. Page 0 passes for not zero: -sSAFE_HEAP takes reading there for a null pointer.
  template <class Visit>
  static bool visit_pages(Address begin, Address end, Address from, Visit&& visit) {
    if (begin < from) begin = from;
    Address zero_end = begin & ~(kCopyBytes - 1);  // what is not zero begins here
    for (Address page = zero_end; page < end; page += kCopyBytes) {
      if (page == 0 || !is_zero(page)) continue;
      if (zero_end < page && !visit(zero_end, page)) return false;
      zero_end = page + kCopyBytes;
    }
    return zero_end >= end || visit(zero_end, round_up(end, kCopyBytes));
  }

 private:
  static constexpr std::size_t kDescriptors = Descriptors::kPerRun;

  // --- what there is

  MapEntry entry_at(const Run& run) const { return runs_.entry(runs_.grain_of(run.begin)); }

  bool is_map(const Run& run) const { return run.begin == reinterpret_cast<Address>(runs_.map_); }

  bool is_descriptors(const Run& run) const {
    return run.kind == RunKind::kReserved && !is_map(run) &&
           run.bytes == Descriptors::kRunGrains * kGrainBytes;  // strangers take whole pages
  }

  /// Is, or after trim() will be, free.
  static bool is_vacant(const Run& run) {
    return run.kind == RunKind::kFree || (run.slab != nullptr && run.slab->idle());
  }

  /// Is vacant, or moved by a full compaction.
  template <class Moves>
  TIDEMARK_RARE static bool will_go(const Run& run, const Moves& moves) {
    return is_vacant(run) || (run.kind == RunKind::kBlock && moves(run.begin));
  }

  static constexpr std::size_t runs_for(std::size_t slabs) { return (slabs + kDescriptors - 2) / (kDescriptors - 1); }

  static constexpr std::size_t map_length(Grain end) {
    return (end + end / 4) / Runs<Pages, Observer>::kEntriesPerGrain + 2;
  }

  // --- descriptors

  /// Moves them to as few runs as hold them, in the lowest places that there are, and leaves the others free, for a sweep
  /// to find.
  /// Requires  a sweep before: what is free is one run, and in no use.
  bool gather_descriptors() {
    constexpr std::size_t kLength = Descriptors::kRunGrains;
    std::size_t slabs = 0, descriptor_runs = 0;
    const HeapWalk walk(heap_);
    walk.for_each_run([&](const Run& run) {
      slabs += run.kind == RunKind::kSlab;
      descriptor_runs += is_descriptors(run);
    });
    std::size_t places = runs_for(slabs);  // still to be found
    std::size_t staying = 0;               // descriptor runs below `end`
    Address end = 0;
    walk.for_each_run([&](const Run& run) {
      const std::size_t found = places_in(run) < places ? places_in(run) : places;
      if (found == 0) return;
      places -= found;
      staying += is_descriptors(run);
      end = run.begin + found * kLength * kGrainBytes;
    });
    if (staying == descriptor_runs) return false;

    Slab** last = &slabs_.descriptors_.first();
    for (Slab* slab = slabs_.descriptors_.first(); slab != nullptr; slab = slab->next) {
      if (reinterpret_cast<Address>(slab) >= end) continue;
      *last = slab;
      last = &slab->next;
    }
    *last = nullptr;
    for (Grain grain = 1; runs_.address(grain) < end;) {
      const Run run = walk.run_at(grain);
      if (run.kind == RunKind::kFree && places_in(run) != 0) {
        take_hole(grain, kLength);
        slabs_.make_descriptors(grain);
        grain += kLength;
      } else {
        grain += run.bytes >> kGrainShift;
      }
    }
    walk.for_each_run([&](const Run& run) {
      if (run.slab != nullptr && reinterpret_cast<Address>(run.slab) >= end) move_descriptor(slab_of(entry_at(run)));
    });
    walk.for_each_run([&](const Run& run) {
      if (is_descriptors(run) && run.begin >= end) {
        runs_.entry(runs_.grain_of(run.begin)) = make_entry(kLength, kFree);
        runs_.held().remove_descriptors(kLength);
      }
    });
    return true;
  }

  /// Runs of descriptors that are here, or could be.
  std::size_t places_in(const Run& run) const {
    if (run.kind == RunKind::kFree) return (run.bytes >> kGrainShift) / Descriptors::kRunGrains;
    return is_descriptors(run);
  }

  /// Makes the first `length` grains of a free run a reserved one, and leaves the bins to the next sweep.
  void take_hole(Grain hole, std::size_t length) {
    const std::size_t found = entry_value(runs_.entry(hole));
    if (found >= kMinBinnedGrains) runs_.entry(hole + 1) = runs_.entry(hole + 2) = 0;
    if (found > length) runs_.entry(hole + length) = make_entry(found - length, kFree);
    runs_.entry(hole) = make_entry(length, kReserved);
  }

  void move_descriptor(Slab* from) {
    Slab* const to = slabs_.descriptors_.first();
    slabs_.descriptors_.first() = to->next;
    *to = *from;
    to->seal = seal_of(to);
    runs_.fill_entries(runs_.grain_of(to->base), to->length(), slab_entry(to));
    if (to->open_blocks == 0) return;
    (to->next == from ? to : to->next)->previous = to;
    (to->previous == from ? to : to->previous)->next = to;
    if (slabs_.current_[to->size_class] == from) slabs_.current_[to->size_class] = to;
  }

  // --- the map

  /// Moves it to the lowest place that there is where it is what holds the top up, and gives it the size that it has to
  /// have; a sweep puts the rest in order. It is long: elsewhere, a move would take time, and lower nothing.
  /// Requires  a sweep before: no two free runs are neighbours, none ends at top.
  bool lower_map() {
    const Grain map = runs_.grain_of(reinterpret_cast<Address>(runs_.map_));
    const std::size_t length = entry_value(runs_.entry(map));
    const bool at_top = map + length == runs_.top_;
    const HeapWalk walk(heap_);
    Grain end = 1;  // of all that is neither free nor the map
    walk.for_each_run([&](const Run& run) {
      if (run.kind == RunKind::kFree || is_map(run)) return;
      end = runs_.grain_of(run.begin) + (run.bytes >> kGrainShift);
    });

    std::size_t needed = map_length(end);
    if (!at_top) {
      if (needed >= length) return false;
      runs_.set_mapped(needed);
      runs_.entry(map) = make_entry(needed, kReserved);
      runs_.entry(map + needed) = make_entry(length - needed, kFree);
      return true;
    }

    Grain hole = lowest_hole(needed, end);
    if (hole == kNoGrain) {
      hole = end;
      while (map_length(hole + needed) > needed) needed = map_length(hole + needed);
    }
    if (hole > map || (hole == map && needed >= length)) return false;
    copy_map(hole, needed, end);
    runs_.top_ = end;
    if (hole == end) {
      runs_.advance_top(end + needed);
      runs_.entry(hole) = make_entry(needed, kReserved);
    } else {
      take_hole(hole, needed);
    }
    return true;
  }

  Grain lowest_hole(std::size_t length, Grain below) const {
    const HeapWalk walk(heap_);
    for (Grain grain = 1; grain < below;) {
      const Run run = walk.run_at(grain);
      const std::size_t found = run.bytes >> kGrainShift;
      if (run.kind == RunKind::kFree && found >= length) return grain;
      grain += found;
    }
    return kNoGrain;
  }

  /// The new place may overlap the old one, from below.
  void copy_map(Grain grain, std::size_t length, std::size_t entries) {
    MapEntry* const map = reinterpret_cast<MapEntry*>(runs_.address(grain));
    std::memmove(map, runs_.map_, entries * sizeof(MapEntry));
    runs_.set_mapped(length);
    std::memset(map + entries, 0, (runs_.mapped_ - entries) * sizeof(MapEntry));
    runs_.map_ = map;
    runs_.held().note_take();
  }

  // --- what is alive

  using VisitRange = FunctionRef<bool, Address, Address>;
  using TestRun = FunctionRef<bool, const Run&>;

  bool visit_live(const Run& run, Address from, const VisitRange& visit) const {
    if (run.kind == RunKind::kFree) return true;
    if (is_map(run)) {
      auto goes = [](const Run&) { return false; };
      return visit_map(from, visit, TestRun(goes));
    }
    if (run.kind != RunKind::kSlab) return visit_pages(run.begin, run.begin + run.bytes, from, visit);
    const Slab& slab = *run.slab;
    const std::uint64_t live = ~slab.free_blocks & slab.all_free();
    for (Address page = run.begin & ~(kCopyBytes - 1); page < run.begin + run.bytes; page += kCopyBytes) {
      const std::size_t low = page > slab.base ? page - slab.base : 0;
      const std::size_t first = low / slab.block_bytes, last = (page + kCopyBytes - 1 - slab.base) / slab.block_bytes;
      const std::uint64_t up_to_last = last >= 63 ? ~std::uint64_t{0} : (std::uint64_t{2} << last) - 1;
      if ((live & up_to_last) >> first == 0 || is_zero(page)) continue;
      if (!visit(page, page + kCopyBytes)) return false;
    }
    return true;
  }

  /// The map is mostly zero, and long: which of its pages are not, the runs tell without reading it. Those for which `goes` is true
  /// count as free, and as joined.
  bool visit_map(Address from, const VisitRange& visit, const TestRun& goes) const {
    const Address map = reinterpret_cast<Address>(runs_.map_);
    Address done = from & ~(kCopyBytes - 1);
    // Pages with entries of [first, last]; false when visit() is.
    const auto visit_entries = [&](Grain first, Grain last) {
      const Address begin = (map + first * sizeof(MapEntry)) & ~(kCopyBytes - 1);
      const Address end = round_up(map + (last + 1) * sizeof(MapEntry), kCopyBytes);
      if (end <= done) return true;
      const Address next = begin < done ? done : begin;
      done = end;
      return visit(next, end);
    };
    if (!visit_entries(kNoGrain, kNoGrain)) return false;
    const HeapWalk walk(heap_);
    bool is_hole = false;
    for (Grain grain = 1; grain < runs_.top_ && grain < runs_.mapped_;) {
      const Run run = walk.run_at(grain);
      const std::size_t length = run.bytes >> kGrainShift;
      if (std::exchange(is_hole, goes(run)) && is_hole) {
        grain += length;
        continue;
      }
      // What a free run has besides its length are the links of its bin.
      const bool is_free = is_hole || run.kind == RunKind::kFree;
      const std::size_t most = is_free ? kMinBinnedGrains : run.kind == RunKind::kSlab ? length : 1;
      const Grain end = grain + (length < most ? length : most);
      if (!visit_entries(grain, (end < runs_.mapped_ ? end : runs_.mapped_) - 1)) return false;
      grain += length;
    }
    return true;
  }

  static bool is_zero(Address page) {
    // One expression of 32 loads: engines run this before they have optimised it.
    constexpr auto kAny = []<std::size_t... I>(const std::uint64_t* words, std::index_sequence<I...>) {
      return (words[I] | ...) != 0;
    };
    const auto* words = reinterpret_cast<const std::uint64_t*>(page);
    const auto* const end = words + kCopyBytes / sizeof(std::uint64_t);
    for (; words != end; words += 32) {
      if (kAny(words, std::make_index_sequence<32>())) return false;
    }
    return true;
  }

  Heap<Pages, Observer>& heap_;
  Slabs<Pages, Observer>& slabs_;
  Runs<Pages, Observer>& runs_;
};

}  // namespace tidemark
