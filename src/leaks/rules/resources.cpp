#include "leaks/rules/resources.h"

namespace tidemark {

LeakFinding judge_resource(const ResourceCount& count) {
  LeakFinding finding;
  finding.bytes = count.bytes;
  const auto is = [&](LeakVerdict verdict, ResourceReason reason, double blocks, double confidence) {
    finding.verdict = verdict;
    finding.reason = static_cast<std::uint32_t>(reason);
    finding.blocks = blocks;
    finding.confidence = confidence;
    return finding;
  };
  if (count.lost > 0) return is(LeakVerdict::kLeak, ResourceReason::kLost, count.lost, 0.97);
  if (count.rising == LeakVerdict::kLeak) return is(LeakVerdict::kLeak, ResourceReason::kRising, count.live, 0.75);
  if (count.forgotten > 0 && !count.looked)
    return is(LeakVerdict::kMaybe, ResourceReason::kForgotten, count.forgotten, 0.6);
  if (count.rising == LeakVerdict::kMaybe) return is(LeakVerdict::kMaybe, ResourceReason::kRising, count.live, 0.4);
  // The net is no place to live in: it holds memory until the collector happens to run.
  if (count.netted > 0) return is(LeakVerdict::kMaybe, ResourceReason::kNetted, count.netted, 0.5);
  return is(LeakVerdict::kClean, ResourceReason::kNone, 0, 0.9);
}

}  // namespace tidemark
