// The C++ classes of tidemark/structures/, against their standard counterparts.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tidemark/structures/compact_array.h"
#include "tidemark/structures/compact_map.h"
#include "tidemark/structures/compact_set.h"
#include "tidemark/structures/memory_efficient_cache.h"

namespace tidemark {
namespace {

struct Point {
  double x, y;
  bool operator==(const Point&) const = default;
};

TEST(CompactMapTest, HoldsNumbersStringsAndRecords) {
  CompactMap<int, double> numbers;
  EXPECT_TRUE(numbers.set(-1, 0.5));
  EXPECT_TRUE(numbers.set(-1, -0.0));
  ASSERT_TRUE(numbers.get(-1).has_value());
  EXPECT_TRUE(std::signbit(*numbers.get(-1)));
  EXPECT_FALSE(numbers.get(1).has_value());

  CompactMap<std::string, std::string> strings;
  const std::string with_zero("a\0b", 3);
  EXPECT_TRUE(strings.set(with_zero, std::string(100'000, 'x')));
  EXPECT_TRUE(strings.set("", ""));
  EXPECT_EQ(strings.get(with_zero), std::string(100'000, 'x'));
  EXPECT_EQ(strings.get(""), "");
  EXPECT_FALSE(strings.contains("a"));

  CompactMap<std::uint64_t, Point> records;
  EXPECT_TRUE(records.set(~std::uint64_t{0}, {1, 2}));
  EXPECT_TRUE(records.set(~std::uint64_t{0} - 1, {3, 4}));
  EXPECT_EQ(records.get(~std::uint64_t{0}), (Point{1, 2}));
  EXPECT_EQ(records.size(), 2u);

  CompactMap<double, bool> doubles;
  EXPECT_TRUE(doubles.set(std::numeric_limits<double>::quiet_NaN(), true));
  EXPECT_TRUE(doubles.contains(-std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(doubles.set(-0.0, true));
  EXPECT_EQ(doubles.get(0), true);
}

TEST(CompactMapTest, DoesWhatMapDoesThroughCompaction) {
  std::mt19937 random(20261123);
  CompactMap<std::string, int> ours;
  std::map<std::string, int> model;
  for (int step = 0; step < 60'000; ++step) {
    const std::string key = "key" + std::to_string(random() % 3000);
    switch (random() % 4) {
      case 0:
      case 1:
        ASSERT_TRUE(ours.set(key, step));
        model[key] = step;
        break;
      case 2:
        ASSERT_EQ(ours.erase(key), model.erase(key) == 1);
        break;
      default: {
        const auto found = model.find(key);
        ASSERT_EQ(ours.get(key), found == model.end() ? std::nullopt : std::optional<int>(found->second));
      }
    }
    if (step % 500 == 0) tidemark_movable_compact(random() % 2 == 0 ? 10 : TIDEMARK_COMPACT_FULLY);
    if (step % 7000 == 0) ours.compact();
    ASSERT_EQ(ours.size(), model.size());
  }
  std::map<std::string, int> seen;
  ours.for_each([&](const std::string& key, int value) { seen[key] = value; });
  EXPECT_EQ(seen, model);
  ours.clear();
  EXPECT_EQ(ours.size(), 0u);
}

TEST(CompactMapTest, IsVisitedInTheOrderOfInsertionWhileItChanges) {
  CompactMap<int, int> map;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(map.set(9 - i, i));
  std::vector<int> keys;
  map.for_each([&](int key, int) {
    keys.push_back(key);
    if (key == 9) map.erase(8);
    if (key != 7) return;
    EXPECT_TRUE(map.set(100, 0));
  });
  EXPECT_EQ(keys, (std::vector<int>{9, 7, 6, 5, 4, 3, 2, 1, 0, 100}));
}

TEST(CompactMapTest, CanBeMoved) {
  CompactMap<int, int> from;
  ASSERT_TRUE(from.set(1, 2));
  CompactMap<int, int> to = std::move(from);
  EXPECT_EQ(to.get(1), 2);
  CompactMap<int, int> other;
  ASSERT_TRUE(other.set(3, 4));
  to = std::move(other);
  EXPECT_EQ(to.get(3), 4);
  EXPECT_FALSE(to.contains(1));
}

TEST(CompactSetTest, TakesAtMostEightBytesOfScatteredIntegers) {
  CompactSet<std::uint32_t> set;
  constexpr std::uint32_t kCount = 200'000;
  for (std::uint32_t i = 0; i < kCount; ++i) ASSERT_TRUE(set.add((i * 0x9e3779b1u) >> 1));
  EXPECT_EQ(set.size(), kCount);
  EXPECT_LT(set.memory_usage(), 8u * kCount);
  EXPECT_TRUE(set.contains((7 * 0x9e3779b1u) >> 1));
  EXPECT_TRUE(set.erase((7 * 0x9e3779b1u) >> 1));
  EXPECT_FALSE(set.erase((7 * 0x9e3779b1u) >> 1));
  std::size_t count = 0;
  set.for_each([&](std::uint32_t) { ++count; });
  EXPECT_EQ(count, kCount - 1);
}

TEST(CompactArrayTest, DoesWhatVectorDoesThroughCompaction) {
  std::mt19937 random(5);
  CompactArray<Point> ours;
  std::vector<Point> model;
  CompactArray<std::uint8_t> bytes;  // another block, for compaction to move
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<double>(step);
    if (random() % 3 != 0 || model.empty()) {
      ASSERT_TRUE(ours.push_back({number, -number}));
      model.push_back({number, -number});
    } else if (random() % 4 == 0) {
      ASSERT_EQ(ours.pop_back(), model.back());
      model.pop_back();
    } else {
      const std::size_t at = random() % model.size();
      ours.set(at, {0, number});
      model[at] = {0, number};
      ASSERT_EQ(ours[at], model[at]);
    }
    ASSERT_TRUE(bytes.resize(random() % 5000));
    if (step % 100 == 0) tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
    if (step % 3000 == 0) ours.compact();
  }
  ASSERT_EQ(ours.size(), model.size());
  EXPECT_TRUE(std::equal(model.begin(), model.end(), ours.view().begin()));
  EXPECT_LE(ours.capacity(), ours.size() + ours.size() / 16 + 8);
  ASSERT_TRUE(ours.resize(model.size() + 2));
  EXPECT_EQ(ours[model.size() + 1], (Point{0, 0}));
  ours.compact();
  EXPECT_EQ(ours.capacity(), ours.size());
  ours.clear();
  ours.compact();
  EXPECT_EQ(ours.memory_usage(), 0u);
  ASSERT_TRUE(ours.push_back({1, 2}));
  EXPECT_EQ(ours[0], (Point{1, 2}));
}

TEST(CompactArrayTest, AnElementOfItsOwnCanBePushed) {
  CompactArray<int> array, behind;  // so that neither can grow where it is
  ASSERT_TRUE(array.push_back(7));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(array.push_back(array.view()[0]));
    ASSERT_TRUE(behind.push_back(i));
    ASSERT_EQ(array[array.size() - 1], 7) << i;
  }
}

TEST(CompactArrayTest, NewElementsAreZeroWhateverWasThere) {
  CompactArray<int> array;
  for (const std::size_t size : {8u, 9u, 100u, 107u}) {
    array.clear();
    for (std::size_t i = 0; i < size; ++i) ASSERT_TRUE(array.push_back(-1));
    ASSERT_TRUE(array.resize(3));
    ASSERT_TRUE(array.resize(array.capacity()));
    EXPECT_GE(array.size(), size);
    for (std::size_t i = 0; i < array.size(); ++i) EXPECT_EQ(array[i], i < 3 ? -1 : 0) << i;
    ASSERT_TRUE(array.resize(array.capacity() + 1));
    EXPECT_GE(array.capacity(), array.size());
  }
}

TEST(CompactArrayTest, RefusesWhatNoMemoryCouldHold) {
  CompactArray<Point> array;
  ASSERT_TRUE(array.push_back({1, 2}));
  EXPECT_FALSE(array.reserve(PTRDIFF_MAX));
  EXPECT_FALSE(array.reserve(SIZE_MAX / sizeof(Point) + 2)) << "so many that their bytes are few";
  EXPECT_EQ(array.size(), 1u);
  EXPECT_EQ(array[0], (Point{1, 2}));
}

std::uint64_t fake_ms = 0;

TEST(MemoryEfficientCacheTest, TheOldestGoesFirstAndNothingOutlivesItsTime) {
  fake_ms = 5'000'000'000'000;
  MemoryEfficientCache<std::string, int> cache(3, 100, [] { return fake_ms; });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(cache.set(std::to_string(i), i));
  EXPECT_EQ(cache.get("0"), 0);
  ASSERT_TRUE(cache.set("3", 3));
  EXPECT_FALSE(cache.get("1").has_value());
  EXPECT_EQ(cache.size(), 3u);
  fake_ms += 99;
  EXPECT_EQ(cache.get("0"), 0);
  fake_ms += 1;
  EXPECT_FALSE(cache.get("0").has_value());
  EXPECT_EQ(cache.stats().hits, 2u);
  EXPECT_EQ(cache.stats().misses, 2u);
  EXPECT_EQ(cache.stats().evictions, 1u);
  EXPECT_EQ(cache.stats().expirations, 1u);
  EXPECT_TRUE(cache.erase("2"));
  EXPECT_EQ(cache.size(), 1u);
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
}

// Times are counted in 32 bits.
TEST(MemoryEfficientCacheTest, After49DaysEntriesWithATimeExpireAtOnce) {
  constexpr std::uint64_t k49Days = std::uint64_t{1} << 32;
  fake_ms = 7;
  MemoryEfficientCache<int, int> cache(10, 100'000, [] { return fake_ms; });
  ASSERT_TRUE(cache.set(1, 1));
  fake_ms += k49Days - 50'000;
  EXPECT_FALSE(cache.get(1).has_value());
  ASSERT_TRUE(cache.set(2, 2));
  fake_ms += 10'000;
  EXPECT_EQ(cache.get(2), 2);
  ASSERT_TRUE(cache.set(3, 3));
  for (int i = 0; i < 3; ++i) {
    fake_ms += k49Days;
    EXPECT_FALSE(cache.get(3).has_value());
    ASSERT_TRUE(cache.set(3, 3));
  }
  EXPECT_FALSE(cache.get(2).has_value());
}

TEST(MemoryEfficientCacheTest, WithoutATimeEntriesStay) {
  MemoryEfficientCache<int, int> cache(100);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(cache.set(i, i));
  EXPECT_EQ(cache.size(), 100u);
  for (int i = 900; i < 1000; ++i) EXPECT_EQ(cache.get(i), i);
  EXPECT_LT(cache.memory_usage(), 100u * 64 + 4096);
}

}  // namespace
}  // namespace tidemark
