// How the index writes entries: which encoding it takes, by arithmetic of its own, and that a slot says what was written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "structures/index_segment.h"
#include "support/random.h"

namespace tidemark {
namespace {

using testing::Random;

unsigned bits_of(std::uint64_t number) {
  unsigned bits = 0;
  for (; number != 0; number /= 2) ++bits;
  return bits;
}

/// Bits that are left for a mark, where there is room for twice as many entries; 8 at most.
unsigned mark_bits_for(unsigned width, unsigned shift, std::uint64_t greatest) {
  const unsigned needed = bits_of(std::min<std::uint64_t>(2 * greatest + 1, kNoEntry) >> shift);
  return needed >= 8 * width ? 0 : std::min(8 * width - needed, 8u);
}

/// Around every power of two.
std::vector<Entry> greatest_entries() {
  std::vector<Entry> entries{0, kNoEntry - 1};
  for (unsigned bit = 1; bit < 32; ++bit) {
    const Entry power = Entry{1} << bit;
    entries.insert(entries.end(), {power - 2, power - 1, power, power + 1});
  }
  return entries;
}

TEST(SlotEncoding, AnEntryByItselfHasTheLeastWidthAndTheLongestMark) {
  for (const Entry greatest : greatest_entries()) {
    const SlotEncoding encoding = SlotEncoding::for_entry(greatest, false);
    const unsigned width = greatest < 1u << 16 ? 2 : greatest < 1u << 24 ? 3 : 4;
    EXPECT_EQ(encoding.width, width) << greatest;
    EXPECT_EQ(encoding.shift, 0) << greatest;
    EXPECT_EQ(encoding.mark_bits, mark_bits_for(width, 0, greatest)) << greatest;
    EXPECT_TRUE(encoding.fits(greatest));
  }
}

TEST(SlotEncoding, OneForSeveralStandsForAsManyAsAMarkOfThreeBitsTakes) {
  for (const Entry greatest : greatest_entries()) {
    const SlotEncoding encoding = SlotEncoding::for_entry(greatest, true);
    const unsigned width = greatest < 1u << 20 ? 2 : greatest < 1u << 28 ? 3 : 4;
    unsigned shift = 0;
    while (width < 4 && shift < 4 && mark_bits_for(width, shift, greatest) < 3) ++shift;
    EXPECT_EQ(encoding.width, width) << greatest;
    EXPECT_EQ(encoding.shift, shift) << greatest;
    EXPECT_EQ(encoding.mark_bits, mark_bits_for(width, shift, greatest)) << greatest;
    EXPECT_TRUE(encoding.fits(greatest));
  }
}

TEST(SlotEncoding, FitsWhatHasRoomBesideTheMark) {
  for (unsigned width = 2; width <= 4; ++width) {
    for (unsigned shift = 0; shift <= 4; ++shift) {
      for (unsigned mark = 0; mark <= 8; ++mark) {
        const SlotEncoding encoding{static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(shift),
                                    static_cast<std::uint8_t>(mark)};
        for (const Entry entry : greatest_entries()) {
          const bool has_room = bits_of(entry >> shift) + mark <= 8 * width;
          EXPECT_EQ(encoding.fits(entry), has_room);
          if (bits_of(entry >> shift) > 8 * width) continue;
          const unsigned left = 8 * width - bits_of(entry >> shift);
          EXPECT_EQ(encoding.marked_for(entry, mark),
                    (SlotEncoding{encoding.width, encoding.shift, static_cast<std::uint8_t>(std::min(left, mark))}));
        }
      }
    }
  }
}

TEST(SlotEncoding, ASlotSaysWhatWasWrittenAndNothingBesideItChanges) {
  Random random(1);
  for (unsigned width = 2; width <= 4; ++width) {
    for (unsigned shift = 0; shift <= 4; ++shift) {
      for (unsigned mark = 0; mark <= 8; ++mark) {
        const SlotEncoding encoding{static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(shift),
                                    static_cast<std::uint8_t>(mark)};
        const unsigned entry_bits = std::min(8 * width - mark + shift, 32u);
        for (unsigned times = 0; times < 20; ++times) {
          const auto entry = static_cast<Entry>(random.next() & ((std::uint64_t{1} << entry_bits) - 1));
          const Hash hash = random.next();
          std::uint8_t bytes[12], before[12];
          for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
          std::memcpy(before, bytes, sizeof(bytes));
          encoding.write(bytes + 3, entry, hash);
          EXPECT_EQ(encoding.read(bytes + 3), entry >> shift << shift);
          EXPECT_EQ(encoding.mark(bytes + 3), hash % (1u << mark));
          std::memcpy(before + 3, bytes + 3, width);
          EXPECT_EQ(std::memcmp(bytes, before, sizeof(bytes)), 0);
        }
      }
    }
  }
}

TEST(SlotEncoding, MarksAreComparedSideBySideAsOneByOne) {
  Random random(2);
  for (unsigned width = 2; width <= 4; ++width) {
    for (unsigned mark = 0; mark <= 8; ++mark) {
      const SlotEncoding encoding{static_cast<std::uint8_t>(width), 2, static_cast<std::uint8_t>(mark)};
      EXPECT_EQ(encoding.at_once(), 8 / width + (width == 3 ? 1 : 0));  // of the third one of 3 bytes, all of the mark
      for (unsigned times = 0; times < 300; ++times) {
        std::uint8_t slots[16];
        const std::uint64_t like = random.next();
        // Often marks that are the same but for a bit.
        for (unsigned i = 0; i < 4; ++i)
          encoding.write(slots + i * width, static_cast<Entry>(random.below(256)), like ^ (random.next() & 3));
        const unsigned count = static_cast<unsigned>(random.below(IndexSegment::kMaxPerHome + 1));
        const Hash hash = like ^ random.below(2) ^ random.next() << 8;
        std::vector<unsigned> expected, found;
        for (unsigned i = 0; i < std::min(count, encoding.at_once()); ++i)
          if (encoding.mark(slots + i * width) == hash % (1u << mark)) expected.push_back(i * width);
        std::uint64_t marked = encoding.marked(slots, count, hash, encoding.marks());
        for (; marked != 0; marked &= marked - 1) found.push_back(SlotEncoding::next_marked(marked));
        EXPECT_EQ(found, expected);
        EXPECT_EQ(encoding.first_marked(slots, count, hash, encoding.marks()),
                  expected.empty() ? kNoEntry : encoding.read(slots + expected[0]) >> encoding.shift);
      }
    }
  }
}

}  // namespace
}  // namespace tidemark
