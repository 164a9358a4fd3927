#include "structures/table.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/attributes.h"

namespace tidemark {

constinit RelocationLog last_relocations{};

Table::Table(BlockSource& source, bool with_values, bool stable)
    : blocks_(source),
      index_(blocks_,
             {this, [](const void* table, Entry entry) { return static_cast<const Table*>(table)->key_hash(entry); }}),
      with_values_(with_values),
      stable_(stable) {}

// --- look-up

namespace {

constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

/// The place of the cell that is what is wanted, kNowhere where there is none; any place where there are several. All cells
/// are looked at, without a branch, which could be foreseen wrongly. Requires an even count.
inline std::uint32_t place_among(const std::int32_t* cells, unsigned count, std::int32_t wanted) {
  std::uint32_t even = kNowhere, odd = kNowhere;  // side by side
  TIDEMARK_KEEP_LOOP for (unsigned i = 0; i < count; i += 2) {
    even = cells[i] == wanted ? i : even;
    odd = cells[i + 1] == wanted ? i + 1 : odd;
  }
  return even & odd;
}
/// As many as slots stand for in all but small tables.
inline std::uint32_t place_among_16(const std::int32_t* cells, std::int32_t wanted) {
  std::uint32_t even = kNowhere, odd = kNowhere;
  for (unsigned i = 0; i < 16; i += 2) {
    even = cells[i] == wanted ? i : even;
    odd = cells[i + 1] == wanted ? i + 1 : odd;
  }
  return even & odd;
}

/// Where a live entry is whose cell is what is wanted, among `count` of which several may be dead, or not be there.
template <class T>
TIDEMARK_RARE Entry first_live(const T* cells, T wanted, const EntrySegment& in, Entry first, unsigned count) {
  const std::uint32_t begin = place_of(first);
  for (std::uint32_t place = begin; place < begin + count && place < in.used; ++place) {
    if (cells[place] == wanted && !in.is_dead(place)) return first - begin + place;
  }
  return kNoEntry;
}

}  // namespace

TIDEMARK_SMALL Entry Table::find_text(const EntrySegment& in, Entry first, unsigned count, const Operand& key) const {
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

/// Which of 2^shift entries has the key.
Entry Table::find_among(std::int32_t key, Entry first, unsigned shift) const {
  const EntrySegment& in = segment(segment_of(first));
  if (in.key_kind == ColumnKind::kText) return kNoEntry;
  if (in.key_kind == ColumnKind::kBox) return first_live(in.keys.as<const Box>(), box_of(key), in, first, 1u << shift);
  const std::uint32_t begin = tidemark::place_of(first);
  const std::int32_t* const cells = in.keys.as<const std::int32_t>() + begin;
  // One by itself is a live entry, since the index has it.
  if (shift == 0) return *cells == key ? first : kNoEntry;
  if (begin + (1u << shift) <= in.used) {
    const std::uint32_t place = shift == 4 ? place_among_16(cells, key) : place_among(cells, 1u << shift, key);
    if (place == kNowhere) return kNoEntry;
    if (place < 1u << shift && cells[place] == key && !in.is_dead(begin + place)) return first + place;
  }
  return first_live(in.keys.as<const std::int32_t>(), key, in, first, 1u << shift);
}

/// As Index::find_at(), written out: a compiler has registers for so much.
Entry Table::find_integer_at(std::int32_t key, Hash hash, const IndexSegment* segment, std::uint8_t* slots,
                             unsigned count) const {
  const SlotEncoding encoding = segment->encoding;
  for (;;) {
    std::uint64_t marked = encoding.marked(slots, count, hash, segment->marks);
    for (; marked != 0; marked &= marked - 1) {
      const Entry found = find_among(key, encoding.read(slots + SlotEncoding::next_marked(marked)), encoding.shift);
      if (found != kNoEntry) return found;
    }
    const unsigned at_once = encoding.at_once();
    if (count <= at_once) break;
    slots += at_once * encoding.width;
    count -= at_once;
  }
  Entry found = kNoEntry;
  index_.find_in_overflow([&](Entry entry, unsigned) {
    found = find_among(key, entry, 0);
    return found != kNoEntry;
  });
  return found;
}

Entry Table::find(const Operand& key, Hash hash) {
  Entry found = kNoEntry;
  switch (key.form) {
    case Operand::Form::kInt32:
      return find_integer(key.integer);
    case Operand::Form::kBox:
      index_.find(hash, [&](Entry first, unsigned count) {
        const EntrySegment& in = segment(segment_of(first));
        if (in.key_kind == ColumnKind::kBox) found = first_live(in.keys.as<const Box>(), key.box, in, first, count);
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

/// Where a slot stands for one entry, the first look most often says all: without loops, and what they need registers for.
[[gnu::always_inline]] inline Entry Table::find_integer_here(std::int32_t key) const {
  if (index_.is_empty()) return kNoEntry;
  const Hash hash = hash_of(key);
  const Index::Place place = index_.place_for(hash);
  if (place.segment->encoding.shift == 0) {
    const Index::Likely likely = index_.likely(place, hash);
    if (likely.first != kNoEntry) {
      const EntrySegment& in = segment(segment_of(likely.first));
      if (in.key_kind == ColumnKind::kInt32 &&
          in.keys.as<const std::int32_t>()[tidemark::place_of(likely.first)] == key)
        return likely.first;
    } else if (!likely.rest) {
      return kNoEntry;
    }
  }
  return find_integer_at(key, hash, place.segment, place.run.begin, place.run.count);
}

Entry Table::find_integer(std::int32_t key) {
  refresh();
  return find_integer_here(key);
}

double Table::integer_value(std::int32_t key) {
  refresh();
  const Entry entry = find_integer_here(key);
  return entry == kNoEntry ? std::numeric_limits<double>::quiet_NaN() : number_or_nan(entry);
}

inline const std::uint8_t* Table::key_address(const EntrySegment& in, std::uint32_t place) {
  return in.keys.address + place * element_bytes(in.key_kind);
}

/// Where the first and the last key are of so many entries that follow one another.
inline void Table::key_ends(Entry first, unsigned count, const std::uint8_t** to) const {
  const EntrySegment& in = segment(segment_of(first));
  const std::uint32_t begin = tidemark::place_of(first);
  to[0] = key_address(in, begin);
  to[1] = key_address(in, std::min<std::uint32_t>(begin + count, in.used) - 1);
}

/// A loop a step, so that what one key waits for is read while others are.
void Table::find_many(const std::int32_t* keys, unsigned count, Entry* entries) {
  refresh();
  if (index_.is_empty()) {
    std::fill_n(entries, count, kNoEntry);
    return;
  }
  const bool is_large = this->is_large();
  const std::uint8_t* addresses[4 * kSideBySide];
  Hash hashes[kSideBySide];
  for (unsigned i = 0; i < count; ++i) hashes[i] = hash_of(keys[i]);
  if (is_large) {
    for (unsigned i = 0; i < count; ++i) index_.segment_for(hashes[i]).ends_of_group(hashes[i], addresses + 2 * i);
    read_ahead(addresses, 2 * count);
  }
  Index::Place places[kSideBySide];
  for (unsigned i = 0; i < count; ++i) places[i] = index_.place_for(hashes[i]);
  Index::Likely likely[kSideBySide];
  unsigned n = 0;
  for (unsigned i = 0; i < count; ++i) {
    likely[i] = index_.likely(places[i], hashes[i]);
    const SlotEncoding encoding = places[i].segment->encoding;
    const Entry first = likely[i].first;
    if (first == kNoEntry) continue;
    if (!is_large) {
      // Of slots for several, there are many instructions for each.
      if (encoding.shift != 0) addresses[n++] = key_address(segment(segment_of(first)), tidemark::place_of(first));
      continue;
    }
    key_ends(first, 1u << encoding.shift, addresses + n);
    n += 2;
    // Where nothing tells them apart, the next one is as likely.
    if (encoding.mark_bits != 0 || places[i].run.count < 2) continue;
    key_ends(encoding.read(places[i].run.begin + encoding.width), 1u << encoding.shift, addresses + n);
    n += 2;
  }
  read_ahead(addresses, n);
  for (unsigned i = 0; i < count; ++i) {
    entries[i] = likely[i].first;
    if (likely[i].first != kNoEntry) entries[i] = find_among(keys[i], likely[i].first, likely[i].shift);
    if (entries[i] == kNoEntry && likely[i].rest)
      entries[i] = find_integer_at(keys[i], hashes[i], places[i].segment, places[i].run.begin, places[i].run.count);
  }
}

TIDEMARK_SMALL void Table::find_many(const double* keys, unsigned count, Entry* entries) {
  std::int32_t integers[kSideBySide];
  bool all = true;
  for (unsigned i = 0; i < count; ++i) {
    const double key = keys[i];
    integers[i] = static_cast<std::int32_t>(key >= -2147483648.0 && key <= 2147483647.0 ? key : 0.5);
    all = all && static_cast<double>(integers[i]) == key;
  }
  if (all) {
    find_many(integers, count, entries);
    return;
  }
  for (unsigned i = 0; i < count; ++i) entries[i] = find_number(keys[i]);
}

// --- changes

/// A number in place of a number, in a cell that has room for it.
inline bool Table::replace_number(Entry entry, double value) {
  const EntrySegment& in = at(segment_of(entry));
  const std::uint32_t place = tidemark::place_of(entry);
  if (in.value_kind == ColumnKind::kInt32) {
    const auto integer = static_cast<std::int32_t>(value >= -2147483648.0 && value <= 2147483647.0 ? value : 0.5);
    // Not -0 in place of 0.
    if (std::bit_cast<Box>(value) != box_of(integer)) return false;
    in.values.as<std::int32_t>()[place] = integer;
    return true;
  }
  Box& cell = in.values.as<Box>()[place];
  if (!is_number(cell)) return false;
  cell = value != value ? kNanBox : std::bit_cast<Box>(value);
  return true;
}

Table::Put Table::put(const Operand& key, const Operand& value, Entry reused) {
  refresh();
  begin_change();
  const Hash hash = hash_of(key);
  const Entry found = find(key, hash);
  return found != kNoEntry ? replace(found, value) : add(key, hash, value, reused);
}

Table::Put Table::put_integer(std::int32_t key, double value) {
  const Entry found = find_integer(key);
  if (found != kNoEntry) return put_at(found, value);
  begin_change();
  const Hash hash = hash_of(key);
  if (add_integer(key, hash, value)) return Put::kAdded;
  return add(Operand::of(key), hash, Operand::of_value(value), kNoEntry);
}

Table::Put Table::put_at(Entry entry, double value) {
  refresh();
  begin_change();
  last_put_ = entry;
  return !with_values_ || replace_number(entry, value) || set_value(entry, Operand::of_value(value)) ? Put::kReplaced
                                                                                                     : Put::kRefused;
}

Table::Put Table::put_numbers(double key, double value) {
  const auto integer = static_cast<std::int32_t>(key >= -2147483648.0 && key <= 2147483647.0 ? key : 0.5);
  if (static_cast<double>(integer) == key) return put_integer(integer, value);
  return put(Operand::of_key(key), Operand::of_value(value));
}

inline Table::Put Table::replace(Entry entry, const Operand& value) {
  last_put_ = entry;
  const bool is_known = value.form != Operand::Form::kText && is_number(value.as_box());
  return !with_values_ || (is_known && replace_number(entry, number_of(value.as_box()))) || set_value(entry, value)
             ? Put::kReplaced
             : Put::kRefused;
}

/// As add(), where the last segment has room, in cells of the right kinds, and so has the index; else false, and nothing changed.
inline bool Table::add_integer(std::int32_t key, Hash hash, double value) {
  if (tail_ == kNoSegment || stable_) return false;
  EntrySegment& in = at(tail_);
  const std::uint32_t place = in.used;
  if (in.key_kind != ColumnKind::kInt32 || (place + 1) * sizeof(std::int32_t) > in.keys.n_bytes ||
      in.text_used > EntrySegment::kManyTextBytes)
    return false;
  std::int32_t integer = 0;
  if (in.value_kind == ColumnKind::kInt32) {
    integer = static_cast<std::int32_t>(value >= -2147483648.0 && value <= 2147483647.0 ? value : 0.5);
    if (with_values_ && std::bit_cast<Box>(value) != box_of(integer)) return false;
  }
  const Entry entry = entry_of(tail_, place);
  if (!index_.reserve(hash, entry, is_coarse())) return false;
  index_.insert(hash, entry);
  in.keys.as<std::int32_t>()[place] = key;
  if (with_values_) {
    if (in.value_kind == ColumnKind::kInt32) {
      in.values.as<std::int32_t>()[place] = integer;
    } else {
      in.values.as<Box>()[place] = value != value ? kNanBox : std::bit_cast<Box>(value);
      integer_values_ = false;
    }
  }
  ++in.used;
  ++in.live;
  ++size_;
  last_put_ = entry;
  adapt_index();
  return true;
}

Table::Put Table::add(const Operand& key, Hash hash, const Operand& value, Entry reused) {
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
  begin_change();
  EntrySegment& in = at(segment_of(entry));
  const std::uint32_t place = tidemark::place_of(entry);
  if (!prepare(in, place, value, value, false)) return false;
  release_cell(in, in.value(place), &released_value_);
  write_value(in, place, value);
  return true;
}

bool Table::erase(const Operand& key) {
  refresh();
  begin_change();
  const Entry entry = find(key, hash_of(key));
  if (entry == kNoEntry) return false;
  erase(entry);
  return true;
}

void Table::erase(Entry entry) {
  refresh();
  begin_change();
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

TIDEMARK_RARE void Table::take_back(Entry entry) {
  erase(entry);
  EntrySegment& in = at(segment_of(entry));
  in.mark(tidemark::place_of(entry), false);
  --in.used;
}

void Table::adapt_index() {
  const Entry greatest = entry_of(segment_count_, 0) - 1;
  const auto each = [this](Entry first, unsigned count, Hash mask, Hash bits, auto&& f) {
    const EntrySegment& in = segment(segment_of(first));
    const std::uint32_t begin = tidemark::place_of(first);
    if (count == 1) {
      // By itself: live, and where it belongs, since the index has it.
      f(first,
        in.key_kind == ColumnKind::kInt32 ? hash_of(in.keys.as<const std::int32_t>()[begin]) : in.key_hash(begin));
      return;
    }
    const std::uint32_t end = std::min<std::uint32_t>(begin + count, in.used);
    if (in.key_kind == ColumnKind::kInt32) {
      const std::int32_t* const keys = in.keys.as<const std::int32_t>();
      for (std::uint32_t place = begin; place < end; ++place) {
        const Hash hash = hash_of(keys[place]);
        if ((hash & mask) == bits && !in.is_dead(place)) f(first - begin + place, hash);
      }
      return;
    }
    for (std::uint32_t place = begin; place < end; ++place) {
      if (in.is_dead(place)) continue;
      const Hash hash = in.key_hash(place);
      if ((hash & mask) == bits) f(first - begin + place, hash);
    }
  };
  index_.adapt(greatest, is_coarse(), each,
               [this](Entry first, unsigned count, const std::uint8_t** to) { key_ends(first, count, to); });
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
  begin_change();
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

}  // namespace tidemark
