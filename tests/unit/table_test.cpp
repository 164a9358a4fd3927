// What a table costs and keeps at sizes that the model is too slow for, and what it does when memory is refused.
#include "structures/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "support/faulty_blocks.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;

/// A permutation of all integers of 32 bits: keys without an order, none twice.
std::int32_t scattered(std::uint32_t i) { return static_cast<std::int32_t>(i * 2654435761u ^ 0x5bd1e995u); }

Operand text(const std::string& content) {
  return Operand::of_text(TextForm::kAscii, reinterpret_cast<const std::uint8_t*>(content.data()),
                          static_cast<std::uint32_t>(content.size()));
}

TEST(Table, EveryWidthOfTheIndexFindsWhatIsThere) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  // 2^16 and 2^20 entries are where slots become coarse, and where they become wider.
  constexpr std::uint32_t kEntries = 1'200'000;
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    ASSERT_EQ(table.put(Operand::of(scattered(i)), Operand::of(static_cast<std::int32_t>(i))), Table::Put::kAdded);
    if ((i & (i - 1)) == 0) {
      ASSERT_EQ(table.find(Operand::of(scattered(i + 1))), kNoEntry);
      blocks.move_all();
    }
  }
  EXPECT_EQ(table.check(), nullptr);
  for (std::uint32_t i = 0; i < kEntries; i += 7) {
    const Entry entry = table.find(Operand::of(scattered(i)));
    ASSERT_NE(entry, kNoEntry);
    ASSERT_EQ(table.value(entry), box_of(static_cast<std::int32_t>(i)));
  }
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    if (i % 10 != 0) {
      ASSERT_TRUE(table.erase(Operand::of(scattered(i)))) << i;
    }
  }
  EXPECT_EQ(table.check(), nullptr);
  EXPECT_EQ(table.size(), kEntries / 10);
  std::uint32_t expected = 0;
  Cursor cursor(table);
  for (Entry entry = cursor.take(); entry != kNoEntry; entry = cursor.take(), expected += 10)
    ASSERT_EQ(table.key(entry), box_of(scattered(expected)));
  EXPECT_EQ(expected, kEntries);
  // 8 bytes of cells, at most half of all places holes, at most 96 entries a segment of the index less than it could have.
  EXPECT_LT(table.held_bytes(), table.size() * 24);
}

TEST(Table, NumbersOfEntriesAboveTwoToTheTwentiethAreReadWhole) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  constexpr std::uint32_t kEntries = 1'060'000;
  for (std::uint32_t i = 0; i < kEntries; ++i)
    ASSERT_EQ(table.put(Operand::of(scattered(i)), Operand::of_value(i + 0.5)), Table::Put::kAdded);
  for (std::uint32_t i = 0; i < kEntries; ++i) ASSERT_TRUE(table.erase(Operand::of(scattered(i)))) << i;
  EXPECT_EQ(table.check(), nullptr);
}

TEST(Table, ManyAreFoundAsOneByOne) {
  FaultyBlocks blocks;
  Table table(blocks, false);
  std::int32_t integers[Table::kSideBySide];
  double doubles[Table::kSideBySide];
  Entry found[Table::kSideBySide];
  table.find_many(integers, 0, found);
  // Up to where slots are wide and exact, coarse with a mark, and coarse without one.
  constexpr std::uint32_t kEntries = 300'000;
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    ASSERT_EQ(table.put(Operand::of(scattered(2 * i)), Operand()), Table::Put::kAdded);
    if (i % 3 == 0) {
      ASSERT_TRUE(table.erase(Operand::of(scattered(2 * (i / 3)))));
    }
    if (i % 997 == 0) {
      blocks.move_all();
      const unsigned count = i % (Table::kSideBySide + 1);
      for (unsigned each = 0; each < count; ++each) {
        integers[each] = scattered(2 * (i / 4) + 7 * each);  // erased, live and never there
        doubles[each] = each == 5 && i % 2 == 0 ? 0.5 : integers[each];
      }
      table.find_many(integers, count, found);
      for (unsigned each = 0; each < count; ++each)
        ASSERT_EQ(found[each], table.find(Operand::of(integers[each]))) << i << ' ' << each;
      table.find_many(doubles, count, found);
      for (unsigned each = 0; each < count; ++each)
        ASSERT_EQ(found[each], table.find(Operand::of_key(doubles[each]))) << i << ' ' << each;
    }
  }
  EXPECT_EQ(table.check(), nullptr);
}

