// Where movable memory gets its runs from: a heap, which has other blocks besides.
#pragma once

#include "base/units.h"

namespace tidemark {

class RunSource {
 public:
  /// Blocks above this size are whole runs of the heap; the heap can move only those.
  static constexpr std::size_t kMaxUnmovableBytes = 1024;

  /// A block of the heap; null when memory is exhausted.
  virtual void* allocate(std::size_t n_bytes) = 0;
  /// As allocate, for more than kMaxUnmovableBytes, from free memory below `limit` only.
  virtual void* allocate_below(std::size_t n_bytes, Address limit) = 0;
  /// Bytes that slide() would move a block of more than kMaxUnmovableBytes down by.
  virtual std::size_t bytes_before(const void* block) = 0;
  virtual void* slide(void* block) = 0;
  /// As realloc. A block of more than kMaxUnmovableBytes that gets smaller, but not that small, stays where it is.
  virtual void* reallocate(void* block, std::size_t n_bytes) = 0;
  virtual void free(void* block) = 0;
  virtual std::size_t usable_bytes(const void* block) = 0;

 protected:
  ~RunSource() = default;
};

/// Moves a block of more than kMaxUnmovableBytes, of which `used_bytes` matter, to lower memory if there is any; returns where
/// it is then. What knows its address has to be told.
void* lower_run(RunSource& runs, void* block, std::size_t used_bytes);

/// The heap that is the program's: override/movable_runs.cpp, or, natively, one of its own in program_runs_native.cpp.
RunSource& program_runs();

}  // namespace tidemark
