// What segments of the index become where entries need wider slots, and where two that are written otherwise become one.
// The models come to few of these: here, each has the encodings that it is about.
#include "structures/index.h"

#include <gtest/gtest.h>

#include <map>

#include "support/faulty_blocks.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;

class IndexOfEntries : public ::testing::Test {
 protected:
  void TearDown() override {
    index_.clear();
    EXPECT_EQ(source_.count(), 0u);
  }

  /// A hash whose entry belongs to the first segment, or, where there are two, to the second.
  static Hash hash_in(unsigned segment, std::uint64_t i) {
    return (hash_word(i) & ~(Hash{3} << 24)) | Hash{segment} << 24;
  }
  const IndexSegment& segment(unsigned which) const { return index_.segment_for(Hash{which} << 24); }

  bool insert(Entry entry, Hash hash, bool coarse) {
    if (!index_.reserve(hash, entry, coarse)) return false;
    hashes_[entry] = hash;
    index_.insert(hash, entry);
    return true;
  }
  void erase(Entry entry) {
    index_.erase(hashes_.at(entry), entry);
    hashes_.erase(entry);
  }
  void adapt(Entry greatest, bool coarse) {
    const auto each = [this](Entry first, unsigned count, Hash mask, Hash bits, auto&& f) {
      for (Entry entry = first; entry < first + count; ++entry) {
        const auto known = hashes_.find(entry);
        if (known != hashes_.end() && (count == 1 || (known->second & mask) == bits)) f(entry, known->second);
      }
    };
    // There are no keys to read.
    index_.adapt(greatest, coarse, each,
                 [this](Entry, unsigned, const std::uint8_t** to) { to[0] = to[1] = &nothing_; });
  }
  /// Two segments of 200 entries each, numbered from `first`, in turns, all by themselves.
  void make_two(Entry first) {
    const Entry end = first + 400;
    for (Entry entry = first; entry < end; ++entry) ASSERT_TRUE(insert(entry, hash_in(entry % 2, entry), false));
    adapt(end - 1, false);
    ASSERT_NE(&segment(0), &segment(1));
  }
  /// All but the first 250 entries go, and the two segments become one.
  void join() {
    while (hashes_.size() > 250) erase(hashes_.rbegin()->first);
    adapt(hashes_.rbegin()->first, false);
    ASSERT_EQ(&segment(0), &segment(1));
  }
  /// An entry is found only by a slot that has its mark.
  void expect_all_there() const {
    EXPECT_EQ(index_.check(), nullptr);
    EXPECT_EQ(index_.count(), hashes_.size());
    for (const auto& [entry, hash] : hashes_) {
      unsigned times = 0;
      index_.find(hash, [&, wanted = entry](Entry first, unsigned count) {
        times += first <= wanted && wanted - first < count;
        return false;
      });
      EXPECT_GE(times, 1u) << entry;
    }
  }

  const std::uint8_t nothing_ = 0;
  FaultyBlocks source_;
  Blocks blocks_{source_};
  std::map<Entry, Hash> hashes_;
  Index index_{blocks_, {this, [](const void* self, Entry entry) {
                           return static_cast<const IndexOfEntries*>(self)->hashes_.at(entry);
                         }}};
};

