#include "structures/table.h"

#include <algorithm>
#include <bit>

#include "base/attributes.h"

namespace tidemark {

constinit RelocationLog last_relocations{};

Table::Table(BlockSource& source, bool with_values, bool stable)
    : blocks_(source), index_(blocks_), with_values_(with_values), stable_(stable) {}

// --- look-up

template <class T>
Entry Table::find_in(const T* cells, T wanted, const EntrySegment& in, Entry first, unsigned count) const {
  const std::uint32_t begin = tidemark::place_of(first), end = std::min<std::uint32_t>(begin + count, in.used);
  // All of them, without a branch that could be foreseen wrongly; of equal ones, all but one are dead.
  std::uint32_t equal = 0;
  for (std::uint32_t place = begin; place < end; ++place)
    equal |= static_cast<std::uint32_t>(cells[place] == wanted) << (place - begin);
  for (; equal != 0; equal &= equal - 1) {
    const auto place = begin + static_cast<std::uint32_t>(std::countr_zero(equal));
    if (!in.is_dead(place)) return first - begin + place;
  }
  return kNoEntry;
}

Entry Table::find_text(const EntrySegment& in, Entry first, unsigned count, const Operand& key) const {
  if (in.key_kind == ColumnKind::kInt32) return kNoEntry;
  const std::uint32_t begin = tidemark::place_of(first), end = std::min<std::uint32_t>(begin + count, in.used);
  for (std::uint32_t place = begin; place < end; ++place) {
    if (in.is_dead(place)) continue;
    const Box box = in.key(place);
    if (has_tag(box, BoxTag::kText) && in.text(payload_of(box)).equals(key.text_form, key.text, key.n_bytes))
      return first - begin + place;
  }
  return kNoEntry;
}

Entry Table::find_integer(std::int32_t key, Hash hash) const {
  Entry found = kNoEntry;
  const EntrySegment* const segments = directory_.as<const EntrySegment>();
  index_.find(hash, [&](Entry first, unsigned count) {
    const EntrySegment& in = segments[segment_of(first)];
    if (in.key_kind == ColumnKind::kInt32) {
      const std::int32_t* const keys = in.keys.as<const std::int32_t>();
      if (count == 1) {
        // A live entry, since the index has it.
        if (keys[tidemark::place_of(first)] == key) found = first;
      } else {
        found = find_in(keys, key, in, first, count);
      }
    } else if (in.key_kind == ColumnKind::kBox) {
      found = find_in(in.keys.as<const Box>(), box_of(key), in, first, count);
    }
    return found != kNoEntry;
  });
  return found;
}

Entry Table::find(const Operand& key, Hash hash) const {
  Entry found = kNoEntry;
  switch (key.form) {
    case Operand::Form::kInt32:
      return find_integer(key.integer, hash);
    case Operand::Form::kBox:
      index_.find(hash, [&](Entry first, unsigned count) {
        const EntrySegment& in = segment(segment_of(first));
        if (in.key_kind == ColumnKind::kBox) found = find_in(in.keys.as<const Box>(), key.box, in, first, count);
        return found != kNoEntry;
      });
      break;
    case Operand::Form::kText:
      index_.find(hash, [&](Entry first, unsigned count) {
        found = find_text(segment(segment_of(first)), first, count, key);
        return found != kNoEntry;
      });
      break;
  }
  return found;
}

std::uint64_t Table::read_ahead(const Hash* hashes, std::uint32_t count) {
  refresh();
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += index_.touch(hashes[i]);
  for (std::uint32_t i = 0; i < count; ++i) {
    index_.for_candidates(hashes[i], [&](Entry first, unsigned n_entries) {
      const EntrySegment& in = segment(segment_of(first));
      const std::uint32_t begin = tidemark::place_of(first),
                          last = std::min(begin + n_entries, std::uint32_t{in.used}) - 1;
      for (const std::uint32_t place : {begin, last}) {
        sum += in.keys.address[place * element_bytes(in.key_kind)];
        if (with_values_) sum += in.values.address[place * element_bytes(in.value_kind)];
      }
    });
  }
  return sum;
}

// --- changes

Table::Put Table::put(const Operand& key, const Operand& value, Entry reused) {
  refresh();
  released_key_ = released_value_ = 0;
  last_relocations.count = 0;
  const Hash hash = hash_of(key);
  const Entry found = find(key, hash);
  if (found != kNoEntry) {
    last_put_ = found;
    return !with_values_ || set_value(found, value) ? Put::kReplaced : Put::kRefused;
  }
  Entry entry = reused;
  if (entry == kNoEntry) {
    const SegmentNumber last = room_at_end();
    if (last == kNoSegment) return Put::kRefused;
    entry = entry_of(last, at(last).used);
  }
  EntrySegment& in = at(segment_of(entry));
  const std::uint32_t place = tidemark::place_of(entry);
  if (!prepare(in, place, key, value, true)) return Put::kRefused;
  if (!index_.reserve(hash, entry, is_coarse())) return Put::kRefused;
  index_.insert(hash, entry);
  write_key(in, place, key);
  if (with_values_) write_value(in, place, value);
  if (place == in.used) {
    ++in.used;
  } else {
    in.mark(place, false);
  }
  ++in.live;
  ++size_;
  last_put_ = entry;
  adapt_index();
  return Put::kAdded;
}

bool Table::set_value(Entry entry, const Operand& value) {
  refresh();
  released_key_ = released_value_ = 0;
  last_relocations.count = 0;
  EntrySegment& in = at(segment_of(entry));
  const std::uint32_t place = tidemark::place_of(entry);
  if (!prepare(in, place, value, value, false)) return false;
  release_cell(in, in.value(place), &released_value_);
  write_value(in, place, value);
  return true;
}

bool Table::erase(const Operand& key) {
  refresh();
  released_key_ = released_value_ = 0;
  last_relocations.count = 0;
  const Entry entry = find(key, hash_of(key));
  if (entry == kNoEntry) return false;
  erase(entry);
  return true;
}

void Table::erase(Entry entry) {
  refresh();
  released_key_ = released_value_ = 0;
  last_relocations.count = 0;
  const SegmentNumber number = segment_of(entry);
  const std::uint32_t place = tidemark::place_of(entry);
  EntrySegment& in = at(number);
  index_.erase(in.key_hash(place), entry);
  release_cell(in, in.key(place), &released_key_);
  if (with_values_) release_cell(in, in.value(place), &released_value_);
  --size_;
  --in.live;
  if (ensure_dead(in, in.capacity())) {
    in.mark(place, true);
    if (!stable_) after_erase(number);
  } else {
    erase_by_moving(number, place);
  }
  adapt_index();
}

void Table::adapt_index() {
  const Entry greatest = entry_of(segment_count_, 0) - 1;
  index_.adapt(greatest, is_coarse(), [this](Entry first, unsigned count, auto&& f) {
    const EntrySegment& in = segment(segment_of(first));
    const std::uint32_t begin = tidemark::place_of(first), end = std::min<std::uint32_t>(begin + count, in.used);
    for (std::uint32_t place = begin; place < end; ++place) {
      if (!in.is_dead(place)) f(first - begin + place, in.key_hash(place));
    }
  });
}

TIDEMARK_RARE void Table::clear() {
  refresh();
  index_.clear();
  for (SegmentNumber number = 0; number < segment_count_; ++number) free_blocks(at(number));
  blocks_.give_back(directory_);
  segment_count_ = 0;
  size_ = 0;
  free_ = head_ = tail_ = kNoSegment;
  integer_keys_ = integer_values_ = true;
  released_key_ = released_value_ = 0;
  last_relocations.count = 0;
  for (Cursor* cursor = cursors_; cursor != nullptr; cursor = cursor->next_) cursor->position_ = CursorPosition();
}

// --- cursors

Entry Table::settle(CursorPosition& cursor) const {
  if (cursor.segment == kNoSegment) {
    if (head_ == kNoSegment) return kNoEntry;
    cursor = {head_, 0};
  }
  for (;;) {
    const EntrySegment& in = segment(cursor.segment);
    for (; cursor.place < in.used; ++cursor.place) {
      if (!in.is_dead(cursor.place)) return entry_of(cursor.segment, cursor.place);
    }
    if (in.next == kNoSegment) return kNoEntry;
    cursor = {in.next, 0};
  }
}

Cursor::~Cursor() {
  Cursor** link = &table_.cursors_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
}

// --- the rest

TIDEMARK_RARE void Table::look_up() {
  blocks_.look_up(directory_);
  for (SegmentNumber number = 0; number < segment_count_; ++number) {
    EntrySegment& in = at(number);
    for (Block* block : {&in.keys, &in.values, &in.texts, &in.dead}) blocks_.look_up(*block);
  }
  index_.look_up();
  blocks_.seen();
}

const char* Table::check() {
  refresh();
  std::size_t live = 0;
  SegmentNumber previous = kNoSegment;
  for (SegmentNumber number = head_; number != kNoSegment; number = segment(number).next) {
    const EntrySegment& in = segment(number);
    if (!in.in_use || in.previous != previous) return "the order of segments";
    if (in.used > in.capacity()) return "S1: the room for keys";
    if (with_values_ && in.used * element_bytes(in.value_kind) > in.values.n_bytes) return "S1: the room for values";
    std::uint32_t live_here = 0, text_bytes = 0;
    for (std::uint32_t place = 0; place < in.used; ++place) {
      if (in.is_dead(place)) continue;
      ++live_here;
      const Entry entry = entry_of(number, place);
      for (const Box box : {in.key(place), with_values_ ? in.value(place) : kNanBox}) {
        if (has_tag(box, BoxTag::kText)) text_bytes += in.text(payload_of(box)).record_bytes();
      }
      const Hash hash = in.key_hash(place);
      std::uint32_t times = 0;
      index_.find(hash, [&](Entry first, unsigned count) {
        times += first <= entry && entry - first < count;
        return false;
      });
      if (times == 0) return "X1: an entry that the index does not have";
    }
    if (live_here != in.live) return "S1: the number of live entries";
    if (in.text_used - in.text_dead != text_bytes) return "S2: the texts";
    live += live_here;
    previous = number;
  }
  if (previous != tail_) return "the last segment";
  if (live != size_ || index_.count() != size_) return "X1: the number of entries";
  return index_.check();
}

}  // namespace tidemark
