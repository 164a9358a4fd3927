// The workloads against an allocator that checks everything it is asked, and against allocators that are broken.
#include "tester/measurement.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "platform/fake_clock.h"
#include "tester/movable_blocks.h"

namespace tidemark {
namespace {

struct Checked {
  std::map<void*, std::size_t> live;
  std::size_t live_bytes = 0, peak_bytes = 0, calls = 0;
  std::size_t refuse_from = SIZE_MAX;  // from that call on
  bool broken = false;
};
Checked checked;

void* checked_allocate(std::size_t n_bytes) {
  if (++checked.calls >= checked.refuse_from) return nullptr;
  void* block = std::malloc(n_bytes);
  checked.live[block] = n_bytes;
  checked.live_bytes += n_bytes;
  checked.peak_bytes = std::max(checked.peak_bytes, checked.live_bytes);
  return block;
}
void checked_free(void* block) {
  ++checked.calls;
  const auto found = checked.live.find(block);
  if (found == checked.live.end()) {
    checked.broken = true;
    return;
  }
  checked.live_bytes -= found->second;
  checked.live.erase(found);
  std::free(block);
}
void* checked_reallocate(void* block, std::size_t n_bytes) {
  void* moved = checked_allocate(n_bytes);
  if (moved == nullptr) return nullptr;
  if (block != nullptr) {
    std::memcpy(moved, block, std::min(n_bytes, checked.live[block]));
    checked_free(block);
  }
  return moved;
}
constexpr AllocatorFunctions kChecked = {checked_allocate, checked_free, checked_reallocate};

/// A microsecond for every ten calls of the checked allocator: what is timed takes time, and nothing else does.
class CallClock : public Clock {
 public:
  std::uint64_t now_us() override { return checked.calls / 10; }
};

PlainAllocator* plain = nullptr;
constexpr AllocatorFunctions kSystem = {std::malloc, std::free, std::realloc};
constexpr AllocatorFunctions kPlain = {[](std::size_t n) { return plain->allocate(n); },
                                       [](void* block) { plain->free(block); },
                                       [](void* block, std::size_t n) { return plain->reallocate(block, n); }};

class Measurements : public ::testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    checked = {};
    plain = &reference_;
  }
  WorkloadKind kind() const { return static_cast<WorkloadKind>(GetParam()); }
  std::unique_ptr<Measurement> make(const AllocatorFunctions& tested, Clock& clock, std::uint32_t max_units = 4) {
    const MeasurementPlan plan = {kind(), 1, 2000, max_units, true, TraceReplay::Memory::kOwn};
    return std::make_unique<Measurement>(plan, clock, tested, kPlain);
  }
  PlainAllocator reference_{kSystem};
};

TEST_P(Measurements, NeverFreeTwiceAndFreeEverything) {
  CallClock clock;
  const auto measurement = make(kChecked, clock);
  std::multiset<MeasurementEvent> seen;
  for (MeasurementEvent event{}; (event = measurement->run(100)) != MeasurementEvent::kDone || seen.empty();) {
    seen.insert(event);
    if (event == MeasurementEvent::kStart) {
      EXPECT_EQ(checked.calls, 0u);
    }
    if (event == MeasurementEvent::kPeak) {
      EXPECT_EQ(measurement->tested().live_bytes(), measurement->tested().peak_live_bytes());
      EXPECT_EQ(checked.live_bytes, measurement->tested().live_bytes() + measurement->tested().leaked_bytes());
      EXPECT_GE(measurement->tested().span_bytes(), measurement->tested().live_bytes());
    }
    if (event == MeasurementEvent::kEnd) {
      EXPECT_EQ(measurement->tested().live_bytes(), 0u);
      EXPECT_EQ(checked.live_bytes, measurement->tested().leaked_bytes());
    }
  }
  EXPECT_EQ(seen.count(MeasurementEvent::kStart), 1u);
  EXPECT_EQ(seen.count(MeasurementEvent::kPeak), 4u);  // each of four units is watched
  EXPECT_EQ(seen.count(MeasurementEvent::kEnd), 4u);
  EXPECT_EQ(measurement->units(), 4u);
  EXPECT_EQ(measurement->tested().fault(), AllocatorFault::kNone);
  EXPECT_EQ(measurement->tested().refused(), 0u);
  EXPECT_EQ(measurement->reference_refused(), 0u);
  EXPECT_GE(measurement->latency().total(), measurement->operations() / 2);
  EXPECT_LE(measurement->tested().peak_live_bytes(), checked.peak_bytes);
  EXPECT_EQ(measurement->tested().leaked_bytes() != 0, kind() == WorkloadKind::kLeaky);
  measurement->free_all();
  EXPECT_TRUE(checked.live.empty());
  EXPECT_FALSE(checked.broken);
}

