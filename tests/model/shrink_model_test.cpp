// A heap through many shrinks: what for_each_live_range() doesn't name is wiped, as it is in a new memory, memory is cut,
// and every block must be whole, calloc's memory zero, and every invariant kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "heap/heap_shrink.h"
#include "heap/heap_tidy.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

struct Memory {
  Address begin = 0;
  Address end = 0;
  Address limit = 0;
  bool refuses = false;  // growth, as where a limit or the system does
};

/// Pages whose end can be lowered again, which no other source can.
class CutPages {
 public:
  explicit CutPages(Memory& memory) : memory_(&memory) {}
  Address begin() const { return memory_->begin; }
  Address initial_end() const { return memory_->begin; }
  Address end() const { return memory_->end; }
  bool grow(std::size_t n_bytes) {
    if (memory_->refuses || n_bytes > memory_->limit - memory_->end) return false;
    memory_->end += n_bytes;
    return true;
  }
  void exhausted() {}

 private:
  Memory* memory_;
};

struct Block {
  std::size_t bytes;
  unsigned char content;
};

class ShrinkModel {
 public:
  ShrinkModel() : buffer_(std::calloc(1, kBytes + kPageBytes)), heap_(CutPages(memory_)) {
    memory_.begin = memory_.end = round_up(reinterpret_cast<Address>(buffer_), kPageBytes);
    memory_.limit = memory_.begin + kBytes;
  }
  ~ShrinkModel() { std::free(buffer_); }

