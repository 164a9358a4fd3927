// A segment of the index against a list for each home: slots come and go, groups take each other's room, and all slots move to
// a segment with other room. The block ends where its room does.
#include "structures/index_segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/random.h"

namespace tidemark {
namespace {

using testing::Random;

class SegmentModel {
 public:
  SegmentModel(unsigned capacity, SlotEncoding encoding) { make(capacity, encoding); }

  const IndexSegment& segment() const { return segment_; }
  bool has_room(unsigned home) const { return segment_.count < segment_.capacity && !segment_.is_full(home); }

  void insert(Hash hash, Entry entry) {
    const unsigned home = IndexSegment::home_of(hash);
    segment_.insert(home, entry, hash);
    homes_[home].push_back({entry, hash});
  }
  void erase(unsigned home, std::size_t which) {
    auto& slots = homes_[home];
    segment_.erase(home, segment_.find_slot(slots[which].second, slots[which].first));
    slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(which));
  }
  /// To a segment with room for so many.
  void move_to(unsigned capacity) {
    const IndexSegment old = segment_;
    const auto old_bytes = std::move(bytes_);
    make(capacity, old.encoding);
    old.copy_to(segment_);
  }
  const std::vector<std::pair<Entry, Hash>>& home(unsigned home) const { return homes_[home]; }

  /// Every home has the slots that it should have, and for_each_home() comes by all of them in their order.
  void expect_same() const {
    ASSERT_EQ(segment_.check(), nullptr);
    const SlotEncoding encoding = segment_.encoding;
    const auto slots_in = [&](IndexSegment::Run run) {
      std::vector<std::pair<Entry, std::uint32_t>> slots;
      for (unsigned i = 0; i < run.count; ++i)
        slots.push_back({encoding.read(run.begin + i * encoding.width), encoding.mark(run.begin + i * encoding.width)});
      std::sort(slots.begin(), slots.end());
      return slots;
    };
    std::vector<unsigned> seen, expected;
    segment_.for_each_home([&](unsigned home, IndexSegment::Run run) {
      seen.push_back(home);
      EXPECT_EQ(run.begin, segment_.run_of(home).begin);
      EXPECT_EQ(run.count, segment_.run_of(home).count);
    });
    for (unsigned home = 0; home < IndexSegment::kHomes; ++home) {
      if (!homes_[home].empty()) expected.push_back(home);
      std::vector<std::pair<Entry, std::uint32_t>> wanted;
      for (const auto& [entry, hash] : homes_[home])
        wanted.push_back(
            {entry >> encoding.shift << encoding.shift, static_cast<std::uint32_t>(hash) & encoding.mark_mask()});
      std::sort(wanted.begin(), wanted.end());
      ASSERT_EQ(slots_in(segment_.run_of(home)), wanted) << home;
      ASSERT_EQ(segment_.is_full(home), wanted.size() == IndexSegment::kMaxPerHome);
    }
    ASSERT_EQ(seen, expected);
  }

 private:
  void make(unsigned capacity, SlotEncoding encoding) {
    segment_ = IndexSegment();
    segment_.capacity = static_cast<std::uint16_t>(capacity);
    segment_.encoding = encoding;
    segment_.marks = encoding.marks();
    const std::size_t n_bytes = IndexSegment::bytes_for(capacity, encoding.width);
    bytes_ = std::make_unique<std::uint8_t[]>(n_bytes);
    std::fill_n(bytes_.get(), n_bytes, std::uint8_t{0xa5});
    segment_.data.address = bytes_.get();
    segment_.data.n_bytes = static_cast<std::uint32_t>(n_bytes);
    SegmentWriter(segment_, 0).finish();
  }

