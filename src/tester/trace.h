// What a workload does, written down before it is measured: so that the allocator under test and the reference do exactly
// the same, and that neither random numbers nor decisions are in what is timed.
//
// Invariants  (checked for every workload in tests/unit/trace_test.cpp)
//   T1  Every slot is empty at the begin and at the end, but for those that a leak fills.
//   T2  Nothing is allocated into a slot that is in use, nor freed or resized in one that is empty.
//   T3  `peak` and `holes` are places between operations; live bytes are at their highest at `peak`.
#pragma once

#include <cstdint>
#include <span>

namespace tidemark {

enum class TraceAction : std::uint8_t { kAllocate, kFree, kReallocate, kLeak };

/// One call. kLeak allocates a block that the trace never frees.
struct TraceOperation {
  TraceAction action;
  std::uint16_t slot;
  std::uint32_t bytes;
};

inline constexpr std::uint32_t kMaxSlots = 4096;
inline constexpr std::uint32_t kMaxOperations = 16384;
inline constexpr std::uint32_t kLeastBlockBytes = 8;  // room for the marks at both ends of a block

enum class WorkloadKind : std::uint8_t {
  kBasicAllocation,
  kStress,
  kFragmentation,
  kReallocate,
  kLargeObjects,
  kClean,  // of the leak test: everything is freed
  kLeaky,  // the same, but that one block in 16 is forgotten
};
inline constexpr unsigned kWorkloadKinds = 7;

struct Trace {
  std::span<const TraceOperation> operations;
  std::uint32_t peak;   // as many operations have been done when most is live
  std::uint32_t holes;  // when most of what was allocated is free again: where fragmentation shows
  std::uint64_t leaked_bytes;
  std::uint32_t leaked_blocks;
};

/// Writes a round of the workload into `room`, which has kMaxOperations.
Trace write_trace(WorkloadKind kind, std::uint64_t seed, std::span<TraceOperation> room);

}  // namespace tidemark