// What they wait for is then read ahead: of slots for several without a mark, of their neighbours too, and of what has holes.
TEST(Table, ManyAreFoundAsOneByOneInMoreThanACacheHolds) {
  for (const double fraction : {0.0, 0.5}) {
    FaultyBlocks blocks;
    Table table(blocks, true);
    constexpr std::uint32_t kEntries = 600'000;
    for (std::uint32_t i = 0; i < kEntries; ++i)
      ASSERT_EQ(table.put_integer(scattered(2 * i), i + fraction), Table::Put::kAdded);
    ASSERT_TRUE(table.is_large());
    for (std::uint32_t i = 0; i < kEntries; i += i < 20'000 || i > 580'000 ? 1 : 50)
      ASSERT_TRUE(table.erase(Operand::of(scattered(2 * i))));
    for (std::uint32_t i = 0; i < kEntries; i += 1009) {
      std::int32_t keys[Table::kSideBySide];
      Entry found[Table::kSideBySide];
      const unsigned count = i % (Table::kSideBySide + 1);
      for (unsigned each = 0; each < count; ++each) keys[each] = scattered(2 * i + 7 * each);
      table.find_many(keys, count, found);
      for (unsigned each = 0; each < count; ++each) ASSERT_EQ(found[each], table.find_integer(keys[each])) << i;
    }
    EXPECT_EQ(table.check(), nullptr);
    table.clear();
    EXPECT_FALSE(table.is_large());
  }
}

TEST(Table, ANumberIsReplacedByOneOfAnyKind) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  const std::string long_text(100, 'x');
  const Operand values[] = {Operand::of(1),
                            Operand::of(-7),
                            Operand::of_value(0.5),
                            Operand::of(3),
                            text(long_text),
                            Operand::of_value(-0.0),
                            Operand::of_box(make_box(BoxTag::kReference, 5)),
                            Operand::of_value(2.5),
                            Operand::of_box(make_box(BoxTag::kSpecial, 1)),
                            Operand::of_value(__builtin_nan(""))};
  ASSERT_EQ(table.put(Operand::of(1), Operand::of(0)), Table::Put::kAdded);
  for (const Operand& value : values) {
    const bool drops = has_tag(table.value(table.last_put()), BoxTag::kReference);
    ASSERT_EQ(table.put(Operand::of(1), value), Table::Put::kReplaced);
    ASSERT_EQ(table.released_value(), drops ? 6u : 0u);
    const Box box = table.value(table.find(Operand::of(1)));
    if (value.form == Operand::Form::kText) {
      ASSERT_TRUE(has_tag(box, BoxTag::kText));
    } else {
      ASSERT_EQ(box, value.as_box());
    }
    ASSERT_EQ(table.check(), nullptr);
  }
}

double bytes_per_entry(bool with_values, const Operand& value, std::uint32_t n) {
  Table table(program_blocks(), with_values);
  double worst = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    EXPECT_EQ(table.put(Operand::of(scattered(i)), value), Table::Put::kAdded);
    if (i >= 10'000) worst = std::max(worst, static_cast<double>(table.held_bytes()) / (i + 1));
  }
  return worst;
}

