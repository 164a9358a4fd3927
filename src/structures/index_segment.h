// A segment of the index: the entries of a few hundred keys, close together without a gap.
//
//   groups   16, each of the counts of its 16 homes, 4 bits a home in one word, and then their slots; room after the last
//
// A hash has one of 256 homes; the slots of a home lie together, homes and groups in their order. To find the slots of a
// home, the counts of the homes before it in its group are added up, 16 at once, in one word. So a slot costs its width and
// about 5 bits, there is no empty slot between two, and a look-up meets the entries of its own home only: 1 to 2.
//
// A slot is the number of an entry in `width` bytes, or, with a `shift`, that of 2^shift entries that follow one another:
// who looks there compares them all. That pays where they lie together and are compared fast.
//
// Invariants (check())
//   G1  count is the sum of all counts; offsets[g] says where group g begins.
//   G2  count <= capacity, and the block has room for capacity slots and 4 bytes more, since slots are read as words.
#pragma once

#include <initializer_list>

#include "structures/block_source.h"
#include "structures/hash.h"
#include "structures/unaligned.h"

namespace tidemark {

/// Number of an entry of a table.
using Entry = std::uint32_t;
inline constexpr Entry kNoEntry = ~Entry{0};

/// How entries are written into slots.
struct SlotEncoding {
  std::uint8_t width = 2;
  std::uint8_t shift = 0;

  static constexpr std::uint8_t kCoarseShift = 4;

  bool operator==(const SlotEncoding&) const = default;

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

  /// The first of the entries that the slot stands for.
  Entry read(const std::uint8_t* slot) const {
    const auto word = load_unaligned<std::uint32_t>(slot);
    return (width == 4 ? word : word & ((1u << 8 * width) - 1)) << shift;
  }
  void write(std::uint8_t* slot, Entry entry) const {
    const std::uint32_t number = entry >> shift;
    store_unaligned(slot, static_cast<std::uint16_t>(number));
    if (width > 2) slot[2] = static_cast<std::uint8_t>(number >> 16);
    if (width > 3) slot[3] = static_cast<std::uint8_t>(number >> 24);
  }
};

struct IndexSegment {
  static constexpr unsigned kHomes = 256;
  static constexpr unsigned kGroups = 16;
  static constexpr unsigned kHomesPerGroup = kHomes / kGroups;
  static constexpr unsigned kMaxPerHome = 15;
  static constexpr unsigned kCountsBytes = 8;

  Block data;
  std::uint16_t count = 0;
  std::uint16_t capacity = 0;
  SlotEncoding encoding;
  std::uint16_t offsets[kGroups] = {};

  static unsigned home_of(Hash hash) { return static_cast<unsigned>(hash >> 56); }
  static std::size_t bytes_for(std::size_t capacity, unsigned width) {
    return (kGroups * kCountsBytes + capacity * width + 4 + 7) / 8 * 8;
  }

  struct Run {
    std::uint8_t* begin;
    unsigned count;
  };
  std::uint8_t* group_of(unsigned home) const { return data.address + offsets[home / kHomesPerGroup]; }
  Run run_of(unsigned home) const {
    std::uint8_t* const group = group_of(home);
    const unsigned place = 4 * (home % kHomesPerGroup);
    const auto counts = load_unaligned<std::uint64_t>(group);
    const unsigned before = sum(counts & ((std::uint64_t{1} << place) - 1));
    return {group + kCountsBytes + before * encoding.width, static_cast<unsigned>(counts >> place & 15)};
  }

  bool is_full(unsigned home) const { return run_of(home).count == kMaxPerHome; }

  /// Requires room, and a home that is not full.
  void insert(unsigned home, Entry entry) {
    const Run run = run_of(home);
    std::uint8_t* const slot = run.begin + run.count * encoding.width;
    shift_up(slot);
    encoding.write(slot, entry);
    change(home, 1);
  }
  void erase(unsigned home, std::uint8_t* slot) {
    shift_down(slot);
    change(home, -1);
  }
  /// The slot of the home that stands for `entry`, which must be there.
  std::uint8_t* find_slot(unsigned home, Entry entry) const {
    std::uint8_t* slot = run_of(home).begin;
    while (encoding.read(slot) >> encoding.shift != entry >> encoding.shift) slot += encoding.width;
    return slot;
  }

