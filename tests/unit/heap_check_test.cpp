// HeapWalk::check() names the invariant that does not hold, whichever it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "support/arena.h"

namespace tidemark {

/// Of a heap under test: what only tidying, which this program does without, may touch.
template <PageSource, HeapObserver>
class HeapTidy;
template <>
class HeapTidy<testing::ArenaSource, testing::TestObserver> {
 public:
  explicit HeapTidy(testing::TestHeap& heap) : slabs(heap.slabs_), runs(heap.slabs_.runs_) {}

  MapEntry*& map() { return runs.map_; }
  auto& bins() { return runs.bins_; }
  Grain& top() { return runs.top_; }
  Grain& limit() { return runs.limit_; }
  Grain& fresh() { return runs.fresh_; }
  Grain& mapped() { return runs.mapped_; }
  Grain& carve() { return runs.carve_; }
  Grain& recent() { return runs.recent_; }
  Slab*& current(SizeClass size_class) { return slabs.current_[size_class]; }

  Slabs<testing::ArenaSource, testing::TestObserver>& slabs;
  Runs<testing::ArenaSource, testing::TestObserver>& runs;
};

namespace testing {
namespace {

using Inside = HeapTidy<ArenaSource, TestObserver>;

constexpr std::size_t kLargeGrains = 30;  // of a block, and of the hole that it leaves

class HeapCheck : public ::testing::Test {
 protected:
  HeapCheck() {
    // Until the map has moved once more: then it reaches far beyond what there is.
    Address map = 0;
    while (blocks_.size() < 60 || map_of(heap_).begin == map) {
      if (blocks_.size() < 60) map = map_of(heap_).begin;
      heap_.allocate(64);
      blocks_.push_back(heap_.allocate(kLargeGrains * kGrainBytes));
    }
    const std::size_t first = one_between_two(5), second = one_between_two(first + 2);
    used_ = one_between_two(second + 2);
    heap_.free(blocks_[first]);
    heap_.free(blocks_[second]);
    heap_.trim();
    hole_ = grain_of(blocks_[first]);
    other_hole_ = grain_of(blocks_[second]);
    block_ = grain_of(blocks_[used_]);
    const Address slab = address_of(heap_.allocate(64));
    slab_ = const_cast<Slab*>(run_around(heap_, slab).slab);
    EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
    EXPECT_EQ(entry_kind(inside_.map()[hole_]), kFree);
  }

  /// The first block from `i` on that stands between the one before and the one after it.
  std::size_t one_between_two(std::size_t i) const {
    while (grain_of(blocks_[i + 1]) != grain_of(blocks_[i - 1]) + 2 * kLargeGrains) ++i;
    return i;
  }

  /// A length of which there is no free run, nor one in the same bin.
  std::size_t length_of_none() {
    std::size_t length = kLargeGrains + 1;
    while (inside_.bins().head(Bins::bin_of(length)) != kNoGrain) ++length;
    return length;
  }

  Grain grain_of(const void* block) const { return inside_.runs.grain_of(address_of(block)); }

  /// The heap being as `damage` leaves it, check() says `invariant`; it is mended afterwards.
  template <class Damage>
  void expect(const char* invariant, Damage&& damage) {
    const auto runs = inside_.runs;
    const std::vector<MapEntry> map(inside_.map(), inside_.map() + inside_.mapped());
    const Slab slab = *slab_;
    damage();
    EXPECT_STREQ(HeapWalk(heap_).check(), invariant);
    inside_.runs = runs;
    std::copy(map.begin(), map.end(), inside_.map());
    *slab_ = slab;
    ASSERT_STREQ(HeapWalk(heap_).check(), nullptr);
  }

