// Where movable memory gets its runs from: a heap, which has other blocks besides.
#pragma once

#include "base/units.h"

namespace tidemark {

/// Says which runs may be moved, and is told when one was.
class RunMover {
 public:
  /// The block at `begin` of `n_bytes` has `free_bytes` of free memory in front of it. Where it says yes, it is moved.
  virtual bool may_move(Address begin, std::size_t n_bytes, std::size_t free_bytes) = 0;
  virtual void moved(Address from, Address to) = 0;

 protected:
  ~RunMover() = default;
};

class RunSource {
 public:
  /// Blocks above this size are whole runs of the heap; the heap can move only those.
  static constexpr std::size_t kMaxUnmovableBytes = 2048;

  /// A block of the heap; null when memory is exhausted.
  virtual void* allocate(std::size_t n_bytes) = 0;
  /// As allocate, for more than kMaxUnmovableBytes, from free memory below `limit` only.
  virtual void* allocate_below(std::size_t n_bytes, Address limit) = 0;
  /// As allocate_below, at the lowest address there is. Looks at every run below it.
  virtual void* allocate_lowest(std::size_t n_bytes, Address limit) = 0;
  /// As realloc. A block of more than kMaxUnmovableBytes that gets smaller, but not that small, stays where it is.
  virtual void* reallocate(void* block, std::size_t n_bytes) = 0;
  virtual void free(void* block) = 0;
  virtual std::size_t usable_bytes(const void* block) = 0;
  /// Joins free memory, so that allocate_below finds it, and lets the top fall.
  virtual void settle() = 0;
  /// As settle, in parts of about `max_runs` runs: from `from`, 0 at first; returns where to go on, 0 at the end.
  virtual std::size_t settle_part(std::size_t from, std::size_t max_runs) = 0;
  /// Slides blocks of more than kMaxUnmovableBytes down over the free memory in front of them, lowest first. The mover may
  /// not use the source.
  virtual void slide(RunMover& mover) = 0;

 protected:
  ~RunSource() = default;
};

/// Bytes to ask for where `n_bytes` are needed: at least so many that the heap can move it. Movable memory's own data must
/// not be what keeps high memory in use.
constexpr std::size_t lowerable_bytes(std::size_t n_bytes) {
  const std::size_t least = round_up(RunSource::kMaxUnmovableBytes + 1, kGrainBytes);
  return n_bytes < least ? least : n_bytes;
}

/// Moves a block of more than kMaxUnmovableBytes, of which `used_bytes` matter, to the lowest memory that there is; returns
/// where it is then. What knows its address has to be told.
void* lower_run(RunSource& runs, void* block, std::size_t used_bytes);

}  // namespace tidemark
