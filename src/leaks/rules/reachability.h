// Rule 3: reachability. What no root leads to is lost: nobody can ever free it.
//
//   exact        the scan went through in one go, while no function of the program was running: every pointer that the
//                program has stands in memory, since WebAssembly's locals are gone with their functions
//   confirmed    two scans in slices, between which the program ran, have both not found it
//   approximate  functions of the program were running: a pointer may stand in a local, which nobody can read
//
// JavaScript's own pointers are roots where they are known: blocks that its malloc returned, what exported functions
// returned, live Embind objects, pointers that were registered.
#pragma once

#include "leaks/finding.h"

namespace tidemark {

enum class ScanKind : std::uint32_t { kExact = 0, kConfirmed = 1, kApproximate = 2 };

struct LostTotals {
  double direct_blocks = 0;  // lost themselves
  double direct_bytes = 0;
  double all_blocks = 0;  // with what they hold
  double all_bytes = 0;
};

/// `before` is what the scan before this one found, so that what has been lost since can be told; `elapsed_ms` 0: there was
/// none.
LeakFinding judge_reachability(const LostTotals& now, const LostTotals& before, double elapsed_ms, ScanKind kind);

}  // namespace tidemark
