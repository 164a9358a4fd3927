// A segment of the index: the entries of a few hundred keys, close together.
//
//   groups   16, each of the counts of its 16 homes, 4 bits a home in one word, then their slots, and room for a slot or two,
//            so that a new one moves few others
//
// A hash has one of 256 homes; the slots of a home lie together, homes and groups in their order. To find the slots of a
// home, the counts of the homes before it in its group are added up, 16 at once, in one word. So a slot costs its width and
// about 5 bits, and a look-up meets the entries of its own home only: 1 to 2.
//
// A slot is the number of an entry in `width` bytes, or, with a `shift`, that of 2^shift entries that follow one another:
// who looks there compares them all. That pays where they lie together and are compared fast.
//
// Invariants (check())
//   G1  count is the sum of all counts; offsets[g] says where group g begins, and its counts and slots end at or before the
//       next group's begin, or the segment's end, with room for whole slots between.
//   G2  count <= capacity, and the block has room for capacity slots and 8 bytes more, since slots are read by words.
#pragma once

#include <algorithm>
#include <bit>

#include "base/attributes.h"
#include "structures/block_source.h"
#include "structures/hash.h"
#include "structures/unaligned.h"

namespace tidemark {

/// Number of an entry of a table.
using Entry = std::uint32_t;
inline constexpr Entry kNoEntry = ~Entry{0};

/// How entries are written into slots: below, in what bits there are to spare, a mark, the lowest bits of the key's hash, and
/// above it the entry's number. Who looks for a key passes by the slots with another mark, and need not read their keys.
struct SlotEncoding {
  std::uint8_t width = 2;
  std::uint8_t shift = 0;
  std::uint8_t mark_bits = 0;

  static constexpr unsigned kMaxShift = 4;
  static constexpr unsigned kMaxMarkBits = 8;
  static constexpr unsigned kGoodMarkBits = 3;

  bool operator==(const SlotEncoding&) const = default;

  unsigned number_bits() const { return 8u * width - mark_bits; }
  std::uint32_t mark_mask() const { return (1u << mark_bits) - 1; }
  bool fits(Entry entry) const { return (std::uint64_t{entry} >> shift) >> number_bits() == 0; }
  /// With as long a mark as leaves room for entries up to `greatest`, and no longer than `most_mark_bits`.
  SlotEncoding marked_for(Entry greatest, unsigned most_mark_bits) const {
    const unsigned needed = static_cast<unsigned>(std::bit_width(greatest >> shift)), there = 8u * width;
    const unsigned spare = there > needed ? there - needed : 0;
    return {width, shift, static_cast<std::uint8_t>(spare < most_mark_bits ? spare : most_mark_bits)};
  }
  /// The one with the least memory; `coarse`: with as many entries for one as that takes, or as leave room for a mark of 3
  /// bits, up to 16.
  TIDEMARK_RARE static SlotEncoding for_entry(Entry greatest, bool coarse) {
    for (std::uint8_t width = 2; width < 4; ++width) {
      SlotEncoding found{0};
      for (unsigned shift = 0; shift <= (coarse ? kMaxShift : 0u) && found.mark_bits < kGoodMarkBits; ++shift) {
        const SlotEncoding encoding{width, static_cast<std::uint8_t>(shift)};
        if (encoding.fits(greatest)) found = encoding.with_room(greatest);
      }
      if (found.width != 0) return found;
    }
    return SlotEncoding{4, 0}.with_room(greatest);
  }
  /// With a mark that leaves room for twice as many entries where that is possible: a segment is split before there are.
  SlotEncoding with_room(Entry greatest) const {
    return marked_for(greatest <= ~Entry{0} / 2 ? 2 * greatest + 1 : greatest, kMaxMarkBits);
  }

  /// The first of the entries that the slot stands for.
  Entry read(const std::uint8_t* slot) const { return (word(slot) & kSlotMask[width]) >> mark_bits << shift; }
  /// What is known of the hash: its lowest mark_bits.
  std::uint32_t mark(const std::uint8_t* slot) const { return word(slot) & mark_mask(); }
  void write(std::uint8_t* slot, Entry entry, std::uint64_t hash) const {
    const std::uint32_t number = entry >> shift << mark_bits | (static_cast<std::uint32_t>(hash) & mark_mask());
    store_unaligned(slot, static_cast<std::uint16_t>(number));
    if (width > 2) slot[2] = static_cast<std::uint8_t>(number >> 16);
    if (width > 3) slot[3] = static_cast<std::uint8_t>(number >> 24);
  }

  // Slots are looked at side by side, as many as have their marks in a word of 64 bits.

