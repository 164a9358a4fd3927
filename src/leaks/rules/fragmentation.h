// Rule 2: fragmentation. Free memory that can't serve what the program asks for.
//
//   stranded   free blocks in slabs that have a block in use: they serve their own size class and nothing else
//   splinters  free runs shorter than the usual large block, when the program has large blocks
//   share      of both in what the heap holds and in free runs
//
// What is free in one piece is not fragmented, however much it is: after a peak the heap may be empty, and whole. What stands
// free in slabs whose class is filling up is about to be used: a class counts by as much of its free memory as lies in sparse
// slabs, at most a quarter of whose blocks are in use.
//
// One picture tells little: it must have been so for half of the window to be a leak.
#pragma once

#include "leaks/census.h"
#include "leaks/finding.h"

namespace tidemark {

struct FragmentationOptions {
  double threshold = 0.7;
  double least_bytes = 1024 * 1024;  // wasted; below it, nobody minds
};

struct FragmentationFinding {
  LeakFinding finding;  // bytes: stranded and splinters; blocks: those in use that pin them
  double share = 0;
  double stranded_bytes = 0;
  double splinter_bytes = 0;
  std::uint32_t worst_class = 0;  // the row of the census that pins most
  std::uint32_t pinned_slabs = 0;
};

/// `lasting_ms` is how long the share has been above the threshold by now; JavaScript keeps that.
FragmentationFinding judge_fragmentation(const Census& census, double lasting_ms, double window_ms,
                                         const FragmentationOptions& options);

}  // namespace tidemark
