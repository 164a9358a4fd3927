// ObjectPool: Boost.Pool over a heap that counts.
#include "tidemark/object_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tidemark {
namespace {

/// Blocks that the pool holds; refuses where that is asked for.
struct CountingHeap {
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  static inline std::map<char*, std::size_t> blocks;
  static inline bool is_exhausted = false;
  static char* malloc(std::size_t n_bytes) {
    if (is_exhausted) return nullptr;
    char* const block = HeapUserAllocator::malloc(n_bytes);
    blocks[block] = n_bytes;
    return block;
  }
  static void free(char* block) {
    ASSERT_EQ(blocks.erase(block), 1u);
    HeapUserAllocator::free(block);
  }
};

struct Counted {
  static inline int live = 0;
  explicit Counted(int given) : value(given) { ++live; }
  ~Counted() { --live; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int value;
};

using Pool = ObjectPool<Counted, CountingHeap>;

TEST(ObjectPool, MakesAndUnmakesObjectsInPlace) {
  {
    Pool pool;
    Counted* const one = pool.acquire(1);
    Counted* const two = pool.acquire(2);
    EXPECT_EQ(one->value, 1);
    EXPECT_EQ(Counted::live, 2);
    EXPECT_TRUE(pool.release(one));
    EXPECT_EQ(Counted::live, 1);
    Counted* const three = pool.acquire(3);
    EXPECT_EQ(three, one);
    EXPECT_EQ(two->value, 2);
    EXPECT_TRUE(pool.release(two));
    EXPECT_TRUE(pool.release(three));
    EXPECT_TRUE(pool.release(pool.acquire(4)));
    EXPECT_EQ(pool.stats().peak_in_use, 2u);
    EXPECT_EQ(pool.stats().acquired, 4u);
  }
  EXPECT_TRUE(CountingHeap::blocks.empty());
}

TEST(ObjectPool, RefusesWhatIsReleasedTwiceOrIsNotOfThePool) {
  Pool pool, other;
  Counted* const one = pool.acquire(1);
  Counted* const foreign = other.acquire(2);
  Counted outside(3);
  EXPECT_FALSE(pool.release(foreign));
  EXPECT_FALSE(pool.release(&outside));
  EXPECT_FALSE(pool.release(nullptr));
  EXPECT_TRUE(pool.release(one));
  EXPECT_FALSE(pool.release(one));
  EXPECT_EQ(pool.stats().refused, 4u);
  EXPECT_EQ(pool.stats().in_use, 0u);
  EXPECT_EQ(foreign->value, 2);
  EXPECT_TRUE(other.release(foreign));
}

TEST(ObjectPool, ObjectsSmallerThanAWordAreMarkedToo) {
  ObjectPool<char> pool;
  char* const one = pool.acquire('a');
  char* const two = pool.acquire('b');
  EXPECT_TRUE(pool.release(one));
  EXPECT_FALSE(pool.release(one));
  EXPECT_EQ(*two, 'b');
  EXPECT_TRUE(pool.release(two));
}

TEST(ObjectPool, RefusesWhatLiesWithinAnObject) {
  struct Words {
    std::uint64_t words[4];
  };
  ObjectPool<Words, CountingHeap> pool;
  Words* const one = pool.acquire(Words{{1, 2, 3, 4}});
  Words* const two = pool.acquire(Words{{5, 6, 7, 8}});
  for (std::size_t word = 1; word < 4; ++word)
    EXPECT_FALSE(pool.release(reinterpret_cast<Words*>(&one->words[word]))) << word;
  EXPECT_EQ(pool.stats().in_use, 2u);
  EXPECT_TRUE(pool.release(one));
  EXPECT_TRUE(pool.release(two));
}

// Whatever the order is in which objects were released.
TEST(ObjectPool, TrimLeavesTheBlocksOfWhatIsInUse) {
  Pool pool(4, 4);
  std::vector<Counted*> objects;
  for (int i = 0; i < 200; ++i) objects.push_back(pool.acquire(i));
  EXPECT_FALSE(pool.trim());
  ASSERT_EQ(CountingHeap::blocks.size(), 50u);
  for (std::size_t i = 0; i < 200; ++i) {
    if (i != 0) {
      ASSERT_TRUE(pool.release(objects[i * 77 % 200]));
    }
  }
  EXPECT_TRUE(pool.trim());
  EXPECT_EQ(CountingHeap::blocks.size(), 1u);
  EXPECT_EQ(objects[0]->value, 0);
  EXPECT_TRUE(pool.release(objects[0]));
  EXPECT_TRUE(pool.trim());
  EXPECT_TRUE(CountingHeap::blocks.empty());
}

TEST(ObjectPool, ExhaustionIsNull) {
  Pool pool(1, 1);
  Counted* const one = pool.acquire(1);
  CountingHeap::is_exhausted = true;
  EXPECT_EQ(pool.acquire(2), nullptr);
  CountingHeap::is_exhausted = false;
  EXPECT_EQ(pool.stats().in_use, 1u);
  EXPECT_TRUE(pool.release(one));
}

TEST(ObjectPool, AUniqueObjectReleasesItself) {
  Pool pool;
  { const Pool::Unique one = pool.acquire_unique(5); }
  EXPECT_EQ(Counted::live, 0);
  EXPECT_EQ(pool.stats().in_use, 0u);
}

TEST(ObjectPool, RandomProgramsKeepEveryObjectThroughTrim) {
  std::mt19937 random(7);
  Pool pool(4, 64);
  std::vector<std::pair<Counted*, int>> live;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 2 == 0 || live.empty()) {
      live.emplace_back(pool.acquire(step), step);
    } else {
      const std::size_t at = random() % live.size();
      ASSERT_EQ(live[at].first->value, live[at].second);
      ASSERT_TRUE(pool.release(live[at].first));
      live[at] = live.back();
      live.pop_back();
    }
    if (step % 5000 == 4999) {
      while (live.size() > 20) {
        ASSERT_TRUE(pool.release(live.back().first));
        live.pop_back();
      }
      const std::size_t before = CountingHeap::blocks.size();
      pool.trim();
      EXPECT_LE(CountingHeap::blocks.size(), std::min<std::size_t>(before, live.size() + 1));
    }
    ASSERT_EQ(pool.stats().in_use, live.size());
  }
  for (const auto& [object, value] : live) {
    ASSERT_EQ(object->value, value);
    ASSERT_TRUE(pool.release(object));
  }
  EXPECT_TRUE(pool.trim());
  EXPECT_TRUE(CountingHeap::blocks.empty());
  EXPECT_EQ(Counted::live, 0);
  const Pool::Unique again = pool.acquire_unique(1);
  EXPECT_EQ(again->value, 1);
}

}  // namespace
}  // namespace tidemark
