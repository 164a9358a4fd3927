// What a heap does for speed and for a low peak, and could do without: the one place where a heap that is built for size
// differs from the other. Each is a matter of compile time; what is off is neither code nor data.
//
// What no heap does without: every check of heap.h, alignment, realloc in place, calloc of fresh memory untouched, the rule
// of growth, and the invariants of runs.h and slabs.h, which hold with a feature and without.
#pragma once

#include "heap/observer.h"

namespace tidemark {

struct HeapFeatures {
  bool fast_paths;      // heap.h         malloc and free of most blocks without a call
  bool fitted_classes;  // class_table.h  classes for the sizes that the program asks for most; else plain_classes.h
  bool turns;           // slabs.h        slabs of a class take turns; else one serves until it is exhausted
  bool sized_slabs;     // slabs.h        blocks that fill grains without a rest, and all the room there is
  bool splitting;       // slab_split.h   sweeps split slabs that are mostly free, and give runs of descriptors back
  bool quick_runs;      // runs.h         recent runs, carving, bins that a sweep leaves in order of address
  bool marked_bins;     // bins.h         which bins are not empty, in two words; else lean_bins.h
};

inline constexpr HeapFeatures kAllFeatures{true, true, true, true, true, true, true};
inline constexpr HeapFeatures kNoFeatures{};

/// Of the heap that nobody observes where its program is built for size.
struct SizeObserver : NoObserver {
  static constexpr HeapFeatures kFeatures = kNoFeatures;
};

static_assert(HeapObserver<SizeObserver>);

/// Who observes a heap says what it is to do without.
template <HeapObserver Observer>
consteval HeapFeatures features_of() {
  if constexpr (requires { Observer::kFeatures; }) {
    return Observer::kFeatures;
  } else {
    return kAllFeatures;
  }
}

}  // namespace tidemark
