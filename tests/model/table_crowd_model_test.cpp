// Random programs on a table of which many keys have hashes that lie in one place of the index, more than there is room for
// there, against maps: what goes into the index's overflow, and comes out of it, through splits, joins and renumbering.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "structures/table.h"
#include "support/faulty_blocks.h"
#include "support/random.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;
using testing::Random;

/// Integers whose hashes have one home, and one segment of as many as 256.
std::vector<std::int32_t> crowd() {
  std::vector<std::int32_t> keys;
  for (std::int32_t key = 0; keys.size() < 60; ++key) {
    const Hash hash = hash_of(key);
    if (hash >> IndexSegment::kHomeBit == 77 && (hash >> 24 & 255) == 12) keys.push_back(key);
  }
  return keys;
}

struct Shape {
  const char* name;
  std::size_t others;
  bool integer_values;  // else slots of the index never stand for several entries
  bool faults;
  std::size_t seeds;
};

constexpr Shape kShapes[] = {
    {"ByThemselves", 1, true, false, 1},
    {"AmongAFew", 700, true, true, 1},
    {"AmongMany", 20'000, true, false, 3},
    {"AmongManyRefused", 12'000, false, true, 1},
};

class TableCrowdModel : public ::testing::TestWithParam<Shape> {};

TEST_P(TableCrowdModel, DoesWhatTheMapDoes) {
  const Shape shape = GetParam();
  const std::vector<std::int32_t> crowded = crowd();
  for (const std::uint64_t seed : testing::test_seeds(shape.seeds)) {
    SCOPED_TRACE("TIDEMARK_TEST_SEED=" + std::to_string(seed));
    Random random(seed);
    FaultyBlocks blocks;
    {
      Table table(blocks, true);
      std::map<std::int32_t, std::pair<std::size_t, double>> model;  // number of its insertion, value
      std::map<std::size_t, std::int32_t> order;
      std::size_t erases = 0, in_a_row = 0;
      bool row_goes = false;
      const std::size_t steps = testing::test_steps(6000 + 5 * shape.others);
      for (std::size_t step = 0; step < steps; ++step) {
        if (step % (steps / 5) == 0) erases = step == 0 ? 1 : random.between(1, 14);
        if (random.one_in(500)) blocks.move_all();
        if (shape.faults && random.one_in(4)) blocks.refuse_after(random.below(4));
        // All of them come and go one after the other, too: one slot of the index may then stand for several of them.
        if (in_a_row == 0 && random.one_in(200)) {
          in_a_row = crowded.size();
          row_goes = !row_goes;
        }
        const bool goes = in_a_row != 0 ? row_goes : random.below(16) < erases;
        std::int32_t key = static_cast<std::int32_t>(random.below(shape.others)) * -7;
        if (in_a_row != 0) {
          key = crowded[--in_a_row];
        } else if (random.one_in(6)) {
          key = crowded[random.below(crowded.size())];
        }
        const auto known = model.find(key);
        if (goes) {
          ASSERT_EQ(table.erase(Operand::of(key)), known != model.end());
          if (known != model.end()) {
            order.erase(known->second.first);
            model.erase(known);
          }
        } else {
          const double value = static_cast<double>(step) + (shape.integer_values ? 0 : 0.5);
          const Table::Put put = table.put_integer(key, value);
          if (put == Table::Put::kRefused) {
            ASSERT_TRUE(shape.faults);
          } else if (known != model.end()) {
            ASSERT_EQ(put, Table::Put::kReplaced);
            known->second.second = value;
          } else {
            ASSERT_EQ(put, Table::Put::kAdded);
            model[key] = {step, value};
            order[step] = key;
          }
        }
        blocks.stop_refusing();
        const std::int32_t asked = crowded[step % crowded.size()];
        const auto found = model.find(asked);
        const double value = table.integer_value(asked);
        ASSERT_EQ(value == value, found != model.end());
        if (found != model.end()) {
          ASSERT_EQ(value, found->second.second);
        }
        if (random.one_in(3000)) {
          for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
        }
        if (step % (steps / 20) != 0) continue;
        ASSERT_EQ(table.check(), nullptr) << table.check();
        ASSERT_EQ(table.size(), model.size());
        Cursor cursor(table);
        for (const auto& [number, each] : order) {
          const Entry entry = cursor.take();
          ASSERT_NE(entry, kNoEntry);
          ASSERT_EQ(number_of(table.key(entry)), each);
          ASSERT_EQ(number_of(table.value(entry)), model[each].second);
        }
        ASSERT_EQ(cursor.take(), kNoEntry);
        Entry entries[Table::kSideBySide];
        table.find_many(crowded.data(), Table::kSideBySide, entries);
        for (unsigned i = 0; i < Table::kSideBySide; ++i)
          ASSERT_EQ(entries[i], table.find(Operand::of(crowded[i]))) << i;
      }
      // The index gets short again, and has the crowd still.
      for (const std::int32_t key : crowded) {
        ASSERT_NE(table.put_integer(key, key), Table::Put::kRefused);
        model[key] = {0, key};
      }
      std::size_t left = model.size();
      for (const auto& [key, each] : model) {
        if (each.first == 0) continue;
        ASSERT_TRUE(table.erase(Operand::of(key)));
        if (--left % 2000 == 0) {
          ASSERT_EQ(table.check(), nullptr) << table.check();
        }
      }
      ASSERT_EQ(table.check(), nullptr) << table.check();
      for (const std::int32_t key : crowded) ASSERT_EQ(table.integer_value(key), key);
      EXPECT_EQ(table.held_bytes(), blocks.bytes());
      for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
      EXPECT_LT(blocks.bytes(), 2u * 1024) << "60 entries, and one or two segments of the index";
      table.clear();
      EXPECT_EQ(blocks.count(), 0u);
      for (const std::int32_t key : crowded) ASSERT_EQ(table.put_integer(key, key), Table::Put::kAdded);
      ASSERT_EQ(table.check(), nullptr);
      blocks.move_all();  // and then it is destroyed
    }
    EXPECT_EQ(blocks.count(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TableCrowdModel, ::testing::ValuesIn(kShapes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tidemark