TEST_P(Measurements, MayBeGivenUpAtAnyPlace) {
  for (int slices = 1; slices < 40; slices += 3) {
    CallClock clock;
    const auto measurement = make(kChecked, clock);
    for (int slice = 0; slice < slices; ++slice) measurement->run(1);
    measurement->free_all();
    EXPECT_TRUE(checked.live.empty());
    EXPECT_EQ(measurement->run(1), MeasurementEvent::kDone);
  }
  EXPECT_FALSE(checked.broken);
}

TEST_P(Measurements, RefusedAllocationsAreCountedAndNothingElseHappens) {
  for (const std::size_t from : {1u, 2u, 100u, 1001u}) {
    checked = {};
    checked.refuse_from = from;
    CallClock clock;
    const auto measurement = make(kChecked, clock);
    while (measurement->run(1'000'000) != MeasurementEvent::kDone) {
    }
    EXPECT_GT(measurement->tested().refused(), 0u);
    EXPECT_EQ(measurement->tested().fault(), AllocatorFault::kNone);
    measurement->free_all();
    EXPECT_TRUE(checked.live.empty());
    EXPECT_FALSE(checked.broken);
  }
}

TEST_P(Measurements, AClockThatStandsStillIsNoTrap) {
  FakeClock clock;
  const auto measurement = make(kPlain, clock, 1);
  while (measurement->run(1000) != MeasurementEvent::kDone) {
  }
  EXPECT_EQ(measurement->resolution_us(), 0u);
  EXPECT_EQ(measurement->units(), 1u);
  measurement->free_all();
}

TEST_P(Measurements, ACoarseClockGetsLongUnits) {
  FakeClock clock(1000);
  const auto measurement = make(kPlain, clock, 1);
  while (measurement->run(1'000'000) != MeasurementEvent::kDone) {
  }
  EXPECT_EQ(measurement->resolution_us(), 1000u);
  // A round takes one step of this clock: eighty of them are a unit, but of the leaky one each is.
  EXPECT_EQ(measurement->rounds_per_unit(), kind() == WorkloadKind::kLeaky ? 1u : 80u);
  measurement->free_all();
}

/// Steps of a millisecond, as browsers have them in pages that are not isolated from others; ten calls take a microsecond
/// of the allocator under test, and a hundred of the reference.
class CoarseClock : public Clock {
 public:
  std::uint64_t now_us() override {
    reads_ += 1;
    return (spent_ns() + reads_ * 50) / 1'000'000 * 1000;
  }
  static std::uint64_t spent_ns() { return tested_calls * 100 + reference_calls * 10; }
  inline static std::uint64_t tested_calls = 0, reference_calls = 0;

 private:
  std::uint64_t reads_ = 0;
};

/// The plain allocator, since millions of calls of the system's take minutes under the sanitizers.
template <std::uint64_t* calls>
constexpr AllocatorFunctions kCounted = {
    [](std::size_t n) { return ++*calls, plain->allocate(n); }, [](void* block) { ++*calls, plain->free(block); },
    [](void* block, std::size_t n) { return ++*calls, plain->reallocate(block, n); }};