  std::uint8_t* end() const { return data.address + kGroups * kCountsBytes + count * encoding.width; }

  const char* check() const {
    unsigned total = 0;
    for (unsigned group = 0; group < kGroups; ++group) {
      if (offsets[group] != group * kCountsBytes + total * encoding.width) return "G1: where a group begins";
      total += sum(load_unaligned<std::uint64_t>(data.address + offsets[group]));
    }
    if (total != count) return "G1: the count";
    return count <= capacity && bytes_for(capacity, encoding.width) <= data.n_bytes ? nullptr : "G2: the room";
  }

 private:
  static unsigned sum(std::uint64_t counts_of_4_bits) {
    constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0fu, kOnes = 0x0101010101010101u;
    return static_cast<unsigned>(((counts_of_4_bits & kLow) + (counts_of_4_bits >> 4 & kLow)) * kOnes >> 56);
  }

  /// Makes room for a slot. By words: the bytes are few, and in WebAssembly a call of memmove leaves the engine.
  void shift_up(std::uint8_t* slot) const {
    const std::uint8_t width = encoding.width;
    std::uint8_t* from = end();
    for (; from - slot >= 8; from -= 8) store_unaligned(from - 8 + width, load_unaligned<std::uint64_t>(from - 8));
    for (; from != slot; --from) from[width - 1] = from[-1];
  }
  void shift_down(std::uint8_t* slot) const {
    const std::uint8_t width = encoding.width;
    const std::uint8_t* const last = end();
    for (; last - slot >= 8 + width; slot += 8) store_unaligned(slot, load_unaligned<std::uint64_t>(slot + width));
    for (; last - slot > width; ++slot) *slot = slot[width];
  }

  void change(unsigned home, int by) {
    const unsigned group = home / kHomesPerGroup;
    const std::uint64_t one = std::uint64_t{1} << (4 * (home % kHomesPerGroup));
    std::uint8_t* const at = data.address + offsets[group];
    const auto counts = load_unaligned<std::uint64_t>(at);
    store_unaligned(at, by > 0 ? counts + one : counts - one);
    const int bytes = by * encoding.width;
    for (unsigned after = group + 1; after < kGroups; ++after)
      offsets[after] = static_cast<std::uint16_t>(offsets[after] + bytes);
    count = static_cast<std::uint16_t>(count + by);
  }
};

/// Writes a segment from its first home to its last.
class SegmentWriter {
 public:
  /// Requires room in the block.
  explicit SegmentWriter(IndexSegment& to) : to_(to), at_(to.data.address) { begin_group(); }

  /// Homes come in their order.
  void add(unsigned home, Entry entry) {
    go_to(home / IndexSegment::kHomesPerGroup);
    counts_ += std::uint64_t{1} << (4 * (home % IndexSegment::kHomesPerGroup));
    to_.encoding.write(at_, entry);
    at_ += to_.encoding.width;
    ++to_.count;
  }
  void finish() {
    go_to(IndexSegment::kGroups - 1);
    end_group();
  }

 private:
  void begin_group() {
    to_.offsets[group_] = static_cast<std::uint16_t>(at_ - to_.data.address);
    at_ += IndexSegment::kCountsBytes;
    counts_ = 0;
  }
  void end_group() { store_unaligned(to_.data.address + to_.offsets[group_], counts_); }
  void go_to(unsigned group) {
    while (group_ != group) {
      end_group();
      ++group_;
      begin_group();
    }
  }

  IndexSegment& to_;
  std::uint8_t* at_;
  unsigned group_ = 0;
  std::uint64_t counts_ = 0;
};

}  // namespace tidemark
