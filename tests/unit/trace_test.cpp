#include "tester/trace.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "support/random.h"

namespace tidemark {
namespace {

class Traces : public ::testing::TestWithParam<unsigned> {
 protected:
  WorkloadKind kind() const { return static_cast<WorkloadKind>(GetParam()); }
};

TEST_P(Traces, T1_T2_T3_EverySlotIsUsedAsItMayBe) {
  for (const std::uint64_t seed : testing::test_seeds(20)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    std::vector<TraceOperation> room(kMaxOperations);
    const Trace trace = write_trace(kind(), seed, room);
    ASSERT_GT(trace.operations.size(), 1000u);
    std::map<unsigned, std::uint64_t> slots;
    std::uint64_t live = 0, most = 0, at_peak = 0, leaked = 0;
    std::uint32_t leaks = 0;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const TraceOperation& operation = trace.operations[i];
      ASSERT_LT(operation.slot, kMaxSlots);
      if (operation.action != TraceAction::kFree) {
        ASSERT_GE(operation.bytes, kLeastBlockBytes);
      }
      switch (operation.action) {
        case TraceAction::kAllocate:
          ASSERT_TRUE(slots.emplace(operation.slot, operation.bytes).second) << "at " << i;
          live += operation.bytes;
          break;
        case TraceAction::kReallocate:
          ASSERT_TRUE(slots.contains(operation.slot)) << "at " << i;
          live += operation.bytes - slots[operation.slot];
          slots[operation.slot] = operation.bytes;
          break;
        case TraceAction::kFree:
          ASSERT_TRUE(slots.contains(operation.slot)) << "at " << i;
          live -= slots[operation.slot];
          slots.erase(operation.slot);
          break;
        case TraceAction::kLeak:
          leaked += operation.bytes;
          ++leaks;
          break;
      }
      most = std::max(most, live);
      if (i + 1 == trace.peak) at_peak = live;
    }
    EXPECT_TRUE(slots.empty());
    EXPECT_EQ(at_peak, most);
    EXPECT_LE(trace.holes, trace.operations.size());
    EXPECT_EQ(leaked, trace.leaked_bytes);
    EXPECT_EQ(leaks, trace.leaked_blocks);
    EXPECT_EQ(leaks != 0, kind() == WorkloadKind::kLeaky);
  }
}

TEST_P(Traces, TheSameSeedIsTheSameTrace) {
  std::vector<TraceOperation> first(kMaxOperations), second(kMaxOperations), other(kMaxOperations);
  const auto text = [&](std::uint64_t seed, std::vector<TraceOperation>& room) {
    const Trace trace = write_trace(kind(), seed, room);
    std::vector<std::uint32_t> all;
    for (const TraceOperation& operation : trace.operations) {
      all.insert(all.end(), {static_cast<std::uint32_t>(operation.action), operation.slot, operation.bytes});
    }
    return all;
  };
  EXPECT_EQ(text(7, first), text(7, second));
  EXPECT_NE(text(7, first), text(8, other));
}

INSTANTIATE_TEST_SUITE_P(, Traces, ::testing::Range(0u, kWorkloadKinds));

}  // namespace
}  // namespace tidemark
