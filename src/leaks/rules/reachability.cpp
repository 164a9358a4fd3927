#include "leaks/rules/reachability.h"

namespace tidemark {

LeakFinding judge_reachability(const LostTotals& now, const LostTotals& before, double elapsed_ms, ScanKind kind) {
  LeakFinding finding;
  finding.bytes = now.all_bytes;
  finding.blocks = now.all_blocks;
  if (now.all_blocks == 0) {
    finding.confidence = kind == ScanKind::kExact ? 0.99 : 0.9;
    return finding;
  }
  const bool grows = elapsed_ms > 0 && now.all_bytes > before.all_bytes;
  if (grows) finding.rate_per_second = (now.all_bytes - before.all_bytes) / elapsed_ms * 1000;
  // Many blocks are no accident of a number that looks like an address, nor of one pointer that is kept elsewhere.
  const double many = now.direct_blocks >= 10 ? 0.04 : now.direct_blocks > 1 ? 0.02 : 0;
  switch (kind) {
    case ScanKind::kExact:
      finding.confidence = 0.93 + many + (grows ? 0.02 : 0);
      finding.verdict = LeakVerdict::kLeak;
      break;
    case ScanKind::kConfirmed:
      finding.confidence = 0.86 + many + (grows ? 0.04 : 0);
      finding.verdict = LeakVerdict::kLeak;
      break;
    case ScanKind::kApproximate:
      // What was lost before, and is so still, was not held by the functions that run now.
      finding.verdict = before.all_blocks > 0 && elapsed_ms > 0 ? LeakVerdict::kLeak : LeakVerdict::kMaybe;
      finding.confidence = before.all_blocks > 0 && elapsed_ms > 0 ? 0.7 : 0.4;
      break;
  }
  return finding;
}

}  // namespace tidemark