  unsigned at_once() const { return kAtOnce[width]; }
  /// The bits of a word that are marks.
  std::uint64_t marks() const { return mark_mask() * kOnes[width]; }
  /// Of the first `count` slots, and no more than at_once(), those that may be this hash's: a bit for each, for next_marked().
  /// Reads a word, whatever the count is. `marks` is marks(), which who asks often keeps.
  std::uint64_t marked(const std::uint8_t* slots, unsigned count, Hash hash, std::uint64_t marks) const {
    return by_width<std::uint64_t>([&]<unsigned kWidth>() { return marked<kWidth>(slots, count, hash, marks); });
  }
  /// What the first of marked() has for a number; kNoEntry where there is none.
  [[gnu::always_inline]] std::uint32_t first_marked(const std::uint8_t* slots, unsigned count, Hash hash,
                                                    std::uint64_t marks) const {
    return by_width<std::uint32_t>([&]<unsigned kWidth>() { return first_marked<kWidth>(slots, count, hash, marks); });
  }
  /// How many bytes after the first slot the first of `marked` begins.
  static unsigned next_marked(std::uint64_t marked) { return static_cast<unsigned>(std::countr_zero(marked)) / 8 - 1; }

 private:
  /// Each width by constants of its own: which one it is, a processor foresees.
  template <class Result, class Body>
  [[gnu::always_inline]] Result by_width(Body&& body) const {
    switch (width) {
      case 2:
        return body.template operator()<2>();
      case 3:
        return body.template operator()<3>();
      default:
        return body.template operator()<4>();
    }
  }
  template <unsigned kWidth>
  static std::uint64_t marked(const std::uint8_t* slots, unsigned count, Hash hash, std::uint64_t marks) {
    const std::uint64_t equal = equal_marks<kWidth>(load_unaligned<std::uint64_t>(slots), hash, marks);
    return count < kAtOnce[kWidth] ? equal & ((std::uint64_t{1} << 8 * kWidth * count) - 1) : equal;
  }
  template <unsigned kWidth>
  std::uint32_t first_marked(const std::uint8_t* slots, unsigned count, Hash hash, std::uint64_t marks) const {
    const std::uint64_t equal = equal_marks<kWidth>(load_unaligned<std::uint64_t>(slots), hash, marks);
    const unsigned bit = static_cast<unsigned>(std::countr_zero(equal)) - 8;
    if (equal == 0 || bit >= 8 * kWidth * count) return kNoEntry;
    // Of three bytes, the third slot ends beyond the word.
    return (SlotEncoding::word(slots + bit / 8) & kSlotMask[kWidth]) >> mark_bits;
  }
  template <unsigned kWidth>
  static std::uint64_t equal_marks(std::uint64_t word, Hash hash, std::uint64_t marks) {
    constexpr std::uint64_t kOne = kOnes[kWidth];
    const std::uint64_t differs = (word ^ (hash & 255) * kOne) & marks;
    // 255 more, and the 9th bit says whether the lower 8 were 0.
    return ~(differs + 255 * kOne) & 256 * kOne;
  }

  static constexpr std::uint32_t kSlotMask[] = {0, 0, 0xffff, 0xff'ffff, 0xffff'ffff};
  static constexpr std::uint64_t kOnes[] = {0, 0, 0x0001'0001'0001'0001, 0x0001'0000'0100'0001, 0x0000'0001'0000'0001};
  static constexpr std::uint8_t kAtOnce[] = {0, 0, 4, 3, 2};

  static std::uint32_t word(const std::uint8_t* slot) { return load_unaligned<std::uint32_t>(slot); }
};

struct IndexSegment {
  static constexpr unsigned kHomes = 256;
  static constexpr unsigned kHomeBit = 56;  // of a hash: where its home begins
  static constexpr unsigned kGroups = 16;
  static constexpr unsigned kHomesPerGroup = kHomes / kGroups;
  static constexpr unsigned kMaxPerHome = 15;
  static constexpr unsigned kCountsBytes = 8;

  Block data;
  std::uint16_t count = 0;
  std::uint16_t capacity = 0;
  SlotEncoding encoding;
  std::uint16_t offsets[kGroups] = {};
  std::uint64_t marks = 0;  // encoding.marks()

  static unsigned home_of(Hash hash) { return static_cast<unsigned>(hash >> kHomeBit); }
  static std::size_t bytes_for(std::size_t capacity, unsigned width) {
    return (kGroups * kCountsBytes + capacity * width + 8 + 7) / 8 * 8;
  }

