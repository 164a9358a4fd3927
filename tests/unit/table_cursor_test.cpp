// Cursors of a table whose segments go, or become one, around and under them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "structures/table.h"
#include "support/faulty_blocks.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;

constexpr std::int32_t kPlaces = EntrySegment::kPlaces;
constexpr std::int32_t kKeys = 4 * kPlaces;

struct Erasure {
  const char* name;
  std::function<bool(std::int32_t)> goes;
};

const Erasure kErasures[] = {
    {"First", [](std::int32_t key) { return key < kPlaces; }},
    {"Middle", [](std::int32_t key) { return key / kPlaces == 1; }},
    {"TwoInTheMiddle", [](std::int32_t key) { return key / kPlaces == 1 || key / kPlaces == 2; }},
    {"Last", [](std::int32_t key) { return key / kPlaces == 3; }},
    {"AllButTheFirst", [](std::int32_t key) { return key >= kPlaces; }},
    {"All", [](std::int32_t) { return true; }},
    {"AllButAFifth", [](std::int32_t key) { return key % 5 != 2; }},
    {"AllButAFew", [](std::int32_t key) { return key % 1000 != 999; }},
};

class TableCursors : public ::testing::TestWithParam<Erasure> {};

TEST_P(TableCursors, StandInFrontOfWhatIsLeftBehindThem) {
  for (const bool backwards : {false, true}) {
    SCOPED_TRACE(backwards ? "backwards" : "forwards");
    FaultyBlocks blocks;
    {
      Table table(blocks, true);
      std::vector<std::unique_ptr<Cursor>> cursors;
      std::set<std::int32_t> left;
      for (std::int32_t key = 0; key < kKeys; ++key) {
        // Every second segment has doubles.
        ASSERT_NE(table.put_integer(key, key / kPlaces % 2 == 0 ? key : key + 0.5), Table::Put::kRefused);
        left.insert(key);
      }
      for (std::int32_t at = 0; at <= kKeys; at += kPlaces / 4) {
        cursors.push_back(std::make_unique<Cursor>(table));
        for (std::int32_t i = 0; i < at; ++i) cursors.back()->take();
      }
      for (std::int32_t i = 0; i < kKeys; ++i) {
        const std::int32_t key = backwards ? kKeys - 1 - i : i;
        if (!GetParam().goes(key)) continue;
        ASSERT_TRUE(table.erase(Operand::of(key)));
        left.erase(key);
      }
      ASSERT_EQ(table.check(), nullptr) << table.check();
      blocks.move_all();
      // What comes now, in segments that were used before, is in front of all of them.
      for (std::int32_t key = kKeys; key < 2 * kKeys; ++key) {
        ASSERT_NE(table.put_integer(key, key), Table::Put::kRefused);
        left.insert(key);
      }
      ASSERT_EQ(table.check(), nullptr) << table.check();
      std::uint32_t in_use = 0;
      for (SegmentNumber number = table.first_segment(); number != kNoSegment; number = table.segment(number).next)
        ++in_use;
      EXPECT_EQ(table.segment_count(), std::max(in_use, 4u)) << "numbers are used again";
      // Neighbours become one whose numbers don't ascend.
      for (std::int32_t key = 0; key < 2 * kKeys; ++key) {
        if (key % 5 == 2 || left.erase(key) == 0) continue;
        ASSERT_TRUE(table.erase(Operand::of(key)));
      }
      ASSERT_EQ(table.check(), nullptr) << table.check();
      for (std::size_t i = 0; i < cursors.size(); ++i) {
        const auto at = static_cast<std::int32_t>(i) * (kPlaces / 4);
        const bool to_the_end = i % 4 == 1;
        for (auto each = left.lower_bound(at); each != left.end(); ++each) {
          const Entry entry = cursors[i]->take();
          ASSERT_NE(entry, kNoEntry) << at;
          ASSERT_EQ(number_of(table.key(entry)), *each) << at;
          ASSERT_EQ(number_of(table.value(entry)), *each < kKeys && *each / kPlaces % 2 != 0 ? *each + 0.5 : *each);
          if (!to_the_end && *each >= at + 10) break;
        }
      }
      EXPECT_EQ(table.held_bytes(), blocks.bytes());
      cursors.clear();
      blocks.move_all();
    }
    EXPECT_EQ(blocks.count(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(, TableCursors, ::testing::ValuesIn(kErasures),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tidemark
