// What put() needs before it may write: a segment, cells of the right kind, room for texts. All of it can be refused, and
// none of it can be seen.
#include <algorithm>

#include "base/attributes.h"
#include "structures/table.h"

namespace tidemark {

namespace {

constexpr std::uint32_t kFirstEntries = 8;
constexpr std::uint32_t kFirstTextBytes = 64;

ColumnKind kind_for(const Operand& operand, bool key) {
  if (operand.form == Operand::Form::kInt32) return ColumnKind::kInt32;
  return key && operand.form == Operand::Form::kText ? ColumnKind::kText : ColumnKind::kBox;
}

}  // namespace

/// How many entries room is made for at once.
std::uint32_t Table::step() const {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(size_ / 16, kFirstEntries, EntrySegment::kPlaces / 4));
}

/// The segment that has, or can have, one entry more at its end.
SegmentNumber Table::room_at_end() {
  if (tail_ == kNoSegment) return add_segment();
  const EntrySegment& last = at(tail_);
  const bool full =
      last.used == EntrySegment::kPlaces || last.text_used - last.text_dead > EntrySegment::kManyTextBytes;
  if (!full && last.used < last.capacity()) return tail_;
  // Holes first: rewritten, the segment has at least a quarter of its room back.
  if (!stable_ && last.used != 0 && last.live <= last.used / 4 * 3 && rewrite(tail_, kNoSegment, step())) return tail_;
  return full ? add_segment() : tail_;
}

SegmentNumber Table::add_segment() {
  SegmentNumber number = free_;
  if (number == kNoSegment) {
    if (segment_count_ == kNoEntry >> EntrySegment::kPlaceBits) return kNoSegment;
    const std::size_t used = segment_count_ * sizeof(EntrySegment);
    if (directory_.n_bytes < used + sizeof(EntrySegment)) {
      const std::size_t wanted = segment_count_ + 1 + segment_count_ / 4;
      if (!blocks_.replace(directory_, wanted * sizeof(EntrySegment), used)) return kNoSegment;
    }
    number = segment_count_++;
  } else {
    free_ = at(number).next;
  }
  EntrySegment& in = at(number) = EntrySegment();
  in.in_use = true;
  in.previous = tail_;
  if (tail_ != kNoSegment) {
    at(tail_).next = number;
  } else {
    head_ = number;
  }
  tail_ = number;
  return number;
}

bool Table::prepare(EntrySegment& in, std::uint32_t place, const Operand& key, const Operand& value, bool key_too) {
  const ColumnKind key_kind = kind_for(key, true), value_kind = kind_for(value, false);
  if (in.keys.handle == 0) {
    in.key_kind = key_kind;
    in.value_kind = value_kind;
  }
  if (key_too && in.key_kind != key_kind && in.key_kind != ColumnKind::kBox && !widen(in, true, ColumnKind::kBox))
    return false;
  if (with_values_ && in.value_kind != value_kind && in.value_kind != ColumnKind::kBox &&
      !widen(in, false, ColumnKind::kBox))
    return false;
  if (place >= in.capacity()) {
    const std::uint32_t wanted = std::min(in.used + step(), EntrySegment::kPlaces);
    if (!make_room(in, wanted) && !make_room(in, in.used + 1u)) return false;
  }
  std::uint64_t text_bytes = 0;
  if (key_too && key.form == Operand::Form::kText) text_bytes += TextRecord::record_bytes(key.n_bytes);
  if (with_values_ && value.form == Operand::Form::kText) text_bytes += TextRecord::record_bytes(value.n_bytes);
  if (text_bytes != 0 && !make_text_room(in, text_bytes)) return false;
  if (stable_ && !ensure_dead(in, in.capacity())) return false;
  if (key_too && key_kind != ColumnKind::kInt32) integer_keys_ = false;
  if (with_values_ && value_kind != ColumnKind::kInt32) integer_values_ = false;
  return true;
}

/// Makes the cells of a column boxes.
TIDEMARK_RARE bool Table::widen(EntrySegment& in, bool keys, ColumnKind to) {
  Block& column = keys ? in.keys : in.values;
  ColumnKind& kind = keys ? in.key_kind : in.value_kind;
  if (column.handle != 0) {
    Block boxes = blocks_.allocate(column.n_bytes / element_bytes(kind) * sizeof(Box));
    if (boxes.handle == 0) return false;
    for (std::uint32_t place = 0; place < in.used; ++place)
      boxes.as<Box>()[place] = EntrySegment::cell(column, kind, place);
    blocks_.give_back(column);
    column = boxes;
  }
  kind = to;
  return true;
}

bool Table::make_room(EntrySegment& in, std::uint32_t capacity) {
  if (in.dead.handle != 0 && !ensure_dead(in, capacity)) return false;
  // The column of keys says how much room there is: it comes last.
  const std::size_t value_bytes = element_bytes(in.value_kind);
  if (with_values_ && in.values.n_bytes < capacity * value_bytes &&
      !blocks_.replace(in.values, capacity * value_bytes, in.used * value_bytes))
    return false;
  const std::size_t key_bytes = element_bytes(in.key_kind);
  return blocks_.replace(in.keys, capacity * key_bytes, in.used * key_bytes);
}

bool Table::make_text_room(EntrySegment& in, std::uint64_t n_bytes) {
  const std::uint64_t needed = in.text_used + n_bytes;
  if (needed <= in.texts.n_bytes) return true;
  if (in.text_dead > in.text_used / 2) return rewrite_texts(in, n_bytes);
  const std::uint64_t room = std::max<std::uint64_t>(in.text_used / 16, kFirstTextBytes);
  if (needed > UINT32_MAX - kFirstTextBytes) return false;
  return (needed + room <= UINT32_MAX &&
          blocks_.replace(in.texts, static_cast<std::size_t>(needed + room), in.text_used)) ||
         blocks_.replace(in.texts, static_cast<std::size_t>(needed), in.text_used);
}

std::uint32_t Table::add_text(EntrySegment& in, const Operand& text) {
  const std::uint32_t offset = in.text_used;
  TextRecord::write(in.texts.address + offset, text.text_form, text.text, text.n_bytes);
  in.text_used += static_cast<std::uint32_t>(TextRecord::record_bytes(text.n_bytes));
  return offset;
}

void Table::write_key(EntrySegment& in, std::uint32_t place, const Operand& key) {
  switch (in.key_kind) {
    case ColumnKind::kInt32:
      in.keys.as<std::int32_t>()[place] = key.integer;
      break;
    case ColumnKind::kText:
      in.keys.as<std::uint32_t>()[place] = add_text(in, key);
      break;
    case ColumnKind::kBox:
      in.keys.as<Box>()[place] =
          key.form == Operand::Form::kText ? make_box(BoxTag::kText, add_text(in, key)) : key.as_box();
      break;
  }
}

void Table::write_value(EntrySegment& in, std::uint32_t place, const Operand& value) {
  if (in.value_kind == ColumnKind::kInt32) {
    in.values.as<std::int32_t>()[place] = value.integer;
  } else {
    in.values.as<Box>()[place] =
        value.form == Operand::Form::kText ? make_box(BoxTag::kText, add_text(in, value)) : value.as_box();
  }
}

/// What a cell named is nobody's now.
void Table::release_cell(EntrySegment& in, Box box, std::uint32_t* released) {
  if (has_tag(box, BoxTag::kText)) in.text_dead += in.text(payload_of(box)).record_bytes();
  if (has_tag(box, BoxTag::kReference)) *released = payload_of(box) + 1;
}

}  // namespace tidemark
