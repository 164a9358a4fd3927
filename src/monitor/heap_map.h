// What lies where in linear memory, one byte for each 4 KiB: what most of it is. For people to look at.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "heap/heap_walk.h"

namespace tidemark {

inline constexpr std::size_t kMapCellBytes = 4096;

/// What a byte of the map says; from kMapSlab on, it is slabs, of the size class byte - kMapSlab.
enum MapCell : std::uint8_t {
  kMapFree = 0,
  kMapStatic = 1,
  kMapStack = 2,
  kMapMetadata = 3,  // the heap's own
  kMapForeign = 4,   // grown by somebody else
  kMapLarge = 5,     // large blocks
  kMapMovable = 6,
  kMapWatched = 7,  // blocks that the profiler watches
  kMapSlab = 16,
};

/// Fills a map from the lowest address up, stretch after stretch.
class HeapMap {
 public:
  HeapMap(std::uint8_t* cells, std::size_t count) : cells_(cells), count_(count) {}

  /// All from where the last stretch ended to `end`.
  /// Cost      one step, and a byte for each whole cell.
  void add(std::uint8_t kind, Address end) {
    if (end <= at_) return;
    const std::size_t cell = at_ / kMapCellBytes, last = end / kMapCellBytes;
    if (cell == last) {
      weigh(kind, end - at_);
    } else {
      weigh(kind, (cell + 1) * kMapCellBytes - at_);
      settle(cell);
      fill(cell + 1, std::min(last, count_), kind);
      weigh(kind, end % kMapCellBytes);
    }
    at_ = end;
  }

  /// Requires  everything to have been added.
  void finish() {
    if (at_ % kMapCellBytes != 0) settle(at_ / kMapCellBytes);
  }

 private:
  /// Most cells have one or two kinds, which are told apart by who is ahead (Boyer and Moore's majority vote), weighted
  /// by bytes; among more it may not be the largest, but is one that is there.
  void weigh(std::uint8_t kind, std::size_t bytes) {
    if (kind == ahead_) {
      lead_ += bytes;
    } else if (bytes > lead_) {
      ahead_ = kind;
      lead_ = bytes - lead_;
    } else {
      lead_ -= bytes;
    }
  }

  /// Most blocks of a heap of many are of a few cells, for which a call takes longer than the work.
  void fill(std::size_t from, std::size_t to, std::uint8_t kind) {
    constexpr std::size_t kFew = 16;
    if (to > from + kFew) {
      std::memset(cells_ + from, kind, to - from);
    } else {
      for (; from < to; ++from) cells_[from] = kind;
    }
  }

  void settle(std::size_t cell) {
    if (cell < count_) cells_[cell] = ahead_;
    lead_ = 0;
  }

  std::uint8_t* cells_;
  std::size_t count_;
  Address at_ = 0;
  std::uint8_t ahead_ = kMapFree;
  std::size_t lead_ = 0;
};

/// Adds all runs of the heap; `is_movable(run)` says which of the large blocks movable memory has.
template <PageSource Pages, HeapObserver Observer, class IsMovable>
void add_heap(HeapMap& map, const Heap<Pages, Observer>& heap, IsMovable&& is_movable) {
  const HeapWalk walk(heap);
  walk.for_each_run([&](const Run& run) {
    std::uint8_t kind = kMapFree;
    switch (run.kind) {
      case RunKind::kFree:
        break;
      case RunKind::kSlab:
        if (!run.slab->idle()) kind = static_cast<std::uint8_t>(kMapSlab + run.slab->size_class);
        break;
      case RunKind::kBlock:
        kind = is_movable(run) ? kMapMovable : walk.is_watched(run) ? kMapWatched : kMapLarge;
        break;
      case RunKind::kReserved:
        kind = walk.is_metadata(run) ? kMapMetadata : kMapForeign;
        break;
    }
    map.add(kind, run.begin + run.bytes);
  });
}

}  // namespace tidemark