TEST_F(IndexOfEntries, ByThemselvesGetWiderSlotsWithMarksOfTheirOwn) {
  for (Entry entry = 0; entry < 40; ++entry) ASSERT_TRUE(insert(entry, hash_in(0, entry), false));
  EXPECT_EQ(segment(0).encoding, (SlotEncoding{2, 0, 8}));
  for (const auto& [entry, encoding] : std::map<Entry, SlotEncoding>{{0x100, {2, 0, 7}},
                                                                     {0x1'0000, {3, 0, 6}},
                                                                     {0x2'0000, {3, 0, 6}},
                                                                     {0x80'0000, {3, 0, 0}},
                                                                     {0x100'0000, {4, 0, 6}},
                                                                     {0x8000'0000, {4, 0, 0}}}) {
    ASSERT_TRUE(insert(entry, hash_in(0, entry), false));
    if (entry != 0x100) {  // fits as it is
      EXPECT_EQ(segment(0).encoding, encoding) << entry;
    }
    expect_all_there();
  }
  // What grows goes on being written as it is.
  for (Entry entry = 40; entry < 100; ++entry) ASSERT_TRUE(insert(entry, hash_in(0, entry), false));
  EXPECT_EQ(segment(0).encoding, (SlotEncoding{4, 0, 0}));
  expect_all_there();
}

TEST_F(IndexOfEntries, WhereSlotsStandForSeveralWiderOnesGoOnDoingSoAndMarksGetNoLonger) {
  struct Case {
    Entry first, wider;
    SlotEncoding before, after;
  };
  for (const auto& [first, wider, before, after] : {
           Case{40'000, 0x10'0005, {2, 4, 3}, {3, 4, 3}},
           Case{40'000, 0x2'0000, {2, 4, 3}, {2, 4, 2}},  // no wider than the old one, whose mark was longer
           Case{0xf'ffff, 0x10'0000, {2, 4, 0}, {3, 4, 0}},
           Case{9'000, 0x1000'0000, {2, 2, 3}, {4, 2, 3}},  // 16 for one are too few, even of 3 bytes
           Case{9'000, 0xfff'ffff, {2, 2, 3}, {3, 4, 0}},
       }) {
    index_.clear();
    hashes_.clear();
    ASSERT_TRUE(insert(first, hash_in(0, first), true));
    for (Entry entry = 0; entry < 40; ++entry) ASSERT_TRUE(insert(entry, hash_in(0, entry), true));
    EXPECT_EQ(segment(0).encoding, before);
    ASSERT_TRUE(insert(wider, hash_in(0, wider), false));
    EXPECT_EQ(segment(0).encoding, after) << wider;
    expect_all_there();
  }
}

TEST_F(IndexOfEntries, OfTwoThatBecomeOneTheWiderSlotAndTheShorterMarkStay) {
  for (const unsigned wide : {0u, 1u}) {
    index_.clear();
    hashes_.clear();
    make_two(0);
    ASSERT_EQ(segment(1 - wide).encoding, (SlotEncoding{2, 0, 6}));
    ASSERT_TRUE(insert(70'000, hash_in(wide, 70'000), false));
    ASSERT_EQ(segment(wide).encoding, (SlotEncoding{3, 0, 6}));
    ASSERT_TRUE(insert(200'000, hash_in(wide, 200'000), false));
    ASSERT_TRUE(insert(300'000, hash_in(wide, 300'000), false));
    ASSERT_EQ(segment(wide).encoding, (SlotEncoding{3, 0, 4}));
    join();
    EXPECT_EQ(segment(0).encoding, (SlotEncoding{3, 0, 4})) << wide;
    expect_all_there();
  }
}

TEST_F(IndexOfEntries, OfTwoThatBecomeOneTheMarkIsNoLongerThanEither) {
  for (const unsigned wide : {0u, 1u}) {
    index_.clear();
    hashes_.clear();
    make_two(4200);
    ASSERT_EQ(segment(1 - wide).encoding, (SlotEncoding{2, 0, 2}));
    ASSERT_TRUE(insert(0x1'0000, hash_in(wide, 0x1'0000), false));
    ASSERT_EQ(segment(wide).encoding, (SlotEncoding{3, 0, 6}));
    join();
    EXPECT_EQ(segment(0).encoding, (SlotEncoding{3, 0, 2})) << wide;
    expect_all_there();
  }
}

TEST_F(IndexOfEntries, OfTwoThatBecomeOneTheSlotForSeveralStays) {
  for (const unsigned coarse : {0u, 1u}) {
    index_.clear();
    hashes_.clear();
    make_two(0);
    ASSERT_TRUE(insert(70'000, hash_in(coarse, 70'000), true));
    ASSERT_EQ(segment(coarse).encoding, (SlotEncoding{2, 4, 2}));
    ASSERT_EQ(segment(1 - coarse).encoding, (SlotEncoding{2, 0, 6}));
    join();
    EXPECT_EQ(segment(0).encoding, (SlotEncoding{2, 4, 2})) << coarse;
    expect_all_there();
    // And each can be erased, of several that stand in one slot.
    while (!hashes_.empty()) {
      erase(hashes_.begin()->first);
      expect_all_there();
    }
  }
}

}  // namespace
}  // namespace tidemark
