// The table that CompactMap, CompactSet and MemoryEfficientCache are made of: entries in the order in which they came, and
// an index over them.
//
//   entries   segments of 4096 (entry_segment.h), linked in order; new ones come at the end of the last
//   index     from hashes to entries (index.h)
//   cursors   stand in front of an entry, and go on to stand there through every change, as iterators of Map do
//
// What is erased leaves a hole. A segment without live entries goes; one with half of them, together with its neighbour,
// becomes one; a last one that is full of holes is rewritten in place of growing. None of it moves more than one segment.
//
// Space       An entry costs its two cells, 2.7 bytes of index (3.7 from 2^16 entries on, 4.7 from 2^24 on; where all keys
//             and values are integers, from 2^20 and 2^28 on), and its texts with a head of 1 to 5 bytes. Holes are less than half.
//             Room is a 16th of what is used, and never more than a quarter of a segment.
// Growth      moves at most a segment of entries and one of the index: some 100 microseconds.
// Failure     A put() that is refused has changed nothing that can be seen. erase() is never refused.
// Addresses   are good until the next change of the table or compaction. A text that is given may not lie in the table.
#pragma once

#include "structures/index.h"
#include "structures/relocations.h"

namespace tidemark {

/// In front of an entry, or at the end. {kNoSegment, 0}: at the begin, wherever that is then.
struct CursorPosition {
  SegmentNumber segment = kNoSegment;
  std::uint32_t place = 0;
};

class Table {
 public:
  enum class Put : std::uint8_t { kRefused, kReplaced, kAdded };

