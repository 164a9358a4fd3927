// Random programs on a cache's table, against a list in the order of use; blocks that move, allocations that are refused.
#include <gtest/gtest.h>

#include <list>
#include <string>

#include "structures/cache.h"
#include "support/faulty_blocks.h"
#include "support/random.h"

namespace tidemark {
namespace {

struct Item {
  std::int32_t key;
  std::int32_t value;
  Tick expires;
  std::uint32_t size;
};

class CacheModel : public ::testing::TestWithParam<bool> {};

TEST_P(CacheModel, DoesWhatTheListDoes) {
  const bool with_sizes = GetParam();
  for (const std::uint64_t seed : testing::test_seeds(4)) {
    SCOPED_TRACE("TIDEMARK_TEST_SEED=" + std::to_string(seed));
    testing::Random random(seed);
    testing::FaultyBlocks blocks;
    {
      Cache cache(blocks, with_sizes);
      std::list<Item> model;  // the oldest first
      const std::size_t most = random.between(1, 6000);
      for (std::size_t step = 0; step < testing::test_steps(20'000); ++step) {
        const auto key = static_cast<std::int32_t>(random.below(2 * most));
        auto known = model.begin();
        while (known != model.end() && known->key != key && model.size() < 50) ++known;
        if (model.size() >= 50) {
          // A look-up in the list is slow: the cache is asked, and its answer compared.
          known = model.end();
          const Entry entry = cache.find(Operand::of(key));
          if (entry != kNoEntry) {
            for (known = model.begin(); known->key != key; ++known) ASSERT_NE(std::next(known), model.end());
          }
        }
        ASSERT_EQ(cache.find(Operand::of(key)) != kNoEntry, known != model.end());
        if (random.one_in(60)) blocks.move_all();
        if (random.one_in(8)) blocks.refuse_after(random.below(3));
        const auto tick = static_cast<Tick>(random.below(1000));
        switch (random.below(8)) {
          case 0:
            if (known != model.end()) {
              cache.erase(cache.find(Operand::of(key)));
              model.erase(known);
            }
            break;
          case 1:
          case 2:
            if (known != model.end()) {
              const Entry entry = cache.find(Operand::of(key));
              ASSERT_EQ(cache.is_expired(entry, tick), known->expires != kNever && known->expires <= tick);
              ASSERT_EQ(cache.size_of(entry), with_sizes ? known->size : 1);
              cache.touch(entry);
              model.splice(model.end(), model, known);
            }
            break;
          default: {
            const Item item{key, static_cast<std::int32_t>(step), tick, static_cast<std::uint32_t>(random.below(100))};
            const Table::Put put = cache.put(Operand::of(key), Operand::of(item.value), item.expires, item.size);
            if (put == Table::Put::kRefused) break;
            ASSERT_EQ(put == Table::Put::kAdded, known == model.end());
            if (known != model.end()) model.erase(known);
            model.push_back(item);
          }
        }
        blocks.stop_refusing();
        while (model.size() > most) {
          ASSERT_EQ(cache.table().key(cache.oldest()), box_of(model.front().key));
          cache.erase(cache.oldest());
          model.pop_front();
        }
        if (random.one_in(15'000)) {
          cache.clear();
          model.clear();
        }
        if (step % 2000 == 0) {
          ASSERT_EQ(cache.check(), nullptr);
          Entry entry = cache.oldest();
          for (const Item& item : model) {
            ASSERT_EQ(cache.table().key(entry), box_of(item.key));
            ASSERT_EQ(cache.table().value(entry), box_of(item.value));
            ASSERT_EQ(cache.expires(entry), item.expires);
            entry = cache.newer(entry);
          }
          ASSERT_EQ(entry, kNoEntry);
        }
      }
      EXPECT_EQ(cache.held_bytes(), blocks.bytes());
      blocks.move_all();
    }
    EXPECT_EQ(blocks.count(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, CacheModel, ::testing::Bool());

}  // namespace
}  // namespace tidemark