  void allocate(Random& random) {
    const std::size_t kind = random.below(100);
    const std::size_t bytes = 1 + random.below(kind < 70 ? 256 : kind < 95 ? 8192 : 400'000);
    const bool zeroed = random.one_in(4);
    const std::size_t alignment = random.one_in(10) ? std::size_t{1} << random.below(15) : 8;
    void* const block = zeroed          ? heap_.allocate_zeroed(bytes)
                        : alignment > 8 ? heap_.allocate_aligned(alignment, bytes)
                                        : heap_.allocate(bytes);
    if (block == nullptr) return;
    if (zeroed) {
      ASSERT_TRUE(holds(reinterpret_cast<Address>(block), {bytes, 0})) << "calloc";
    }
    const Block made{bytes, static_cast<unsigned char>(random.below(256))};  // all zero, too
    std::memset(block, made.content, bytes);
    blocks_[reinterpret_cast<Address>(block)] = made;
  }

  void free(Random& random) {
    if (blocks_.empty()) return;
    const auto at = any(random);
    heap_.free(reinterpret_cast<void*>(at->first));
    blocks_.erase(at);
  }

  void reallocate(Random& random) {
    if (blocks_.empty()) return;
    const auto at = any(random);
    const Block old = at->second;
    const std::size_t bytes = 1 + random.below(random.one_in(2) ? 2 * old.bytes : 20'000);
    void* const block = heap_.reallocate(reinterpret_cast<void*>(at->first), bytes);
    if (block == nullptr) return;
    blocks_.erase(at);
    const Block made{bytes, old.content};
    ASSERT_TRUE(holds(reinterpret_cast<Address>(block), {std::min(bytes, old.bytes), old.content})) << "realloc";
    std::memset(block, made.content, bytes);
    blocks_[reinterpret_cast<Address>(block)] = made;
  }

  /// Some of a tidying, which goes on where it was.
  void tidy(Random& random) {
    constexpr Tidying kWays[] = {Tidying::kCount, Tidying::kRelease, Tidying::kReleaseAndSplit};
    tidied_ = HeapTidy(heap_).run(tidied_, random.below(50), kWays[random.below(std::size(kWays))]);
  }

  /// From here on, until false.
  void refuse_growth(bool refuses) { memory_.refuses = refuses; }

  void thin(Random& random, std::size_t one_in) {
    for (auto at = blocks_.begin(); at != blocks_.end();) {
      if (random.one_in(one_in)) {
        ++at;
        continue;
      }
      heap_.free(reinterpret_cast<void*>(at->first));
      at = blocks_.erase(at);
    }
  }

  /// Somebody else grows memory, and writes to it.
  void take_by_stranger() {
    if (memory_.limit - memory_.end < kPageBytes) return;
    std::memset(reinterpret_cast<void*>(memory_.end), 0x77, kPageBytes);
    strangers_[memory_.end] = {kPageBytes, 0x77};
    memory_.end += kPageBytes;
  }

  void shrink() {
    HeapShrink shrink(heap_);
    const Address expected = shrink.expected_end();
    shrink.settle();
    ASSERT_STREQ(HeapWalk(heap_).check(), nullptr);
    const Address end = shrink.lowest_end();
    ASSERT_LE(end, memory_.end);
    if (!memory_.refuses) {
      ASSERT_LE(end, expected + kPageBytes);
    }

    Address done = memory_.begin;
    typename HeapShrink<CutPages, TestObserver>::Cursor cursor;
    for (bool complete = false; !complete;) {
      int budget = 3;  // stop often, to go on often
      complete = shrink.for_each_live_range(cursor, [&](Address from, Address to) {
        if (budget-- == 0) return false;
        EXPECT_GE(from, done);
        EXPECT_LE(to, round_up(end, kCopyBytes));
        EXPECT_EQ(from % kCopyBytes, 0u);
        wipe(done, from);
        done = to;
        return true;
      });
    }
    wipe(done, memory_.end);
    memory_.end = end;
    shrink.commit(end);
  }

  std::string failure() const {
    if (const char* broken = HeapWalk(heap_).check()) return broken;
    for (const auto& all : {blocks_, strangers_}) {
      for (const auto& [address, block] : all) {
        if (!holds(address, block)) return "content of a block of " + std::to_string(block.bytes);
      }
    }
    return "";
  }

  std::size_t memory_bytes() const { return memory_.end - memory_.begin; }
  tidemark_heap_stats stats() const { return HeapWalk(heap_).stats(); }

 private:
  static constexpr std::size_t kBytes = std::size_t{64} << 20;

  static void wipe(Address from, Address to) {
    if (from < to) std::memset(reinterpret_cast<void*>(from), 0, to - from);
  }

  std::map<Address, Block>::iterator any(Random& random) {
    const auto at = blocks_.lower_bound(memory_.begin + random.below(memory_.end - memory_.begin));
    return at == blocks_.end() ? blocks_.begin() : at;
  }

  static bool holds(Address address, const Block& block) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(address);
    for (std::size_t i = 0; i < block.bytes; ++i) {
      if (bytes[i] != block.content) return false;
    }
    return true;
  }

  void* buffer_;
  Memory memory_;
  Heap<CutPages, TestObserver> heap_;
  std::map<Address, Block> blocks_;
  std::map<Address, Block> strangers_;
  Grain tidied_ = kNoGrain;
};

TEST(ShrinkModel, KeepsEveryByteThroughRandomRounds) {
  for (const std::uint64_t seed : test_seeds(6)) {
    Random random(seed);
    ShrinkModel model;
    model.shrink();  // of a heap that has nothing yet
    for (int round = 0; round < 25; ++round) {
      const std::size_t steps = random.below(2000);
      for (std::size_t step = 0; step < steps; ++step) {
        if (random.one_in(3)) {
          model.free(random);
        } else {
          model.allocate(random);
        }
        if (HasFatalFailure()) FAIL() << "seed " << seed << ", round " << round;
      }
      if (random.one_in(8)) model.take_by_stranger();
      if (random.one_in(2)) model.thin(random, 1 + random.below(100));
      ASSERT_EQ(model.failure(), "") << "before a shrink, seed " << seed << ", round " << round;
      model.shrink();
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", round " << round;
      ASSERT_EQ(model.failure(), "") << "after a shrink, seed " << seed << ", round " << round;
    }
  }
}

// Tidying between any two steps, of which some are refused memory; so is what the shrink at the end of each round asks for.
TEST(ShrinkModel, KeepsEveryByteWhereGrowthIsRefused) {
  for (const std::uint64_t seed : test_seeds(6)) {
    Random random(seed);
    ShrinkModel model;
    for (int round = 0; round < 60; ++round) {
      SCOPED_TRACE(::testing::Message() << "TIDEMARK_TEST_SEED=" << seed << ", round " << round);
      for (std::size_t step = random.below(600); step > 0; --step) {
        model.refuse_growth(random.one_in(3));
        switch (random.below(16)) {
          case 0:
            model.tidy(random);
            break;
          case 1:
          case 2:
            model.reallocate(random);
            break;
          case 3:
          case 4:
          case 5:
          case 6:
            model.free(random);
            break;
          default:
            model.allocate(random);
        }
        if (HasFatalFailure()) return;
      }
      if (random.one_in(3)) model.thin(random, 1 + random.below(30));
      model.refuse_growth(random.one_in(2));
      model.shrink();
      if (HasFatalFailure()) return;
      ASSERT_EQ(model.failure(), "");
    }
  }
}

// Nothing of the heap's own, which it could move, may hold memory: not the map, nor descriptors.
TEST(ShrinkModel, AnEmptyHeapNeedsOnePage) {
  Random random(1);
  ShrinkModel model;
  for (int i = 0; i < 20'000; ++i) model.allocate(random);
  ASSERT_GT(model.memory_bytes(), std::size_t{20} << 20);
  model.thin(random, ~std::size_t{0});
  model.shrink();
  EXPECT_EQ(model.failure(), "");
  EXPECT_EQ(model.memory_bytes(), kPageBytes);
  EXPECT_LE(model.stats().metadata_bytes, std::size_t{1024});
}

// The map has an entry for each grain of a block, and all but the first of them are zero.
TEST(ShrinkModel, ZeroesAreNotCopiedNorThoseOfTheMap) {
  constexpr std::size_t kBlock = std::size_t{32} << 20;
  Arena arena(2 * kBlock);
  TestHeap heap{ArenaSource(arena)};
  ASSERT_NE(heap.allocate_zeroed(kBlock), nullptr);
  ASSERT_NE(heap.allocate_zeroed(kBlock / 2), nullptr);
  const HeapShrink shrink(heap);
  HeapShrink<ArenaSource, TestObserver>::Cursor cursor;
  std::size_t bytes = 0;
  EXPECT_TRUE(shrink.for_each_live_range(cursor, [&](Address from, Address to) {
    bytes += to - from;
    return true;
  }));
  EXPECT_LE(bytes, 4 * kCopyBytes) << "the first entries of the map, the two of the blocks, and the map's own";
  EXPECT_EQ(shrink.expected_bytes([](Address) { return false; }), bytes);
}

// The descriptor of a slab that lies low may stand high, behind all that has been freed.
TEST(ShrinkModel, ADescriptorDoesNotHoldTheTopUp) {
  constexpr std::size_t kHole = std::size_t{2} << 20;
  Arena arena(std::size_t{8} << 20);
  TestHeap heap{ArenaSource(arena)};
  void* const hole = heap.allocate(kHole);
  std::vector<void*> above;
  for (int i = 0; i < 20'000; ++i) above.push_back(heap.allocate(64));
  heap.free(hole);
  heap.trim();
  void* const block = heap.allocate(200);
  ASSERT_LT(address_of(block), address_of(hole) + kHole);
  ASSERT_GT(reinterpret_cast<Address>(run_around(heap, address_of(block)).slab), address_of(hole) + kHole);
  for (void* const each : above) heap.free(each);

  HeapShrink shrink(heap);
  shrink.settle();
  EXPECT_STREQ(HeapWalk(heap).check(), nullptr);
  EXPECT_EQ(shrink.lowest_end(), arena.begin() + kPageBytes);
  EXPECT_LE(stats_of(heap).metadata_bytes, std::size_t{4096});
  heap.free(block);
  EXPECT_EQ(stats_of(heap).live_blocks, 0u);
}

}  // namespace
}  // namespace tidemark::testing