// Scattered keys; blocks, and what is known of them, cost more natively than in WebAssembly: 0.2 bytes an entry.
TEST(Table, AnEntryCostsWhatIsPromisedAtAnySizeAboveTenThousand) {
  EXPECT_LE(bytes_per_entry(false, Operand::of(0), 500'000), 7.6);
  EXPECT_LE(bytes_per_entry(true, Operand::of(0), 500'000), 11.7);
  EXPECT_LE(bytes_per_entry(true, Operand::of_value(0.5), 500'000), 16.0);
}

TEST(Table, TextKeysOfTwelveCharacters) {
  Table table(program_blocks(), true);
  constexpr std::uint32_t kEntries = 300'000;
  char key[16];
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    std::snprintf(key, sizeof(key), "key:%08x", static_cast<unsigned>(scattered(i)));
    ASSERT_EQ(table.put(text(key), Operand::of(static_cast<std::int32_t>(i))), Table::Put::kAdded);
  }
  EXPECT_LE(static_cast<double>(table.held_bytes()) / kEntries, 26.0);
}

TEST(Table, CompactedItHasNoRoom) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::int32_t i = 0; i < 5000; ++i) ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
  // Cells, slots of 2 bytes, and what 14 segments of the index and 2 of entries have beside, rounded up.
  EXPECT_LE(blocks.bytes(), 5000 * (8 + 2) + 14 * (IndexSegment::bytes_for(0, 2) + 7 + sizeof(IndexSegment)) +
                                2 * sizeof(EntrySegment));
  EXPECT_EQ(table.check(), nullptr);
}

TEST(Table, RoomIsASixteenthAndNoMoreThanAQuarterOfASegment) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    const SegmentNumber last = table.last_segment();
    const EntrySegment before = last == kNoSegment ? EntrySegment() : table.segment(last);
    ASSERT_EQ(table.put(Operand::of(scattered(i)), Operand::of(0)), Table::Put::kAdded);
    const std::uint32_t used = table.last_segment() == last ? before.used : 0;
    if (used != 0 && used < before.capacity()) continue;
    const std::uint32_t step = std::clamp(i / 16, 8u, 1024u);
    ASSERT_EQ(table.segment(table.last_segment()).capacity(), std::min(used + step, 4096u)) << i;
  }
}

TEST(Table, TextsThatAreAddedMoveTheOthersNowAndThen) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::int32_t i = 0; i < 4000; ++i) ASSERT_EQ(table.put(Operand::of(i), text("a text")), Table::Put::kAdded);
  EXPECT_LT(blocks.asked(), 1000u);
}

// A slot for several saves a byte an entry, and is slow where keys are compared slowly: it is for integers with integers.
TEST(Table, WhatIsNoIntegerHasASlotOfItsOwn) {
  constexpr std::uint32_t kEntries = 70'000;  // slots of one entry have 3 bytes then, and those of several 2
  const auto held_bytes = [](auto&& key, const Operand& value) {
    FaultyBlocks blocks;
    Table table(blocks, true);
    std::string content;
    for (std::uint32_t i = 0; i < kEntries; ++i) {
      content = std::to_string(i);
      EXPECT_EQ(table.put(key(i, content), value), Table::Put::kAdded);
    }
    for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
    return blocks.bytes();
  };
  std::size_t text_bytes = 0;
  for (std::uint32_t i = 0; i < kEntries; ++i) text_bytes += TextRecord::record_bytes(text(std::to_string(i)).n_bytes);
  const auto integer = [](std::uint32_t i, const std::string&) { return Operand::of(scattered(i)); };
  EXPECT_LT(held_bytes(integer, Operand::of(0)), kEntries * (8 + 3));
  EXPECT_GT(held_bytes(integer, Operand::of_value(0.5)), kEntries * (12 + 3));
  EXPECT_GT(held_bytes([](std::uint32_t i, const std::string&) { return Operand::of_key(i + 0.5); }, Operand::of(0)),
            kEntries * (12 + 3));
  EXPECT_GT(held_bytes([](std::uint32_t, const std::string& content) { return text(content); }, Operand::of(0)),
            kEntries * (8 + 3) + text_bytes);
}

TEST(Table, HolesAtTheEndAreFilledBeforeThereIsMoreRoom) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::int32_t i = 0; i < 4; ++i) ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  // The last one goes, and another one comes.
  for (std::int32_t i = 4; i < 3000; ++i) {
    ASSERT_TRUE(table.erase(Operand::of(i - 1)));
    ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  }
  EXPECT_EQ(table.segment_count(), 1u);
  EXPECT_LE(table.segment(table.first_segment()).capacity(), 16u);
  EXPECT_EQ(table.check(), nullptr);
}

TEST(Table, WhileThereIsRoomAtTheEndHolesStay) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::int32_t i = 0; i < 1000; ++i) ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  table.compact(table.first_segment());
  ASSERT_EQ(table.put(Operand::of(1000), Operand::of(0)), Table::Put::kAdded);  // and there is room for a 16th more
  for (std::int32_t i = 0; i < 400; ++i) ASSERT_TRUE(table.erase(Operand::of(i)));
  const EntrySegment& last = table.segment(table.last_segment());
  ASSERT_GT(last.capacity(), last.used + 30u);
  const std::size_t asked = blocks.asked();
  for (std::int32_t i = 2000; last.used < last.capacity(); ++i)
    ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  EXPECT_EQ(blocks.asked(), asked);
  EXPECT_EQ(table.check(), nullptr);
}