  /// `with_values` false: the values of put() are not looked at. `stable`: entries keep their number until they are erased,
  /// and numbers of erased ones may be given to put().
  Table(BlockSource& source, bool with_values, bool stable = false);
  ~Table() { clear(); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  std::size_t size() const { return size_; }

  /// kNoEntry where there is none.
  Entry find(const Operand& key) {
    refresh();
    return find(key, hash_of(key));
  }
  /// As find(Operand::of(key)), faster.
  Entry find_integer(std::int32_t key);
  /// The number that is the key's value; a NaN where there is no such key, or its value is no number.
  double integer_value(std::int32_t key);
  /// As find(Operand::of_key(key)), faster where it is an integer of 32 bits.
  Entry find_number(double key) {
    const auto integer = static_cast<std::int32_t>(key >= -2147483648.0 && key <= 2147483647.0 ? key : 0.5);
    if (static_cast<double>(integer) == key) return find_integer(integer);
    return find(Operand::of_key(key));
  }
  /// find() of up to kSideBySide numbers, faster than one by one where there is more than a processor's cache holds.
  static constexpr unsigned kSideBySide = 32;
  void find_many(const std::int32_t* keys, unsigned count, Entry* entries);
  void find_many(const double* keys, unsigned count, Entry* entries);
  /// Whether it is more than a processor's cache holds.
  bool is_large() const { return held_bytes() > 3u << 20; }
  /// Where it is new, it becomes the last; or `reused`, the number of an erased entry of a stable table.
  Put put(const Operand& key, const Operand& value, Entry reused = kNoEntry);
  /// As put() of the numbers, faster.
  Put put_integer(std::int32_t key, double value);
  Put put_numbers(double key, double value);
  /// As put() of the key of a live entry.
  Put put_at(Entry entry, double value);
  /// False where memory is exhausted.
  [[nodiscard]] bool set_value(Entry entry, const Operand& value);
  bool erase(const Operand& key);
  void erase(Entry entry);
  /// As if it had never been there: of the entry that put() has just added at the end of a stable table.
  void take_back(Entry entry);
  void clear();

  /// The entry that put() has written.
  Entry last_put() const { return last_put_; }
  /// References that the last change has dropped, plus 1; 0 for none. What clear() drops is not told.
  std::uint32_t released_key() const { return released_key_; }
  std::uint32_t released_value() const { return released_value_; }

  Box key(Entry entry) const { return segment(segment_of(entry)).key(place_of(entry)); }
  Box value(Entry entry) const { return segment(segment_of(entry)).value(place_of(entry)); }
  /// The value where it is a number; else a NaN.
  double number_or_nan(Entry entry) const { return number_or_nan(segment(segment_of(entry)), place_of(entry)); }
  TextRecord text(Entry entry, Box box) const { return segment(segment_of(entry)).text(payload_of(box)); }
  Hash key_hash(Entry entry) const { return segment(segment_of(entry)).key_hash(place_of(entry)); }
  /// Requires is_live or a place below used; good as addresses are.
  const EntrySegment& segment(SegmentNumber number) const { return directory_.as<const EntrySegment>()[number]; }
  /// Addresses become good again where blocks have moved. Every operation begins with it; who only reads does it himself.
  void refresh() {
    if (!blocks_.current()) look_up();
  }

  /// Moves the cursor in front of the next live entry, if it is not in front of one; kNoEntry at the end.
  Entry settle(CursorPosition& cursor) const;
  SegmentNumber first_segment() const { return head_; }
  SegmentNumber last_segment() const { return tail_; }
  std::uint32_t segment_count() const { return segment_count_; }

  /// Rewrites the segment that `number` names (at first first_segment()) without holes and without room, and returns the
  /// next one to do. After the last, kNoSegment, the index has no room either.
  SegmentNumber compact(SegmentNumber number);

  /// Memory of all blocks.
  std::size_t held_bytes() const { return blocks_.held_bytes(); }
  const char* check();

 private:
  friend class Cursor;

  EntrySegment& at(SegmentNumber number) { return directory_.as<EntrySegment>()[number]; }
  void look_up();
  Entry find(const Operand& key, Hash hash);
  Entry find_integer_here(std::int32_t key) const;
  Entry find_among(std::int32_t key, Entry first, unsigned shift) const;
  Entry find_integer_at(std::int32_t key, Hash hash, const IndexSegment* segment, std::uint8_t* slots,
                        unsigned count) const;
  static const std::uint8_t* key_address(const EntrySegment& in, std::uint32_t place);
  void key_ends(Entry first, unsigned count, const std::uint8_t** to) const;
  static double number_or_nan(const EntrySegment& in, std::uint32_t place) {
    if (in.value_kind == ColumnKind::kInt32) return in.values.as<const std::int32_t>()[place];
    return in.values.as<const double>()[place];
  }
  Entry find_text(const EntrySegment& in, Entry first, unsigned count, const Operand& key) const;

  bool replace_number(Entry entry, double value);
  bool add_integer(std::int32_t key, Hash hash, double value);
  Put add(const Operand& key, Hash hash, const Operand& value, Entry reused);
  Put replace(Entry entry, const Operand& value);
  void begin_change() {
    released_key_ = released_value_ = 0;
    last_relocations.count = 0;
  }

  // table_room.cpp: what put() needs
  SegmentNumber room_at_end();
  SegmentNumber add_segment();
  bool prepare(EntrySegment& in, std::uint32_t place, const Operand& key, const Operand& value, bool key_too);
  bool widen(EntrySegment& in, bool keys, ColumnKind to);
  bool make_room(EntrySegment& in, std::uint32_t capacity);
  bool make_text_room(EntrySegment& in, std::uint64_t n_bytes);
  std::uint32_t add_text(EntrySegment& in, const Operand& text);
  void write_key(EntrySegment& in, std::uint32_t place, const Operand& key);
  void write_value(EntrySegment& in, std::uint32_t place, const Operand& value);
  void release_cell(EntrySegment& in, Box box, std::uint32_t* released);
  std::uint32_t step() const;

  // table_rewrite.cpp: what holes lead to
  bool ensure_dead(EntrySegment& in, std::uint32_t capacity);
  void erase_by_moving(SegmentNumber number, std::uint32_t place);
  void after_erase(SegmentNumber number);
  bool may_join(SegmentNumber low, SegmentNumber high) const;
  bool rewrite(SegmentNumber first, SegmentNumber second, std::uint32_t room);
  bool rewrite_texts(EntrySegment& in, std::uint64_t room);
  void copy_live(EntrySegment& to, const EntrySegment& from, SegmentNumber from_number, SegmentNumber to_number);
  void drop_segment(SegmentNumber number);
  void log(SegmentNumber from, SegmentNumber to, std::uint32_t base);
  void free_blocks(EntrySegment& in);
  void adapt_index();
  /// Whether a slot of the index may stand for several entries. It saves a byte, and is slower: where that byte is much of
  /// what an entry costs, and keys are compared fast. Entries of a stable table have links beside, and are looked up most.
  bool is_coarse() const { return !stable_ && integer_keys_ && (!with_values_ || integer_values_); }

  Blocks blocks_;
  Index index_;
  Block directory_;  // of EntrySegments
  std::uint32_t segment_count_ = 0;
  SegmentNumber free_ = kNoSegment;  // through `next`
  SegmentNumber head_ = kNoSegment;
  SegmentNumber tail_ = kNoSegment;
  std::size_t size_ = 0;
  Entry last_put_ = kNoEntry;
  std::uint32_t released_key_ = 0;
  std::uint32_t released_value_ = 0;
  class Cursor* cursors_ = nullptr;
  bool with_values_;
  bool stable_;
  bool integer_keys_ = true;    // all of them, since it was empty
  bool integer_values_ = true;  // likewise
};

/// A position that follows the table's changes for as long as it lives.
class Cursor {
 public:
  explicit Cursor(Table& table) : table_(table), next_(table.cursors_) { table.cursors_ = this; }
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  /// The next live entry, which it then stands behind; kNoEntry at the end.
  Entry take() {
    table_.refresh();
    const Entry entry = table_.settle(position_);
    if (entry != kNoEntry) ++position_.place;
    return entry;
  }

 private:
  friend class Table;
  Table& table_;
  Cursor* next_;
  CursorPosition position_;
};

}  // namespace tidemark
