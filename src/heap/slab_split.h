// Splitting: the grains of a slab on which no block is in use become free runs, and what stays becomes slabs of its own.
//
//   before    |  slab                                                        |
//             |  live . . live live . . . . . . . . . . . . live . . . . . . |
//   after     |  slab                 |  free run            |  slab |  free  |
//
// So a few survivors pin the grains that they stand on, and not 64 blocks each. A part keeps its size class; it need not
// begin or end at a grain, and the blocks that reach into what is given back are gone.
#pragma once

#include "heap/slabs.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class SlabSplit {
 public:
  explicit SlabSplit(Slabs<Pages, Observer>& slabs) : slabs_(slabs), runs_(slabs.runs()) {}

  /// Splits every slab that is half free or more, but the current ones. What becomes free has entries, and no place in the bins, and the parts no
  /// place in a ring: a sweep has to follow.
  /// Requires  no slab to be idle, but current ones, and only those to be in a ring.
  /// Cost      one step for each run, and one for each part of a slab that is split.
  TIDEMARK_RARE void run() {
    for (Grain grain = 1; grain < runs_.top_;) {
      const MapEntry entry = runs_.entry(grain);
      if (grain == runs_.carve_) {
        grain = runs_.carve_end_;
      } else if (entry_kind(entry) != kSlab) {
        grain += runs_.length_of(entry);
      } else {
        Slab* const slab = slab_of(entry);
        grain += slab->length();
        const auto free_blocks = static_cast<std::size_t>(std::popcount(slab->free_blocks));
        if (free_blocks * 2 >= slab->blocks() && slab != slabs_.current_[slab->size_class]) split(slab);
      }
    }
  }

 private:
  template <PageSource, HeapObserver>
  friend class HeapTidy;

  /// Grains that are worth a descriptor when they become free between two parts; at either end they cost nothing, but
  /// what is too short for a bin is of use only where a neighbour is free too.
  static constexpr std::size_t kMinGap = kMinBinnedGrains;
  static constexpr std::size_t kMinEdge = 2;

  /// What is between two gaps.
  struct Part {
    Grain begin, end;  // of its grains
    unsigned next;     // live block that the next part begins with; kNone: this is the last part
    Grain next_begin;  // grain of that, or end of the slab
  };
  static constexpr unsigned kNone = 64;

  TIDEMARK_SMALL void split(Slab* slab) {
    const Slab whole = *slab;
    runs_.held().remove_slab(whole);
    const Grain end = runs_.grain_of(whole.end());
    Grain done = runs_.grain_of(whole.begin());
    const auto first = static_cast<unsigned>(std::countr_zero(live_blocks(whole)));
    Grain begin = grain_at(whole, first);
    if (begin - done < kMinEdge) begin = done;
    Part part = part_from(whole, begin, first);
    for (Slab* descriptor = slab;;) {
      give_back(done, part.begin);
      make_part(descriptor, whole, part);
      done = part.end;
      if (part.next == kNone) break;
      if (slabs_.descriptors_.empty()) {
        give_back(done, part.next_begin);
        slabs_.make_descriptors(done);
        done += Descriptors::kRunGrains;
      }
      descriptor = slabs_.take_descriptor();  // before the next gap is chosen, which may need one more
      part = part_from(whole, part.next_begin, part.next);
    }
    give_back(done, end);
  }

  static std::uint64_t live_blocks(const Slab& slab) { return slab.all_free() & ~slab.free_blocks; }

  /// The part that begins at `begin`, and whose first live block is `first`.
  TIDEMARK_SMALL Part part_from(const Slab& whole, Grain begin, unsigned first) const {
    const std::uint64_t live = live_blocks(whole);
    for (unsigned last = first;;) {
      const Grain end = grain_at(whole, last + 1, kGrainBytes - 1);
      const std::uint64_t above = last == 63 ? 0 : live >> (last + 1);
      if (above == 0) {
        const Grain slab_end = runs_.grain_of(whole.end());
        return {begin, slab_end - end < kMinEdge ? slab_end : end, kNone, slab_end};
      }
      const unsigned next = last + 1 + static_cast<unsigned>(std::countr_zero(above));
      const Grain next_begin = grain_at(whole, next);
      if (next_begin >= end + least_gap()) return {begin, end, next, next_begin};
      last = next;
    }
  }

  /// Where there is no descriptor left, a gap has to have room for some.
  std::size_t least_gap() const { return !slabs_.descriptors_.empty() ? kMinGap : Descriptors::kRunGrains; }

  TIDEMARK_SMALL void make_part(Slab* slab, const Slab& whole, const Part& part) {
    const Address begin = runs_.address(part.begin), end = runs_.address(part.end);
    const std::size_t bytes = whole.block_bytes;
    const std::size_t skipped = begin <= whole.base ? 0 : (begin - whole.base + bytes - 1) / bytes;
    const std::size_t reached = (end - whole.base) / bytes;
    const std::size_t blocks = (reached < whole.blocks() ? reached : whole.blocks()) - skipped;
    *slab = whole;
    slab->base = whole.base + skipped * bytes;
    slab->n_blocks = static_cast<std::uint8_t>(blocks);
    slab->free_blocks = whole.free_blocks >> skipped & slab->all_free();
    slab->seal = seal_of(slab);
    runs_.held().add_slab(*slab);
    runs_.fill_entries(part.begin, part.end - part.begin, slab_entry(slab));
  }

  /// The grain in which block `index` begins, or in which `offset` bytes from there are.
  TIDEMARK_SMALL Grain grain_at(const Slab& slab, std::size_t index, std::size_t offset = 0) const {
    return runs_.grain_of(slab.base + index * slab.block_bytes + offset);
  }

  TIDEMARK_RARE void give_back(Grain begin, Grain end) {
    if (begin == end) return;
    runs_.fill_entries(begin, end - begin, 0);
    runs_.entry(begin) = make_entry(end - begin, kFree);
  }

  Slabs<Pages, Observer>& slabs_;
  Runs<Pages, Observer>& runs_;
};

}  // namespace tidemark
