#include "leaks/rules/fragmentation.h"

namespace tidemark {

FragmentationFinding judge_fragmentation(const Census& census, double lasting_ms, double window_ms,
                                         const FragmentationOptions& options) {
  FragmentationFinding result;
  double worst = 0;
  for (std::uint32_t i = 1; i < kSizeClassCount; ++i) {
    const CensusRow& row = census.rows[i];
    result.stranded_bytes += row.sparse_free_bytes;
    result.pinned_slabs += row.sparse_slabs;
    if (row.sparse_slabs > 0) {
      const double blocks = row.sparse_slabs * row.live_blocks / static_cast<double>(row.slabs);
      result.finding.blocks += blocks;
    }
    if (row.sparse_free_bytes > worst) {
      worst = row.sparse_free_bytes;
      result.worst_class = i;
    }
  }
  const CensusRow& large = census.rows[0];
  const double usual_large = large.live_blocks == 0 ? 0 : large.live_bytes / large.live_blocks;
  if (census.largest_free_bytes < usual_large) result.splinter_bytes = census.free_run_bytes;

  const double wasted = result.stranded_bytes + result.splinter_bytes;
  const double whole = census.held_bytes - census.idle_bytes + census.free_run_bytes;
  result.share = whole > 0 ? wasted / whole : 0;
  result.finding.bytes = wasted;
  if (result.share < options.threshold || wasted < options.least_bytes) {
    result.finding.confidence = 0.9;
    return result;
  }
  const bool lasting = lasting_ms >= window_ms / 2;
  result.finding.verdict = lasting ? LeakVerdict::kLeak : LeakVerdict::kMaybe;
  result.finding.confidence = lasting ? 0.85 : 0.5;
  return result;
}

}  // namespace tidemark