  IndexSegment segment_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<std::pair<Entry, Hash>> homes_[IndexSegment::kHomes];
};

constexpr SlotEncoding kEncodings[] = {{2, 0, 8}, {2, 4, 3}, {3, 0, 6}, {3, 2, 0}, {4, 0, 0}, {4, 0, 8}};

/// A hash of one of so many homes from the first on; where they are few, groups have to take the room of others.
Hash hash_in(Random& random, unsigned first, unsigned homes) {
  const Hash home = (first + random.below(homes)) % IndexSegment::kHomes;
  return home << IndexSegment::kHomeBit | random.next() >> 8;
}

TEST(IndexSegment, DoesWhatAListForEachHomeDoes) {
  for (const std::uint64_t seed : testing::test_seeds(3)) {
    SCOPED_TRACE("TIDEMARK_TEST_SEED=" + std::to_string(seed));
    Random random(seed);
    for (const SlotEncoding encoding : kEncodings) {
      SegmentModel model(static_cast<unsigned>(random.between(1, 400)), encoding);
      const auto entry_bits = std::min(encoding.number_bits() + encoding.shift, 31u);
      unsigned first = 0, homes = IndexSegment::kHomes, erases = 4;
      for (std::size_t step = 0; step < testing::test_steps(3000); ++step) {
        if (step % 150 == 0) {  // a few homes, of one end too, or all of them
          homes = random.one_in(3) ? IndexSegment::kHomes : static_cast<unsigned>(random.between(1, 40));
          first = random.one_in(2) ? 0 : static_cast<unsigned>(random.below(IndexSegment::kHomes));
          erases = static_cast<unsigned>(random.between(1, 9));
        }
        const Hash hash = hash_in(random, first, homes);
        const unsigned home = IndexSegment::home_of(hash);
        if (random.below(10) < erases) {
          if (!model.home(home).empty()) model.erase(home, random.below(model.home(home).size()));
        } else if (model.has_room(home)) {
          model.insert(hash, static_cast<Entry>(random.next() & ((std::uint64_t{1} << entry_bits) - 1)));
        } else if (random.one_in(20)) {
          model.move_to(model.segment().count + static_cast<unsigned>(random.one_in(3) ? 0 : random.below(60)));
        }
        if (step % 10 == 0) model.expect_same();
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(IndexSegment, EverySlotOfItsRoomIsUsedFromEitherEnd) {
  for (const SlotEncoding encoding : kEncodings) {
    for (const unsigned home : {0u, 100u, 255u}) {
      SegmentModel model(IndexSegment::kMaxPerHome * 3, encoding);
      // Three homes, of one group or of two.
      for (unsigned i = 0; model.segment().count < model.segment().capacity; ++i)
        model.insert(Hash{(home + i % 3) % IndexSegment::kHomes} << IndexSegment::kHomeBit | i, i);
      model.expect_same();
      if (HasFatalFailure()) return;
    }
  }
}

TEST(IndexSegment, CheckTellsWhatIsBroken) {
  const SlotEncoding encoding{3, 0, 6};
  SegmentModel model(40, encoding);
  for (unsigned i = 0; i < 30; ++i) model.insert(Hash{i * 8} << IndexSegment::kHomeBit, i);
  ASSERT_EQ(model.segment().check(), nullptr);
  const auto broken = [&](auto&& breaks) {
    IndexSegment segment = model.segment();
    breaks(segment);
    return std::string(segment.check() == nullptr ? "" : segment.check());
  };
  EXPECT_EQ(broken([](IndexSegment& segment) { ++segment.count; }), "G1: the count");
  EXPECT_EQ(broken([](IndexSegment& segment) { --segment.count; }), "G1: the count");
  EXPECT_EQ(broken([](IndexSegment& segment) { segment.capacity = 29; }), "G1: where a group ends");
  EXPECT_EQ(broken([](IndexSegment& segment) { --segment.data.n_bytes; }), "G2: the room");
  SegmentModel empty(40, encoding);
  IndexSegment segment = empty.segment();
  std::memset(segment.data.address, 0, segment.data.n_bytes);
  const std::uint16_t second = segment.offsets[1];
  for (const unsigned by : {1u, 2u}) {  // of the 3 bytes of a slot
    segment.offsets[1] = static_cast<std::uint16_t>(second - by);
    EXPECT_STREQ(segment.check(), "G1: where a group ends") << by;
  }
  segment.offsets[1] = static_cast<std::uint16_t>(segment.offsets[0] + IndexSegment::kCountsBytes - 3);  // in the first
  EXPECT_STREQ(segment.check(), "G1: where a group ends");
}

}  // namespace
}  // namespace tidemark
