// Descriptors: those that no slab has, in one list. They stand in reserved runs of their own, away from all blocks.
#pragma once

#include "base/attributes.h"
#include "heap/slab.h"

namespace tidemark {

class Descriptors {
 public:
  static constexpr std::size_t kRunGrains = 4;
  static constexpr std::size_t kPerRun = kRunGrains * kGrainBytes / sizeof(Slab);

  bool empty() const { return first_ == nullptr; }
  /// The next one that is taken; the list goes on with its `next`.
  Slab*& first() { return first_; }
  const Slab* first() const { return first_; }

  /// Requires  !empty().
  Slab* take() {
    Slab* const slab = first_;
    first_ = slab->next;
    return slab;
  }

  void give(Slab* slab) {
    slab->block_bytes = 0;
    slab->next = first_;
    first_ = slab;
  }

  /// Gives those of a new run, which begins at `first`.
  TIDEMARK_SMALL void make(Slab* first) {
    // From the last to the first, so that they are taken from the first on. The first itself stays away: whatever
    // runs over from below meets it before it meets a descriptor.
    TIDEMARK_KEEP_LOOP
    for (std::size_t i = kPerRun - 1; i > 0; --i) give(first + i);
  }

  /// Before all runs are gathered from.
  void clear() { first_ = nullptr; }

  /// Gives those of a run that no slab has; true, and nothing given, where that is all of them, and the run is not needed.
  TIDEMARK_SMALL bool gather(Slab* first) {
    Slab* const before = first_;
    bool all_free = true;
    TIDEMARK_KEEP_LOOP
    for (std::size_t i = kPerRun - 1; i > 0; --i) {
      if (first[i].block_bytes == 0) {
        give(first + i);
      } else {
        all_free = false;
      }
    }
    if (all_free) first_ = before;
    return all_free;
  }

 private:
  Slab* first_ = nullptr;
};

}  // namespace tidemark
