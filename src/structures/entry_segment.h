// Up to 4096 entries of a table, in the order in which they came: a column of keys, one of values, and the texts of both.
//
//   number of an entry   number of its segment << 12 | place in it
//   column               of one kind: 4 bytes an entry while all are integers of 32 bits (or, of keys, texts), else 8; a
//                        segment changes its own columns only, so that one odd key among millions costs one segment
//   dead                 a bit for each entry that was erased; made with the first of them
//
// Invariants (Table::check())
//   S1  live <= used, and both columns have room for `used`.
//   S2  text_dead is the sum of the records in texts that no live entry names.
#pragma once

#include "structures/block_source.h"
#include "structures/index_segment.h"

namespace tidemark {

enum class ColumnKind : std::uint8_t {
  kInt32 = 0,
  kText = 1,  // where the record begins in the segment's texts
  kBox = 2,
};

constexpr std::size_t element_bytes(ColumnKind kind) { return kind == ColumnKind::kBox ? 8 : 4; }

using SegmentNumber = std::uint32_t;
inline constexpr SegmentNumber kNoSegment = ~SegmentNumber{0};

struct EntrySegment {
  static constexpr unsigned kPlaceBits = 12;
  static constexpr std::uint32_t kPlaces = 1u << kPlaceBits;
  /// A segment that has more text than this takes no new entries: it would be slow to move.
  static constexpr std::uint32_t kManyTextBytes = 256 * 1024;

  // First what a look-up reads.
  ColumnKind key_kind = ColumnKind::kInt32;
  ColumnKind value_kind = ColumnKind::kInt32;
  std::uint16_t used = 0;
  std::uint16_t live = 0;
  bool in_use = false;
  Block keys;
  Block values;
  Block dead;
  Block texts;
  std::uint32_t text_used = 0;
  std::uint32_t text_dead = 0;
  SegmentNumber next = kNoSegment;
  SegmentNumber previous = kNoSegment;

  std::uint32_t capacity() const { return keys.n_bytes / static_cast<std::uint32_t>(element_bytes(key_kind)); }
  bool is_dead(std::uint32_t place) const {
    return dead.address != nullptr && (dead.as<const std::uint64_t>()[place / 64] >> (place % 64) & 1) != 0;
  }
  void mark(std::uint32_t place, bool is_dead_now) {
    const std::uint64_t bit = std::uint64_t{1} << (place % 64);
    std::uint64_t& word = dead.as<std::uint64_t>()[place / 64];
    word = is_dead_now ? word | bit : word & ~bit;
  }

  static std::size_t dead_bytes_for(std::uint32_t capacity) { return (std::size_t{capacity} + 63) / 64 * 8; }
  TextRecord text(std::uint32_t offset) const { return TextRecord::read(texts.address + offset); }

  /// The cell as a box, whatever the column's kind.
  static Box cell(const Block& column, ColumnKind kind, std::uint32_t place) {
    switch (kind) {
      case ColumnKind::kInt32:
        return box_of(column.as<const std::int32_t>()[place]);
      case ColumnKind::kText:
        return make_box(BoxTag::kText, column.as<const std::uint32_t>()[place]);
      case ColumnKind::kBox:
        break;
    }
    return column.as<const Box>()[place];
  }
  Box key(std::uint32_t place) const { return cell(keys, key_kind, place); }
  Box value(std::uint32_t place) const { return cell(values, value_kind, place); }

  Hash key_hash(std::uint32_t place) const {
    if (key_kind == ColumnKind::kInt32) return hash_of(keys.as<const std::int32_t>()[place]);
    const Box box = key(place);
    if (has_tag(box, BoxTag::kText)) {
      const TextRecord record = text(payload_of(box));
      return hash_bytes(record.form, record.content, record.n_bytes);
    }
    return hash_of(operand_of(box));
  }
};

constexpr Entry entry_of(SegmentNumber segment, std::uint32_t place) {
  return segment << EntrySegment::kPlaceBits | place;
}
constexpr SegmentNumber segment_of(Entry entry) { return entry >> EntrySegment::kPlaceBits; }
constexpr std::uint32_t place_of(Entry entry) { return entry & (EntrySegment::kPlaces - 1); }

}  // namespace tidemark
