// What holes lead to: segments that are rewritten without them, alone or two in one.
#include <algorithm>

#include "structures/table.h"

namespace tidemark {

/// False where there is no memory for the bits.
bool Table::ensure_dead(EntrySegment& in, std::uint32_t capacity) {
  const std::size_t n_bytes = EntrySegment::dead_bytes_for(capacity), old_bytes = in.dead.n_bytes;
  if (old_bytes >= n_bytes) return true;
  if (!blocks_.replace(in.dead, n_bytes, old_bytes)) return false;
  std::memset(in.dead.address + old_bytes, 0, n_bytes - old_bytes);
  return true;
}

/// For want of memory to mark the entry dead in. Requires that all entries of the segment but this one are live.
void Table::erase_by_moving(SegmentNumber number, std::uint32_t place) {
  EntrySegment& in = at(number);
  // A stable table asks for the bits before its first entry, and so never comes here.
  const auto move = [&](const Block& column, std::size_t bytes) {
    std::memmove(column.address + place * bytes, column.address + (place + 1) * bytes, (in.used - place - 1) * bytes);
  };
  for (std::uint32_t from = place + 1; from < in.used; ++from)
    index_.renumber(in.key_hash(from), entry_of(number, from), entry_of(number, from - 1));
  move(in.keys, element_bytes(in.key_kind));
  if (with_values_) move(in.values, element_bytes(in.value_kind));
  // Logged as if it were dead still: one place less from there on.
  const std::uint32_t used = in.used--;
  Relocation& relocation = last_relocations.relocations[last_relocations.count++];
  relocation = {number, number, 0, 0, {}};
  for (std::uint32_t each = 0; each < used; ++each) {
    if (each != place) relocation.live[each / 64] |= std::uint64_t{1} << (each % 64);
  }
  for (Cursor* cursor = cursors_; cursor != nullptr; cursor = cursor->next_) {
    if (cursor->position_.segment == number) cursor->position_.place = relocation.place_after(cursor->position_.place);
  }
}

void Table::log(SegmentNumber from, SegmentNumber to, std::uint32_t base) {
  const EntrySegment& in = at(from);
  Relocation& relocation = last_relocations.relocations[last_relocations.count++];
  relocation = {from, to, base, 0, {}};
  for (std::uint32_t place = 0; place < in.used; ++place) {
    if (!in.is_dead(place)) relocation.live[place / 64] |= std::uint64_t{1} << (place % 64);
  }
}

void Table::after_erase(SegmentNumber number) {
  EntrySegment& in = at(number);
  if (in.live == 0) {
    drop_segment(number);
    return;
  }
  if (in.next != kNoSegment && may_join(number, in.next)) {
    rewrite(number, in.next, 0);
  } else if (in.previous != kNoSegment && may_join(in.previous, number)) {
    rewrite(in.previous, number, 0);
  } else if (in.text_dead > in.text_used / 2 && in.text_dead > 4096) {
    // Where there is no memory for it, the room of dead texts stays.
    if (!rewrite_texts(in, 0)) return;
  }
}

bool Table::may_join(SegmentNumber low, SegmentNumber high) const {
  const EntrySegment& a = segment(low);
  const EntrySegment& b = segment(high);
  const std::uint32_t live = std::uint32_t{a.live} + b.live;
  return live <= EntrySegment::kPlaces / 2 && live * 2 <= std::uint32_t{a.used} + b.used &&
         std::uint64_t{a.text_used - a.text_dead} + (b.text_used - b.text_dead) <= EntrySegment::kManyTextBytes &&
         last_relocations.count + 2 <= RelocationLog::kMost;
}

/// Without live entries: its blocks go, and, unless it is the last, itself.
void Table::drop_segment(SegmentNumber number) {
  EntrySegment& in = at(number);
  const SegmentNumber next = in.next, previous = in.previous;
  log(number, next == kNoSegment ? number : next, 0);
  free_blocks(in);
  in.used = 0;
  in.text_used = in.text_dead = 0;
  in.key_kind = in.value_kind = ColumnKind::kInt32;
  if (next != kNoSegment) {
    at(next).previous = previous;
    if (previous != kNoSegment) {
      at(previous).next = next;
    } else {
      head_ = next;
    }
    in.in_use = false;
    in.next = free_;
    free_ = number;
  }
  for (Cursor* cursor = cursors_; cursor != nullptr; cursor = cursor->next_) {
    if (cursor->position_.segment == number) cursor->position_ = {next == kNoSegment ? number : next, 0};
  }
}

void Table::free_blocks(EntrySegment& in) {
  for (Block* block : {&in.keys, &in.values, &in.texts, &in.dead}) blocks_.give_back(*block);
}

/// Adds the live entries of a segment to one that has room, and tells the index.
void Table::copy_live(EntrySegment& to, const EntrySegment& from, SegmentNumber from_number, SegmentNumber to_number) {
  const auto copy_cell = [&](const Block& column, ColumnKind kind, std::uint32_t place, const Block& into,
                             ColumnKind into_kind) {
    Box box = EntrySegment::cell(column, kind, place);
    if (has_tag(box, BoxTag::kText)) {
      const TextRecord record = from.text(payload_of(box));
      box = make_box(BoxTag::kText, to.text_used);
      TextRecord::write(to.texts.address + to.text_used, record.form, record.content, record.n_bytes);
      to.text_used += record.record_bytes();
    }
    if (into_kind == ColumnKind::kBox) {
      into.as<Box>()[to.used] = box;
    } else if (into_kind == ColumnKind::kText) {
      into.as<std::uint32_t>()[to.used] = payload_of(box);
    } else {
      into.as<std::int32_t>()[to.used] = column.as<const std::int32_t>()[place];
    }
  };
  for (std::uint32_t place = 0; place < from.used; ++place) {
    if (from.is_dead(place)) continue;
    index_.renumber(from.key_hash(place), entry_of(from_number, place), entry_of(to_number, to.used));
    copy_cell(from.keys, from.key_kind, place, to.keys, to.key_kind);
    if (with_values_) copy_cell(from.values, from.value_kind, place, to.values, to.value_kind);
    ++to.used;
  }
}

/// Makes one segment, with room for so many more entries, of a segment, or of two neighbours.
bool Table::rewrite(SegmentNumber first, SegmentNumber second, std::uint32_t room) {
  const bool two = second != kNoSegment;
  EntrySegment& a = at(first);
  EntrySegment& b = two ? at(second) : a;
  const SegmentNumber number = two ? std::min(first, second) : first;
  // Numbers of the second that the first comes to have are told apart in the index by their homes: not in its overflow.
  if (two && second < first && index_.has_overflow()) return false;
  EntrySegment made;
  made.in_use = true;
  made.key_kind = a.key_kind == b.key_kind ? a.key_kind : ColumnKind::kBox;
  made.value_kind = a.value_kind == b.value_kind ? a.value_kind : ColumnKind::kBox;
  made.previous = a.previous;
  made.next = b.next;
  const std::uint32_t live = two ? std::uint32_t{a.live} + b.live : a.live;
  const std::uint32_t capacity = std::min(live + room, EntrySegment::kPlaces);
  const std::uint32_t text_bytes = a.text_used - a.text_dead + (two ? b.text_used - b.text_dead : 0);
  made.keys = blocks_.allocate(capacity * element_bytes(made.key_kind));
  if (with_values_) made.values = blocks_.allocate(capacity * element_bytes(made.value_kind));
  if (text_bytes != 0) made.texts = blocks_.allocate(text_bytes);
  if (made.keys.handle == 0 || (with_values_ && made.values.handle == 0) ||
      (text_bytes != 0 && made.texts.handle == 0)) {
    free_blocks(made);
    return false;
  }
  log(first, number, 0);
  copy_live(made, a, first, number);
  if (two) {
    log(second, number, made.used);
    copy_live(made, b, second, number);
  }
  made.live = made.used;
  for (Cursor* cursor = cursors_; cursor != nullptr; cursor = cursor->next_) {
    for (std::uint32_t i = last_relocations.count - (two ? 2 : 1); i < last_relocations.count; ++i) {
      const Relocation& relocation = last_relocations.relocations[i];
      if (cursor->position_.segment != relocation.from) continue;
      cursor->position_ = {relocation.to, relocation.place_after(cursor->position_.place)};
      break;
    }
  }
  free_blocks(a);
  if (two) {
    free_blocks(b);
    EntrySegment& gone = at(number == first ? second : first);
    gone = EntrySegment();
    gone.next = free_;
    free_ = number == first ? second : first;
  }
  if (made.previous != kNoSegment) {
    at(made.previous).next = number;
  } else {
    head_ = number;
  }
  if (made.next != kNoSegment) {
    at(made.next).previous = number;
  } else {
    tail_ = number;
  }
  at(number) = made;
  return true;
}

/// Leaves dead texts out, and makes room for more.
bool Table::rewrite_texts(EntrySegment& in, std::uint64_t room) {
  const std::uint64_t live_bytes = in.text_used - in.text_dead;
  if (live_bytes + room > UINT32_MAX) return false;
  EntrySegment to;
  if (live_bytes + room != 0) {
    to.texts = blocks_.allocate(static_cast<std::size_t>(live_bytes + room));
    if (to.texts.handle == 0) return false;
  }
  const auto move_text = [&](Block& column, ColumnKind kind, std::uint32_t place) {
    const Box box = EntrySegment::cell(column, kind, place);
    if (!has_tag(box, BoxTag::kText)) return;
    const TextRecord record = in.text(payload_of(box));
    TextRecord::write(to.texts.address + to.text_used, record.form, record.content, record.n_bytes);
    if (kind == ColumnKind::kText) {
      column.as<std::uint32_t>()[place] = to.text_used;
    } else {
      column.as<Box>()[place] = make_box(BoxTag::kText, to.text_used);
    }
    to.text_used += record.record_bytes();
  };
  for (std::uint32_t place = 0; place < in.used; ++place) {
    if (in.is_dead(place)) continue;
    move_text(in.keys, in.key_kind, place);
    if (with_values_) move_text(in.values, in.value_kind, place);
  }
  blocks_.give_back(in.texts);
  in.texts = to.texts;
  in.text_used = to.text_used;
  in.text_dead = 0;
  return true;
}

SegmentNumber Table::compact(SegmentNumber number) {
  refresh();
  last_relocations.count = 0;
  if (number == kNoSegment) {
    index_.trim();
    return kNoSegment;
  }
  const EntrySegment& in = at(number);
  const SegmentNumber next = in.next;
  if (!stable_ && next != kNoSegment) {
    const EntrySegment& after = at(next);
    const bool fits = std::uint32_t{in.live} + after.live <= EntrySegment::kPlaces &&
                      std::uint64_t{in.text_used} + after.text_used <= EntrySegment::kManyTextBytes;
    if (fits && rewrite(number, next, 0)) return std::min(number, next);
  }
  const bool has_holes = in.live != in.used || in.text_dead != 0;
  const bool has_room = in.capacity() != in.used || in.text_used != in.texts.n_bytes;
  if (!stable_ && (has_holes || has_room) && in.live != 0) rewrite(number, kNoSegment, 0);
  if (next == kNoSegment) index_.trim();
  return next;
}

}  // namespace tidemark
