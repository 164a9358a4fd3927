#include "structures/cache.h"

#include <gtest/gtest.h>

#include <list>
#include <unordered_map>
#include <vector>

#include "support/faulty_blocks.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;

Operand number(std::size_t i) { return Operand::of(static_cast<std::int32_t>(i)); }

/// Keys from the oldest on.
std::vector<std::size_t> keys_of(Cache& cache) {
  std::vector<std::size_t> keys;
  for (Entry entry = cache.oldest(); entry != kNoEntry; entry = cache.newer(entry)) {
    cache.table().refresh();
    keys.push_back(static_cast<std::size_t>(number_of(cache.table().key(entry))));
  }
  return keys;
}

using Keys = std::vector<std::size_t>;

TEST(Cache, AnEntryIsUsedUntilItsTimeHasCome) {
  FaultyBlocks blocks;
  Cache cache(blocks, false);
  for (const std::size_t key : {0u, 1u, 2u})
    ASSERT_EQ(cache.put(number(key), number(key), static_cast<Tick>(10 * key), 0), Table::Put::kAdded);
  const Entry never = cache.find(number(0)), at_10 = cache.find(number(1)), at_20 = cache.find(number(2));
  EXPECT_FALSE(cache.use(at_10, 10, 50));
  EXPECT_FALSE(cache.use(at_10, 11, 0));
  EXPECT_EQ(cache.expires(at_10), 10u);
  EXPECT_EQ(keys_of(cache), (Keys{0, 1, 2}));
  blocks.move_all();
  EXPECT_TRUE(cache.use(at_10, 9, kNever));
  EXPECT_EQ(cache.expires(at_10), 10u);
  EXPECT_EQ(keys_of(cache), (Keys{0, 2, 1}));
  EXPECT_TRUE(cache.use(never, ~Tick{0}, kNever));
  EXPECT_EQ(cache.expires(never), kNever);
  EXPECT_EQ(keys_of(cache), (Keys{2, 1, 0}));
  EXPECT_TRUE(cache.use(at_20, 19, 40));
  EXPECT_TRUE(cache.use(at_20, 39, 60)) << "it is the newest already";
  EXPECT_EQ(cache.expires(at_20), 60u);
  EXPECT_EQ(keys_of(cache), (Keys{1, 0, 2}));
  EXPECT_EQ(cache.check(), nullptr);
}

TEST(Cache, AValueThatIsReplacedHasANewTimeAndSize) {
  FaultyBlocks blocks;
  Cache cache(blocks, true);
  for (const std::size_t key : {0u, 1u}) ASSERT_EQ(cache.put(number(key), number(key), 5, 7), Table::Put::kAdded);
  ASSERT_EQ(cache.put(number(0), number(9), 6, 8), Table::Put::kReplaced);
  const Entry entry = cache.find(number(0));
  EXPECT_EQ(cache.expires(entry), 6u);
  EXPECT_EQ(cache.size_of(entry), 8u);
  EXPECT_EQ(keys_of(cache), (Keys{1, 0}));
}

// Neither one that was erased, nor one that was not there yet.
TEST(Cache, ARefusedPutUsesUpNoNumber) {
  for (const std::size_t erased : {0u, 1u, 3u}) {
    bool refused = true;
    for (std::size_t call = 0; refused; ++call) {
      SCOPED_TRACE(call);
      FaultyBlocks blocks;
      Cache cache(blocks, true);
      for (std::size_t key = 0; key < 8; ++key)
        ASSERT_EQ(cache.put(number(key), number(key), 0, 0), Table::Put::kAdded);
      for (std::size_t key = 0; key < erased; ++key) cache.erase(cache.find(number(key)));
      blocks.refuse_after(call);
      const Operand of_another_kind = Operand::of_value(0.5);
      refused = cache.put(number(8), of_another_kind, 0, 0) == Table::Put::kRefused;
      blocks.stop_refusing();
      ASSERT_TRUE(!refused || call < 20);
      ASSERT_TRUE(refused || call > 0);
      for (std::size_t key = 8; key < 12; ++key)
        ASSERT_NE(cache.put(number(key), number(key), 0, 0), Table::Put::kRefused);
      EXPECT_EQ(cache.table().segment(0).used, 12 - erased);
      EXPECT_EQ(cache.size(), 12 - erased);
      EXPECT_EQ(cache.check(), nullptr);
    }
  }
}

// More than a segment of the table has, and so several blocks of links, which all move.
class ManyEntries : public ::testing::TestWithParam<bool> {};

TEST_P(ManyEntries, AreInTheOrderOfUse) {
  constexpr std::size_t kEntries = 5 * EntrySegment::kPlaces;
  FaultyBlocks blocks;
  {
    Cache cache(blocks, GetParam());
    std::list<std::size_t> order;
    std::unordered_map<std::size_t, std::list<std::size_t>::iterator> where;
    for (std::size_t i = 0; i < 2 * kEntries; ++i) {
      const std::size_t key = i * 7919 % kEntries, other = i * 104'729 % kEntries;
      if (i % 1000 == 0) blocks.move_all();
      ASSERT_EQ(cache.put(number(key), number(i), static_cast<Tick>(key + 1), static_cast<std::uint32_t>(key)),
                where.count(key) == 0 ? Table::Put::kAdded : Table::Put::kReplaced);
      if (where.count(key) != 0) order.erase(where[key]);
      where[key] = order.insert(order.end(), key);
      if (where.count(other) == 0) continue;
      const Entry entry = cache.find(number(other));
      if (i % 5 == 0) {
        cache.erase(entry);
        order.erase(where[other]);
        where.erase(other);
      } else {
        cache.touch(entry);
        order.splice(order.end(), order, where[other]);
      }
    }
    ASSERT_EQ(cache.check(), nullptr);
    EXPECT_EQ(cache.held_bytes(), blocks.bytes());
    blocks.move_all();
    EXPECT_EQ(keys_of(cache), Keys(order.begin(), order.end()));
    for (const std::size_t key : order) {
      const Entry entry = cache.find(number(key));
      ASSERT_EQ(cache.expires(entry), key + 1);
      ASSERT_EQ(cache.size_of(entry), GetParam() ? key : 1);
    }
    std::vector<std::size_t> newest_first;
    for (Entry entry = cache.newest(); entry != kNoEntry; entry = cache.older(entry))
      newest_first.push_back(static_cast<std::size_t>(number_of(cache.table().key(entry))));
    EXPECT_EQ(newest_first, Keys(order.rbegin(), order.rend()));
    cache.clear();
    EXPECT_EQ(blocks.count(), 0u);
    EXPECT_EQ(cache.oldest(), kNoEntry);
    EXPECT_EQ(cache.newest(), kNoEntry);
    ASSERT_EQ(cache.put(number(1), number(1), 0, 0), Table::Put::kAdded);
    EXPECT_EQ(keys_of(cache), Keys{1});
    blocks.move_all();  // and then it is destroyed
  }
  EXPECT_EQ(blocks.count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ManyEntries, ::testing::Bool());

}  // namespace
}  // namespace tidemark