  struct Run {
    std::uint8_t* begin;
    unsigned count;
  };
  std::uint8_t* group_of(unsigned home) const { return data.address + offsets[home / kHomesPerGroup]; }
  /// Two bytes of a hash's group that lie as far apart as most of its slots do.
  void ends_of_group(Hash hash, const std::uint8_t** to) const {
    to[0] = group_of(home_of(hash));
    to[1] = std::min<const std::uint8_t*>(to[0] + 56, data.address + data.n_bytes - 1);
  }
  Run run_of(unsigned home) const { return run_in(group_of(home), home); }
  /// Requires group_of() of the home.
  Run run_in(std::uint8_t* group, unsigned home) const {
    const unsigned place = 4 * (home % kHomesPerGroup);
    const auto counts = load_unaligned<std::uint64_t>(group);
    const unsigned before = sum(counts & ((std::uint64_t{1} << place) - 1));
    return {group + kCountsBytes + before * encoding.width, static_cast<unsigned>(counts >> place & 15)};
  }

  std::uint64_t marked(Run run, Hash hash) const { return encoding.marked(run.begin, run.count, hash, marks); }

  /// Calls visit(home, run) for every home that is not empty, in their order.
  template <class Visit>
  void for_each_home(Visit&& visit) const {
    for (unsigned group = 0; group < kGroups; ++group) {
      std::uint8_t* slots = data.address + offsets[group] + kCountsBytes;
      auto counts = load_unaligned<std::uint64_t>(slots - kCountsBytes);
      for (unsigned home = group * kHomesPerGroup; counts != 0; ++home, counts >>= 4) {
        const auto n = static_cast<unsigned>(counts & 15);
        if (n != 0) visit(home, Run{slots, n});
        slots += n * encoding.width;
      }
    }
  }

  bool is_full(unsigned home) const { return run_of(home).count == kMaxPerHome; }

  /// Requires room, and a home that is not full.
  void insert(unsigned home, Entry entry, Hash hash) {
    std::uint8_t* const group = group_of(home);
    const unsigned place = 4 * (home % kHomesPerGroup), width = encoding.width;
    const auto counts = load_unaligned<std::uint64_t>(group);
    std::uint8_t* const slots = group + kCountsBytes;
    std::uint8_t* slot = slots + sum(counts & ((std::uint64_t{16} << place) - 1)) * width;
    std::uint8_t* const end = slots + sum(counts) * width;
    if (end != data.address + begin_of(home / kHomesPerGroup + 1)) {
      move_up(slot + width, slot, static_cast<std::size_t>(end - slot));
    } else {
      slot = room_from_others(home / kHomesPerGroup, slot);
    }
    encoding.write(slot, entry, hash);
    store_unaligned(group_of(home), counts + (std::uint64_t{1} << place));
    ++count;
  }
  void erase(unsigned home, std::uint8_t* slot) {
    const std::uint8_t* const next = slot + encoding.width;
    move_down(slot, next, static_cast<std::size_t>(data.address + used_end(home / kHomesPerGroup) - next));
    std::uint8_t* const group = group_of(home);
    const std::uint64_t one = std::uint64_t{1} << (4 * (home % kHomesPerGroup));
    store_unaligned(group, load_unaligned<std::uint64_t>(group) - one);
    --count;
  }
  /// A slot of the home that stands for `entry`, and has its mark; it must be there.
  std::uint8_t* find_slot(Hash hash, Entry entry) const {
    std::uint8_t* slot = run_of(home_of(hash)).begin;
    const Entry first = entry >> encoding.shift << encoding.shift;
    const std::uint32_t mark = static_cast<std::uint32_t>(hash) & encoding.mark_mask();
    while (encoding.read(slot) != first || encoding.mark(slot) != mark) slot += encoding.width;
    return slot;
  }

  /// Of `room` slots, how many are left between a group and the one before it.
  static unsigned room_before(unsigned room, unsigned group) {
    return group == 0 ? 0 : room * group / kGroups - room * (group - 1) / kGroups;
  }
  /// All slots to a segment of the same encoding and its own room, which has none yet.
  void copy_to(IndexSegment& to) const {
    const unsigned room = to.capacity - count;
    unsigned at = 0;
    for (unsigned group = 0; group < kGroups; ++group) {
      at += room_before(room, group) * encoding.width;
      to.offsets[group] = static_cast<std::uint16_t>(at);
      const unsigned n_bytes = used_end(group) - offsets[group];
      move_down(to.data.address + at, data.address + offsets[group], n_bytes);
      at += n_bytes;
    }
    to.count = count;
  }

  const char* check() const {
    unsigned total = 0;
    for (unsigned group = 0; group < kGroups; ++group) {
      total += sum(load_unaligned<std::uint64_t>(data.address + offsets[group]));
      const unsigned used = used_end(group), end = begin_of(group + 1);
      if (used > end || (end - used) % encoding.width != 0) return "G1: where a group ends";
    }
    if (total != count) return "G1: the count";
    // Groups that end like this hold no more than capacity slots.
    return bytes_for(capacity, encoding.width) <= data.n_bytes ? nullptr : "G2: the room";
  }

