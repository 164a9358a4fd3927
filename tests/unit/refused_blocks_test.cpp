// Tables and caches in all their states, where each allocation of each operation is refused in turn, alone or with all that
// come after it: what is refused has changed nothing, cursors included, and the structure works on where blocks have moved.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "structures/cache.h"
#include "structures/table.h"
#include "support/faulty_blocks.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;

Operand text(const std::string& content) {
  return Operand::of_text(TextForm::kAscii, reinterpret_cast<const std::uint8_t*>(content.data()),
                          static_cast<std::uint32_t>(content.size()));
}

std::string name_of(const Table& table, Entry entry, Box box) {
  if (!has_tag(box, BoxTag::kText)) return "b" + std::to_string(box);
  const TextRecord record = table.text(entry, box);
  return "t" + std::string(reinterpret_cast<const char*>(record.content), record.n_bytes);
}

using Content = std::vector<std::pair<std::string, std::string>>;

Content rest_of(Table& table, Cursor& cursor) {
  Content content;
  for (Entry entry = cursor.take(); entry != kNoEntry; entry = cursor.take())
    content.emplace_back(name_of(table, entry, table.key(entry)), name_of(table, entry, table.value(entry)));
  return content;
}
Content content_of(Table& table) {
  Cursor cursor(table);
  return rest_of(table, cursor);
}

/// Refuses the allocation `call` of what follows; all after it too, unless `alone`.
struct Refusal {
  std::size_t call;
  bool alone;

  void begin(FaultyBlocks& blocks) const {
    if (alone) {
      blocks.refuse_only_after(call);
    } else {
      blocks.refuse_after(call);
    }
  }
};