TEST(Table, OneOddKeyWidensItsSegmentOnly) {
  FaultyBlocks blocks;
  Table table(blocks, false);
  for (std::int32_t i = 0; i < 100'000; ++i) ASSERT_EQ(table.put(Operand::of(i), Operand()), Table::Put::kAdded);
  const std::size_t before = blocks.bytes();
  ASSERT_EQ(table.put(Operand::of_key(0.5), Operand()), Table::Put::kAdded);
  EXPECT_LE(blocks.bytes() - before, 4 * EntrySegment::kPlaces + 1024);
  for (std::int32_t i = 0; i < 100'000; ++i) ASSERT_NE(table.find(Operand::of(i)), kNoEntry);
  EXPECT_NE(table.find(Operand::of_key(0.5)), kNoEntry);
}

TEST(Table, ARefusedPutLeavesEverythingAsItWas) {
  const std::string long_text(1000, 'x'), key_text = "a key";
  const Operand values[] = {Operand::of(1), Operand::of_value(0.5), text(long_text)};
  for (const std::uint32_t entries : {0u, 7u, 8u, 300u, 4096u, 5000u}) {
    for (const Operand& key : {Operand::of(-1), Operand::of_key(0.25), text(key_text)}) {
      for (const Operand& value : values) {
        bool refused = true;
        for (std::size_t calls = 0; refused; ++calls) {
          FaultyBlocks blocks;
          Table table(blocks, true);
          for (std::uint32_t i = 0; i < entries; ++i)
            ASSERT_EQ(table.put(Operand::of(scattered(i) & 0x7fffffff), Operand::of(3)), Table::Put::kAdded);
          blocks.refuse_after(calls);
          refused = table.put(key, value) == Table::Put::kRefused;
          blocks.stop_refusing();
          ASSERT_EQ(table.check(), nullptr) << table.check();
          ASSERT_EQ(table.size(), entries + (refused ? 0 : 1));
          ASSERT_EQ(table.find(key) == kNoEntry, refused);
          ASSERT_LT(calls, 20u);
        }
      }
    }
  }
}

TEST(Table, EraseIsNeverRefused) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  for (std::int32_t i = 0; i < 5000; ++i) ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
  Cursor cursor(table);
  for (int i = 0; i < 100; ++i) cursor.take();
  blocks.refuse_after(0);
  for (std::int32_t i = 0; i < 5000; i += 2) ASSERT_TRUE(table.erase(Operand::of(i)));
  EXPECT_EQ(table.check(), nullptr);
  EXPECT_EQ(table.key(cursor.take()), box_of(101));
  for (std::int32_t i = 1; i < 5000; i += 2) ASSERT_TRUE(table.erase(Operand::of(i)));
  EXPECT_EQ(table.size(), 0u);
}

TEST(Table, DeadTextsAreLeftOut) {
  FaultyBlocks blocks;
  Table table(blocks, true);
  const std::string long_text(2000, 'x');
  ASSERT_EQ(table.put(Operand::of(1), Operand::of(1)), Table::Put::kAdded);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(table.put(Operand::of(1), text(long_text)), Table::Put::kReplaced);
  EXPECT_LE(blocks.bytes(), 10'000u);
  ASSERT_EQ(table.put(Operand::of(1), Operand::of(1)), Table::Put::kReplaced);
  EXPECT_EQ(table.check(), nullptr);
}

TEST(Table, AStableTableKeepsNumbersAndTakesOldOnesAgain) {
  FaultyBlocks blocks;
  Table table(blocks, true, true);
  std::vector<Entry> entries;
  for (std::int32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(table.put(Operand::of(i), Operand::of(i)), Table::Put::kAdded);
    entries.push_back(table.last_put());
  }
  for (std::size_t i = 0; i < 10'000; i += 3) table.erase(entries[i]);
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto key = Operand::of(static_cast<std::int32_t>(i));
    if (i % 3 == 0) {
      ASSERT_EQ(table.put(key, key, entries[i]), Table::Put::kAdded);
    }
    ASSERT_EQ(table.find(key), entries[i]);
  }
  EXPECT_EQ(table.check(), nullptr);
  EXPECT_EQ(table.segment_count(), 3u);
}

}  // namespace
}  // namespace tidemark