  Arena arena_{4 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
  Inside inside_{heap_};
  std::vector<void*> blocks_;
  std::size_t used_ = 0;  // number of a block in use
  Grain hole_ = 0, other_hole_ = 0, block_ = 0;
  Slab* slab_ = nullptr;
};

TEST_F(HeapCheck, SeesATopAboveMemoryOrAboveWhatIsFresh) {
  expect("R5: top, fresh and limit", [&] { inside_.limit() = inside_.top() - 1; });
  expect("R5: top, fresh and limit", [&] { inside_.fresh() = inside_.top() - 1; });
}

TEST_F(HeapCheck, SeesAMapThatIsTooShort) {
  const Grain last = grain_of(blocks_.back());
  expect("R4: a run begins where the map does not reach", [&] { inside_.mapped() = last; });
  const Grain slab = inside_.runs.grain_of(slab_->begin());
  expect("R4: the end of a run", [&] { inside_.mapped() = slab + slab_->length() - 1; });
  expect("R4: the end of a run", [&] { inside_.mapped() = hole_ + kLargeGrains - 1; });
  expect("R4: the guard in front of the map", [&] { inside_.map()[kNoGrain] ^= 8; });
}

TEST_F(HeapCheck, ARunThatBeginsWhereTheMapEndsHasNoLinksBehindIt) {
  ASSERT_GT(inside_.mapped(), inside_.top() + 2 * kLargeGrains);
  const Grain last = inside_.mapped() - 1;
  ASSERT_NE(heap_.allocate((last - inside_.top()) * kGrainBytes), nullptr);
  void* const block = heap_.allocate(600 * kGrainBytes);  // longer than the holes that old maps have left
  ASSERT_EQ(grain_of(block), last);
  const MapEntry& behind = inside_.map()[inside_.mapped()];  // what stands there is somebody's
  const MapEntry before = behind;
  heap_.free(blocks_[used_]);
  heap_.free(block);
  EXPECT_EQ(behind, before);
  EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
  EXPECT_NE(heap_.allocate(kLargeGrains * kGrainBytes), nullptr);
  EXPECT_EQ(behind, before);
  EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(HeapCheck, SeesAnEntryAboveTheTop) {
  ASSERT_LT(inside_.top(), inside_.mapped());
  for (const Grain grain : {inside_.top(), inside_.mapped() - 1}) {
    expect("R4: an entry above top", [&] { inside_.map()[grain] = make_entry(1, kBlock); });
  }
}

TEST_F(HeapCheck, SeesRunsThatDoNotTile) {
  expect("R1: a grain at which a run should begin", [&] { inside_.map()[block_] = 0; });
  expect("R1: the length of a run", [&] { inside_.map()[block_] = make_entry(0, kBlock); });
  const std::size_t too_long = inside_.top() - block_ + 1;
  expect("R1: the length of a run", [&] { inside_.map()[block_] = make_entry(too_long, kBlock); });
}

TEST_F(HeapCheck, SeesAnEntryInsideARun) {
  const Grain slab = inside_.runs.grain_of(slab_->begin());
  ASSERT_GT(slab_->length(), 1u);
  const auto expect_entry = [&](Grain grain, MapEntry entry) {
    expect("R1: an entry inside a run", [&] { inside_.map()[grain] = entry; });
  };
  expect_entry(slab + slab_->length() - 1, 0);
  expect_entry(block_ + 1, make_entry(1, kBlock));
  expect_entry(block_ + kLargeGrains - 1, make_entry(0, kFree));
  expect_entry(hole_ + 1, make_entry(0, kBlock));
  expect_entry(hole_ + 2, make_entry(0, kBlock));
  expect_entry(hole_ + 3, make_entry(0, kFree));
  expect_entry(hole_ + kLargeGrains - 1, make_entry(1, kBlock));
}

TEST_F(HeapCheck, SeesALinkInARunThatIsTooShortForOne) {
  // What a block gives back of its end, two grains, is in no bin, and has no link.
  ASSERT_EQ(heap_.reallocate(blocks_[used_], (kLargeGrains - 2) * kGrainBytes), blocks_[used_]);
  const Grain rest = block_ + kLargeGrains - 2;
  ASSERT_EQ(inside_.map()[rest], make_entry(2, kFree));
  expect("R1: an entry inside a run", [&] { inside_.map()[rest + 1] = make_entry(0, kFree); });
}

#ifndef TIDEMARK_SMALL_HEAP  // which carves nothing, and has no recent runs
TEST_F(HeapCheck, SeesAnEntryInTheRunThatIsBeingCarved) {
  for (std::size_t length = kLargeGrains - 2; inside_.runs.carvable(inside_.carve()) < 2; --length) {
    ASSERT_NE(heap_.allocate(length * kGrainBytes), nullptr);
  }
  const Grain carve = inside_.carve();
  ASSERT_NE(carve, kNoGrain);
  expect("R1: an entry inside a run", [&] { inside_.map()[carve + 1] = make_entry(0, kFree); });
}

TEST_F(HeapCheck, SeesARecentRunThatIsLost) {
  heap_.free(blocks_[used_]);
  ASSERT_EQ(inside_.recent(), block_);
  expect("R3: a free run that is in no bin, and not recent", [&] { inside_.recent() = kNoGrain; });
}
#endif

TEST_F(HeapCheck, SeesAFreeRunThatIsInNoBin) {
  expect("R3: a free run that is in no bin, and not recent", [&] { inside_.bins().clear(); });
  expect("R3: a free run that is in no bin, and not recent", [&] {
    inside_.bins().remove(inside_.map(), hole_, kLargeGrains);
    inside_.map()[hole_] = make_entry(kLargeGrains, kFree);
  });
}

TEST_F(HeapCheck, SeesWhatIsInABinAndShouldNotBe) {
  const std::size_t other = length_of_none();
  expect("R3: what is in a bin", [&] {
    inside_.bins().insert(inside_.map(), block_, other);
    inside_.map()[block_ + 1] = inside_.map()[block_ + 2] = 0;
  });
  expect("R3: what is in a bin", [&] {
    inside_.bins().insert(inside_.map(), inside_.top(), other);
    inside_.map()[inside_.top() + 1] = inside_.map()[inside_.top() + 2] = 0;
  });
  ASSERT_NE(heap_.allocate(kLargeGrains * kGrainBytes), nullptr);  // in one of the two: the other is alone in its bin
  const Grain alone = entry_kind(inside_.map()[hole_]) == kFree ? hole_ : other_hole_;
  expect("R3: the length of a run in a bin", [&] { inside_.bins().insert(inside_.map(), alone, other); });
}

TEST_F(HeapCheck, SeesLinksThatDoNotGoBack) {
  for (const Grain hole : {hole_, other_hole_}) {
    const std::size_t before = entry_value(inside_.map()[hole + 2]);
    expect("R3: the links of a bin", [&] { inside_.map()[hole + 2] = make_entry(before ^ block_, kFree); });
  }
}

TEST_F(HeapCheck, SeesABinThatPassesForEmpty) {
  auto* const bytes = reinterpret_cast<unsigned char*>(&inside_.bins());
#ifdef TIDEMARK_SMALL_HEAP
  constexpr std::size_t kMarks = LeanBins::kCount * sizeof(Grain);  // behind the heads
  expect("R3: the marks of the bins", [&] { std::memset(bytes + kMarks, 0, Bins::kGroups); });
#else
  constexpr std::size_t kGroups = sizeof(std::uint32_t), kMarks = Bins::kGroups * sizeof(std::uint32_t);
  expect("R3: the marks of the bins", [&] { std::memset(bytes, 0, kGroups); });
  expect("R3: the marks of the bins", [&] { std::memset(bytes + kGroups, 0, kMarks); });
  expect("R3: the marks of the bins", [&] { std::memset(bytes, 0xff, kGroups + kMarks); });
#endif
}

TEST_F(HeapCheck, SeesEachFieldOfADescriptor) {
  const auto expect_broken = [&](auto&& damage) { expect("H2: a slab's descriptor", damage); };
  expect_broken([&] { slab_->seal = static_cast<decltype(Slab::seal)>(slab_->seal ^ 1u); });
  expect_broken([&] { slab_->base -= kGrainBytes; });
  expect_broken([&] { slab_->size_class = static_cast<std::uint8_t>(slab_->size_class + 1); });
  expect_broken([&] { slab_->size_class = 0xff; });
  expect_broken([&] { slab_->block_bytes = static_cast<std::uint16_t>(slab_->block_bytes + 8); });
  expect_broken([&] { slab_->n_blocks = slab_->open_blocks = 0; });
  expect_broken([&] { slab_->n_blocks = slab_->open_blocks = kMaxSlabBlocks + 1; });
  expect_broken([&] { ++slab_->open_blocks; });
}

TEST_F(HeapCheck, SeesARingThatIsWrong) {
  ASSERT_NE(slab_->open_blocks, 0);
  const SizeClass size_class = slab_->size_class;
  Slab*& other = inside_.current(size_class + 1);
  Slab* const before = other;
  other = slab_;
  EXPECT_STREQ(HeapWalk(heap_).check(), "H1: a slab in a ring") << "of another class";
  other = before;
  expect("H1: a closed slab in a ring", [&] { slab_->open_blocks = 0; });
  Slab*& current = inside_.current(size_class);
  Slab* const first = current;
  current = Slabs<ArenaSource, TestObserver>::kNone;
  EXPECT_STREQ(HeapWalk(heap_).check(), "H1: an open slab that is in no ring");
  current = first;
  EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
}

}  // namespace
}  // namespace testing
}  // namespace tidemark