/// Calls operate(refusal), which says how many allocations there were, until there is no such one.
void for_each_refusal(const std::function<std::size_t(Refusal)>& operate) {
  for (const bool alone : {true, false}) {
    // Of many, some: what comes late is done like what comes before it.
    for (std::size_t call = 0; operate({call, alone}) > call; call += 1 + call / 2) {
      ASSERT_LT(call, 10'000u) << "it does not end";
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

void compact(Table& table) {
  for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
}

const std::string kLong(3000, 'l');

Operand mixed_key(std::uint32_t i, const std::string& name) {
  switch (i % 3) {
    case 0:
      return Operand::of(static_cast<std::int32_t>(i));
    case 1:
      return text(name);
    default:
      return Operand::of_value(i + 0.5);
  }
}

struct State {
  const char* name;
  std::uint32_t entries;
  std::uint32_t erased_of_8;
  bool texts;  // mixed with the rest; else integers only
  bool packed;
};

constexpr State kStates[] = {
    {"Empty", 0, 0, false, false},
    {"One", 1, 0, false, true},
    {"Few", 8, 0, false, true},
    {"FewOfAll", 9, 0, true, true},
    {"AtASplitOfTheIndex", 384, 0, false, true},
    {"Hundreds", 390, 0, false, true},
    {"HundredsWithHoles", 420, 3, true, false},
    {"ManyHoles", 4096, 5, false, false},
    {"Segment", 4096, 0, false, true},
    {"SegmentOfAll", 4096, 0, true, false},
    {"Segments", 9000, 3, true, false},
    {"NearlyJoined", 8200, 4, true, false},
};

void fill(Table& table, const State& state) {
  for (std::uint32_t i = 0; i < state.entries; ++i) {
    const std::string name = "key" + std::to_string(i);
    const auto value = static_cast<std::int32_t>(i);
    ASSERT_EQ(table.put(state.texts ? mixed_key(i, name) : Operand::of(value),
                        state.texts && i % 5 == 0 ? text(name) : Operand::of(value)),
              Table::Put::kAdded);
  }
  for (std::uint32_t i = 0; i < state.entries; ++i) {
    if ((i * 5) % 8 >= state.erased_of_8) continue;
    const std::string name = "key" + std::to_string(i);
    ASSERT_TRUE(table.erase(state.texts ? mixed_key(i, name) : Operand::of(static_cast<std::int32_t>(i))));
  }
  if (state.packed) compact(table);
}

struct Change {
  const char* name;
  std::function<bool(Table&)> make;  // whether it was not refused
};

std::vector<Change> changes(const State& state) {
  const auto put = [](const Operand& key, const Operand& value) {
    return [key, value](Table& table) { return table.put(key, value) != Table::Put::kRefused; };
  };
  const auto last = static_cast<std::int32_t>(state.entries / 3 * 3);
  return {
      {"an integer", [](Table& table) { return table.put_integer(-5, 7) != Table::Put::kRefused; }},
      {"a double for an integer", [](Table& table) { return table.put_numbers(-5, 0.5) != Table::Put::kRefused; }},
      {"an odd key", [](Table& table) { return table.put_numbers(-0.5, 1) != Table::Put::kRefused; }},
      {"a text for a text", put(text(kLong), text(kLong))},
      {"a reference", put(Operand::of_box(make_box(BoxTag::kReference, 3)), Operand::of(1))},
      {"another value", put(Operand::of(0), text(kLong))},
      {"another number", [](Table& table) { return table.put_integer(0, 1e300) != Table::Put::kRefused; }},
      {"no first one",
       [](Table& table) {
         table.erase(Operand::of(0));
         return true;
       }},
      {"no last one",
       [last](Table& table) {
         table.erase(Operand::of(last));
         return true;
       }},
      {"none of the first 1000",
       [](Table& table) {
         for (std::int32_t key = 0; key < 1000; ++key) table.erase(Operand::of(key));
         return true;
       }},
      {"no room",
       [](Table& table) {
         compact(table);
         return true;
       }},
      {"nothing",
       [](Table& table) {
         table.clear();
         return true;
       }},
  };
}

class RefusedTable : public ::testing::TestWithParam<State> {};

TEST_P(RefusedTable, ChangesWhollyOrNotAtAll) {
  const State& state = GetParam();
  std::size_t refused = 0;
  for (const Change& change : changes(state)) {
    SCOPED_TRACE(change.name);
    Content before, after;
    {
      FaultyBlocks blocks;
      Table table(blocks, true);
      fill(table, state);
      before = content_of(table);
      ASSERT_TRUE(change.make(table));
      after = content_of(table);
    }
    for_each_refusal([&](Refusal refusal) -> std::size_t {
      FaultyBlocks blocks;
      std::size_t calls = 0;
      {
        Table table(blocks, true);
        fill(table, state);
        Cursor from_begin(table), from_middle(table);
        for (std::size_t i = 0; i < before.size() / 2; ++i) from_middle.take();
        const std::size_t asked = blocks.asked();
        refusal.begin(blocks);
        const bool done = change.make(table);
        calls = blocks.asked() - asked;
        blocks.stop_refusing();
        EXPECT_EQ(table.check(), nullptr);
        blocks.move_all();
        if (!done) {
          ++refused;
          EXPECT_EQ(content_of(table), before) << refusal.call;
          EXPECT_EQ(rest_of(table, from_begin), before);
          EXPECT_EQ(rest_of(table, from_middle),
                    Content(before.begin() + static_cast<std::ptrdiff_t>(before.size() / 2), before.end()));
          EXPECT_TRUE(change.make(table));
          EXPECT_EQ(table.check(), nullptr);
        }
        EXPECT_EQ(content_of(table), after) << refusal.call << (refusal.alone ? " alone" : "");
        EXPECT_EQ(table.put_integer(123'456'789, 0.25), Table::Put::kAdded);
        EXPECT_TRUE(table.erase(Operand::of(123'456'789)));
        compact(table);
        EXPECT_EQ(table.check(), nullptr);
        EXPECT_EQ(content_of(table), after);
        EXPECT_EQ(table.held_bytes(), blocks.bytes());
      }
      EXPECT_EQ(blocks.count(), 0u);
      return ::testing::Test::HasFailure() ? 0 : calls;
    });
    if (HasFailure()) return;
  }
  EXPECT_GT(refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(, RefusedTable, ::testing::ValuesIn(kStates),
                         [](const auto& test) { return std::string(test.param.name); });

// --- caches

struct Item {
  std::string key, value;
  Tick expires;
  std::uint32_t size;
  bool operator==(const Item&) const = default;
};

std::vector<Item> items_of(Cache& cache) {
  std::vector<Item> items;
  Table& table = cache.table();
  for (Entry entry = cache.oldest(); entry != kNoEntry; entry = cache.newer(entry)) {
    table.refresh();
    items.push_back({name_of(table, entry, table.key(entry)), name_of(table, entry, table.value(entry)),
                     cache.expires(entry), cache.size_of(entry)});
  }
  return items;
}

class RefusedCache : public ::testing::TestWithParam<bool> {};

TEST_P(RefusedCache, PutsWhollyOrNotAtAll) {
  const bool with_sizes = GetParam();
  std::size_t refused = 0;
  for (const std::uint32_t entries : {0u, 1u, 8u, 9u, 300u}) {
    for (const bool with_holes : {false, true}) {
      for (const Operand& key : {Operand::of(-1), Operand::of(0), text(kLong)}) {
        for_each_refusal([&](Refusal refusal) -> std::size_t {
          FaultyBlocks blocks;
          std::size_t calls = 0;
          {
            Cache cache(blocks, with_sizes);
            for (std::uint32_t i = 0; i < entries; ++i) {
              const std::string name = "key" + std::to_string(i);
              EXPECT_EQ(
                  cache.put(i % 2 == 0 ? Operand::of(static_cast<std::int32_t>(i)) : text(name), text(name), i, i),
                  Table::Put::kAdded);
            }
            if (with_holes) {
              for (std::uint32_t i = 2; i < entries; i += 4)
                cache.erase(cache.find(Operand::of(static_cast<std::int32_t>(i))));
            }
            const std::vector<Item> before = items_of(cache);
            const std::size_t asked = blocks.asked();
            refusal.begin(blocks);
            const Table::Put put = cache.put(key, Operand::of_value(0.5), 77, 99);
            calls = blocks.asked() - asked;
            blocks.stop_refusing();
            EXPECT_EQ(cache.check(), nullptr);
            blocks.move_all();
            if (put == Table::Put::kRefused) {
              ++refused;
              EXPECT_EQ(items_of(cache), before);
              EXPECT_NE(cache.put(key, Operand::of_value(0.5), 77, 99), Table::Put::kRefused);
            }
            const std::vector<Item> after = items_of(cache);
            EXPECT_EQ(after.size(),
                      before.size() + (key.form == Operand::Form::kInt32 && key.integer == 0 && entries != 0 ? 0 : 1));
            EXPECT_EQ(after.back().value, "b" + std::to_string(Operand::of_value(0.5).as_box()));
            EXPECT_EQ(after.back().expires, 77u);
            EXPECT_EQ(after.back().size, with_sizes ? 99u : 1u);
            EXPECT_EQ(cache.check(), nullptr);
            EXPECT_EQ(cache.held_bytes(), blocks.bytes());
            while (cache.oldest() != kNoEntry) cache.erase(cache.oldest());
            EXPECT_EQ(cache.check(), nullptr);
          }
          EXPECT_EQ(blocks.count(), 0u);
          return ::testing::Test::HasFailure() ? 0 : calls;
        });
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GT(refused, 0u);
}

// An entry that has a place in the table, and no room for its links: where it had kept the place, trying again would have
// used up one after the other.
TEST_P(RefusedCache, WhatIsTriedAgainAndAgainTakesNoMemory) {
  FaultyBlocks blocks;
  Cache cache(blocks, GetParam());
  std::size_t held = 0;
  for (std::size_t attempt = 0; attempt < 1000; ++attempt) {
    for (const std::size_t call : std::array<std::size_t, 6>{1, 3, 4, 5, 6, 7}) {
      blocks.refuse_after(call);
      if (cache.put(Operand::of(1), Operand::of(2), 0, 1) != Table::Put::kRefused) cache.clear();
      blocks.stop_refusing();
    }
    ASSERT_EQ(cache.size(), 0u);
    if (attempt == 10) held = blocks.bytes();
    if (attempt > 10) {
      ASSERT_LE(blocks.bytes(), held) << attempt;
    }
  }
  EXPECT_EQ(cache.check(), nullptr);
}

TEST_P(RefusedCache, AnEntryThatWasErasedIsToldFromOthers) {
  FaultyBlocks blocks;
  Cache cache(blocks, GetParam());
  for (std::int32_t key = 0; key < 5; ++key)
    ASSERT_EQ(cache.put(Operand::of(key), Operand::of(key), 0, 1), Table::Put::kAdded);
  const Entry entry = cache.find(Operand::of(2));
  EXPECT_NE(cache.newer(entry), entry);
  cache.erase(entry);
  EXPECT_EQ(cache.newer(entry), entry);
  ASSERT_EQ(cache.put(Operand::of(9), Operand::of(9), 0, 1), Table::Put::kAdded);
  EXPECT_EQ(cache.find(Operand::of(9)), entry);
  EXPECT_EQ(cache.newer(entry), kNoEntry);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RefusedCache, ::testing::Bool());

}  // namespace
}  // namespace tidemark
