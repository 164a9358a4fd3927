// A segment of the index: the entries of a few hundred keys, close together without a gap.
//
//   head | number of slots in front of each of 16 groups | 16 x 16 counts of 4 bits, one a home | slots | room
//
// A hash has one of 256 homes; the slots of a home lie together, homes and groups in their order. To find the slots of a
// home, the counts of the homes before it in its group are added up, 16 at once, in one word. So a slot costs its width and
// about 5 bits, there is no empty slot between two, and a look-up meets the entries of its own home only: 1 to 2.
//
// A slot is the number of an entry in `width` bytes, or, with a `shift`, that of 2^shift entries that follow one another:
// who looks there compares them all. That pays where they lie together and are compared fast.
//
// Invariants (check())
//   G1  count is the sum of all counts; offsets[g] the sum of those of the groups before g.
//   G2  count <= capacity, and the block has room for capacity slots and 4 bytes more, since slots are read as words.
#pragma once

#include <cstring>
#include <initializer_list>

#include "structures/hash.h"

namespace tidemark {

/// Number of an entry of a table.
using Entry = std::uint32_t;
inline constexpr Entry kNoEntry = ~Entry{0};

/// How entries are written into slots.
struct SlotEncoding {
  std::uint8_t width = 2;
  std::uint8_t shift = 0;

  static constexpr std::uint8_t kCoarseShift = 4;

  bool fits(Entry entry) const { return width == 4 || (entry >> shift) >> (8 * width) == 0; }
  /// The one with the least memory; `coarse`: 16 entries for one where that saves a byte.
  static SlotEncoding for_entry(Entry entry, bool coarse) {
    for (std::uint8_t width = 2; width < 4; ++width) {
      for (const std::uint8_t shift : {std::uint8_t{0}, kCoarseShift}) {
        const SlotEncoding encoding{width, shift};
        if (encoding.fits(entry) && (coarse || shift == 0)) return encoding;
      }
    }
    return {4, 0};
  }
};

struct IndexSegment {
  static constexpr unsigned kHomes = 256;
  static constexpr unsigned kGroups = 16;
  static constexpr unsigned kHomesPerGroup = kHomes / kGroups;
  static constexpr unsigned kMaxPerHome = 15;

  std::uint16_t count;
  std::uint16_t capacity;
  SlotEncoding encoding;
  std::uint16_t unused;
  std::uint16_t offsets[kGroups];
  std::uint64_t counts[kGroups];

  static unsigned home_of(Hash hash) { return static_cast<unsigned>(hash >> 56); }
  static std::size_t bytes_for(std::size_t capacity, unsigned width) {
    return (sizeof(IndexSegment) + capacity * width + 4 + 7) / 8 * 8;
  }

  std::uint8_t* slot(unsigned index) { return reinterpret_cast<std::uint8_t*>(this + 1) + index * encoding.width; }
  const std::uint8_t* slot(unsigned index) const {
    return reinterpret_cast<const std::uint8_t*>(this + 1) + index * encoding.width;
  }

  /// The first of the entries that the slot stands for.
  Entry first_entry(unsigned index) const {
    std::uint32_t word;
    std::memcpy(&word, slot(index), sizeof(word));
    return (encoding.width == 4 ? word : word & ((1u << 8 * encoding.width) - 1)) << encoding.shift;
  }
  unsigned entries_per_slot() const { return 1u << encoding.shift; }
  void write(unsigned index, Entry entry) {
    const std::uint32_t number = entry >> encoding.shift;
    std::memcpy(slot(index), &number, encoding.width);
  }

  struct Run {
    unsigned begin, count;
  };
  Run run_of(unsigned home) const {
    const unsigned group = home / kHomesPerGroup, place = 4 * (home % kHomesPerGroup);
    const std::uint64_t word = counts[group];
    return {offsets[group] + sum(word & ((std::uint64_t{1} << place) - 1)), static_cast<unsigned>(word >> place & 15)};
  }

  bool is_full(unsigned home) const { return run_of(home).count == kMaxPerHome; }

  /// Requires room, and a home that is not full.
  void insert(unsigned home, Entry entry) {
    const Run run = run_of(home);
    const unsigned index = run.begin + run.count;
    std::memmove(slot(index + 1), slot(index), (count - index) * std::size_t{encoding.width});
    write(index, entry);
    change(home, 1);
  }
  void erase(unsigned home, unsigned index) {
    std::memmove(slot(index), slot(index + 1), (count - index - 1) * std::size_t{encoding.width});
    change(home, -1);
  }
  /// The slot of the home that stands for `entry`; `count` when there is none.
  unsigned find_slot(unsigned home, Entry entry) const {
    const Run run = run_of(home);
    for (unsigned index = run.begin; index < run.begin + run.count; ++index) {
      if (first_entry(index) >> encoding.shift == entry >> encoding.shift) return index;
    }
    return count;
  }

  const char* check() const {
    unsigned total = 0;
    for (unsigned group = 0; group < kGroups; ++group) {
      if (offsets[group] != total) return "G1: an offset";
      total += sum(counts[group]);
    }
    if (total != count) return "G1: the count";
    return count <= capacity ? nullptr : "G2: more slots than there is room for";
  }

 private:
  static unsigned sum(std::uint64_t counts_of_4_bits) {
    constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0fu, kOnes = 0x0101010101010101u;
    return static_cast<unsigned>(((counts_of_4_bits & kLow) + (counts_of_4_bits >> 4 & kLow)) * kOnes >> 56);
  }

  void change(unsigned home, int by) {
    const unsigned group = home / kHomesPerGroup;
    const std::uint64_t one = std::uint64_t{1} << (4 * (home % kHomesPerGroup));
    counts[group] = by > 0 ? counts[group] + one : counts[group] - one;
    for (unsigned after = group + 1; after < kGroups; ++after)
      offsets[after] = static_cast<std::uint16_t>(offsets[after] + by);
    count = static_cast<std::uint16_t>(count + by);
  }
};

static_assert(sizeof(IndexSegment) == 168);

}  // namespace tidemark