TEST_P(Measurements, RoundsThatTakeLessThanAStepOfTheClockAreTimedTogether) {
  CoarseClock::tested_calls = CoarseClock::reference_calls = 0;
  CoarseClock clock;
  const MeasurementPlan plan = {kind(), 1, 20'000, 2, true, TraceReplay::Memory::kOwn};
  const auto measurement = std::make_unique<Measurement>(plan, clock, kCounted<&CoarseClock::tested_calls>,
                                                         kCounted<&CoarseClock::reference_calls>);
  while (measurement->run(8000) != MeasurementEvent::kDone) {
  }
  EXPECT_EQ(measurement->resolution_us(), 1000u);
  EXPECT_EQ(measurement->units(), 2u);
  // Each unit of a leaky one is a round, however short.
  for (std::uint32_t unit = 0; kind() != WorkloadKind::kLeaky && unit < measurement->units(); ++unit) {
    // Eighty steps of the clock are a unit, and eight of the reference; an operation takes a call.
    EXPECT_GT(measurement->tested_costs()[unit], 80);
    EXPECT_LT(measurement->tested_costs()[unit], 360);
    EXPECT_GT(measurement->reference_costs()[unit], 8);
    EXPECT_LT(measurement->reference_costs()[unit], 36);
  }
  // Two units of 80 and 8 ms, and what it takes to find out how long they are.
  EXPECT_LT(CoarseClock::spent_ns(), 240'000'000u);
  measurement->free_all();
}

INSTANTIATE_TEST_SUITE_P(, Measurements, ::testing::Range(0u, kWorkloadKinds));

// --- allocators that are broken

alignas(16) char shared_room[1 << 20];
std::size_t shared_next = 0;

AllocatorFault fault_with(const AllocatorFunctions& broken, TraceReplay::Memory memory) {
  PlainAllocator reference(kSystem);
  plain = &reference;
  FakeClock clock(1);
  const MeasurementPlan plan = {WorkloadKind::kClean, 1, 100, 1, false, memory};
  const auto measurement = std::make_unique<Measurement>(plan, clock, broken, kPlain);
  while (measurement->run(1'000'000) != MeasurementEvent::kDone) {
  }
  return measurement->tested().fault();
}

/// Hands out blocks that begin in the one before.
void* overlapping(std::size_t n_bytes) {
  void* block = shared_room + shared_next;
  shared_next = (shared_next + (n_bytes / 2 & ~std::size_t{7}) + 8) % (sizeof(shared_room) / 2);
  return block;
}
void keep(void*) {}
void* never(void*, std::size_t) { return nullptr; }

TEST(BrokenAllocators, ContentThatOthersWriteOverIsFound) {
  EXPECT_EQ(fault_with({overlapping, keep, never}, TraceReplay::Memory::kOwn), AllocatorFault::kContent);
}

TEST(BrokenAllocators, BlocksThatShareBytesAreFoundByTheirAddresses) {
  EXPECT_EQ(fault_with({overlapping, keep, never}, TraceReplay::Memory::kOther), AllocatorFault::kOverlap);
}

TEST(BrokenAllocators, AddressesThatAreOddAreFound) {
  const AllocatorFunctions odd = {[](std::size_t n) -> void* { return static_cast<char*>(std::malloc(n + 4)) + 4; },
                                  [](void* block) { std::free(static_cast<char*>(block) - 4); }, never};
  EXPECT_EQ(fault_with(odd, TraceReplay::Memory::kOther), AllocatorFault::kMisaligned);
}

// --- movable memory behind the functions of an allocator

MovableBlocks* movable = nullptr;

TEST(MovableWorkload, MarksAreWhereTheyBelongAfterEveryCompaction) {
  const auto blocks = std::make_unique<MovableBlocks>();
  movable = blocks.get();
  const AllocatorFunctions functions = {[](std::size_t n) { return movable->allocate(n); },
                                        [](void* block) { movable->free(block); },
                                        [](void* block, std::size_t n) { return movable->reallocate(block, n); }};
  FakeClock clock(1);
  const MeasurementPlan plan = {WorkloadKind::kFragmentation, 3, 100, 3, false, TraceReplay::Memory::kNone};
  const auto measurement = std::make_unique<Measurement>(plan, clock, functions, functions);
  std::size_t moved = 0;
  for (MeasurementEvent event{}; event != MeasurementEvent::kDone || moved == 0;) {
    event = measurement->run(1'000'000);
    if (event == MeasurementEvent::kDone) break;
    if (event == MeasurementEvent::kHoles) moved += tidemark_movable_compact(TIDEMARK_COMPACT_FULLY).moved_bytes;
  }
  measurement->free_all();
  EXPECT_GT(moved, 0u);
  EXPECT_EQ(blocks->damaged(), 0u);
  EXPECT_EQ(measurement->tested().refused(), 0u);
  EXPECT_EQ(measurement->tested().fault(), AllocatorFault::kNone);
}

TEST(MovableWorkload, AMarkThatIsGoneIsCounted) {
  const auto blocks = std::make_unique<MovableBlocks>();
  void* block = blocks->allocate(64);
  tidemark_movable_for_each(
      [](void*, tidemark_handle, void* content, std::size_t, unsigned) { static_cast<char*>(content)[63] ^= 1; },
      nullptr);
  blocks->free(block);
  EXPECT_EQ(blocks->damaged(), 1u);
}

}  // namespace
}  // namespace tidemark