 private:
  static unsigned sum(std::uint64_t counts_of_4_bits) {
    constexpr std::uint64_t kLow = 0x0f0f0f0f0f0f0f0fu, kOnes = 0x0101010101010101u;
    return static_cast<unsigned>(((counts_of_4_bits & kLow) + (counts_of_4_bits >> 4 & kLow)) * kOnes >> 56);
  }

  unsigned begin_of(unsigned group) const {
    return group < kGroups ? offsets[group] : kGroups * kCountsBytes + unsigned{capacity} * encoding.width;
  }
  unsigned used_end(unsigned group) const {
    const auto counts = load_unaligned<std::uint64_t>(data.address + offsets[group]);
    return offsets[group] + kCountsBytes + sum(counts) * encoding.width;
  }

  /// Of the nearest group with room: the ones after this one first, then those before it. Returns the slot as it is then.
  std::uint8_t* room_from_others(unsigned group, std::uint8_t* slot) {
    const unsigned width = encoding.width;
    unsigned from = group;
    while (from < kGroups && used_end(from) == begin_of(from + 1)) ++from;
    if (from < kGroups) {
      move_up(slot + width, slot, static_cast<std::size_t>(data.address + used_end(from) - slot));
      for (; from > group; --from) offsets[from] = static_cast<std::uint16_t>(offsets[from] + width);
      return slot;
    }
    for (from = group; used_end(from - 1) == begin_of(from); --from)
      offsets[from] = static_cast<std::uint16_t>(offsets[from] - width);
    std::uint8_t* const begin = data.address + begin_of(from);
    move_down(begin - width, begin, static_cast<std::size_t>(slot - begin));
    offsets[from] = static_cast<std::uint16_t>(offsets[from] - width);
    return slot - width;
  }

  // By words, of which the last overlaps the one before it: the bytes are few, and in WebAssembly a call of memmove leaves
  // the engine.

  /// For `to` > `from`.
  static void move_up(std::uint8_t* to, const std::uint8_t* from, std::size_t n_bytes) {
    if (n_bytes < 8) {
      move_few(to, from, n_bytes);
      return;
    }
    const auto first = load_unaligned<std::uint64_t>(from);
    for (; n_bytes > 8; n_bytes -= 8) {
      store_unaligned(to + n_bytes - 8, load_unaligned<std::uint64_t>(from + n_bytes - 8));
    }
    store_unaligned(to, first);
  }
  /// For `to` < `from`.
  static void move_down(std::uint8_t* to, const std::uint8_t* from, std::size_t n_bytes) {
    if (n_bytes < 8) {
      move_few(to, from, n_bytes);
      return;
    }
    std::uint8_t* const last_to = to + n_bytes - 8;
    const auto last = load_unaligned<std::uint64_t>(from + n_bytes - 8);
    for (; to < last_to; to += 8, from += 8) store_unaligned(to, load_unaligned<std::uint64_t>(from));
    store_unaligned(last_to, last);
  }
  static void move_few(std::uint8_t* to, const std::uint8_t* from, std::size_t n_bytes) {
    if (n_bytes >= 4) {
      const auto first = load_unaligned<std::uint32_t>(from), last = load_unaligned<std::uint32_t>(from + n_bytes - 4);
      store_unaligned(to, first);
      store_unaligned(to + n_bytes - 4, last);
    } else if (n_bytes >= 2) {
      const auto first = load_unaligned<std::uint16_t>(from);
      const std::uint8_t last = from[n_bytes - 1];
      store_unaligned(to, first);
      to[n_bytes - 1] = last;
    }
  }
};

/// Writes a segment from its first home to its last, and leaves each group a part of the room.
class SegmentWriter {
 public:
  /// `count` slots will be added. Requires room in the block.
  SegmentWriter(IndexSegment& to, unsigned count) : to_(to), room_(to.capacity - count), at_(to.data.address) {
    begin_group();
  }

  /// Homes come in their order.
  [[gnu::always_inline]] void add(unsigned home, Entry entry, std::uint64_t hash) {
    go_to(home / IndexSegment::kHomesPerGroup);
    counts_ += std::uint64_t{1} << (4 * (home % IndexSegment::kHomesPerGroup));
    to_.encoding.write(at_, entry, hash);
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
      at_ += IndexSegment::room_before(room_, group_) * to_.encoding.width;
      begin_group();
    }
  }

  IndexSegment& to_;
  unsigned room_;
  std::uint8_t* at_;
  unsigned group_ = 0;
  std::uint64_t counts_ = 0;
};

}  // namespace tidemark
