// Tables for JavaScript: what CompactMap and CompactSet call, as raw exports.
#include <limits>
#include <new>

#include "structures/table.h"
#include "structures_operand.h"

using namespace tidemark;

namespace {

struct SegmentView {
  std::uint32_t key_kind, value_kind;
  const std::uint8_t *keys, *values, *texts, *dead;
  std::uint32_t used;
  SegmentNumber next, number;
};

SegmentView segment_view;

/// The entries of the keys from `begin` on, as many as are looked for side by side; how many those are.
unsigned find_some(Table& table, const void* keys, int keys_are_doubles, std::uint32_t begin, std::uint32_t count,
                   Entry* entries) {
  const unsigned n = count - begin < Table::kSideBySide ? count - begin : Table::kSideBySide;
  if (keys_are_doubles != 0) {
    table.find_many(static_cast<const double*>(keys) + begin, n, entries);
  } else {
    table.find_many(static_cast<const std::int32_t*>(keys) + begin, n, entries);
  }
  return n;
}

/// Calls visit(number, entry) for each key.
template <class Visit>
void find_each(Table& table, const void* keys, int keys_are_doubles, std::uint32_t count, Visit&& visit) {
  Entry entries[Table::kSideBySide];
  for (std::uint32_t begin = 0; begin < count; begin += Table::kSideBySide) {
    const unsigned n = find_some(table, keys, keys_are_doubles, begin, count, entries);
    for (unsigned i = 0; i < n; ++i) visit(begin + i, entries[i]);
  }
}

}  // namespace

extern "C" {

Table* tidemark_table_create(int with_values) { return new (std::nothrow) Table(program_blocks(), with_values != 0); }
void tidemark_table_destroy(Table* table) { delete table; }

std::uintptr_t tidemark_table_find_number(Table* table, double key) {
  return value_location(*table, table->find_number(key));
}

std::uintptr_t tidemark_table_find(Table* table, std::uint32_t kind, double number, std::uint32_t high,
                                   std::uint32_t low) {
  return value_location(*table, table->find(structure_operand(0, kind, number, high, low)));
}

/// The number that is the key's value; NaN where there is no such key, and where its value is NaN or no number.
double tidemark_table_get_integer(Table* table, std::int32_t key) { return table->integer_value(key); }
double tidemark_table_get_number(Table* table, double key) {
  const Entry entry = table->find_number(key);
  return entry == kNoEntry ? std::numeric_limits<double>::quiet_NaN() : table->number_or_nan(entry);
}

int tidemark_table_has_integer(Table* table, std::int32_t key) { return table->find_integer(key) != kNoEntry; }

/// 0 refused, 1 replaced, 2 added; plus 4: entries have other numbers, plus 8: references were dropped.
std::uint32_t tidemark_table_put_integer(Table* table, std::int32_t key, double value) {
  const auto outcome = table->put_integer(key, value);
  return structure_told(*table, static_cast<std::uint32_t>(outcome));
}
std::uint32_t tidemark_table_put_numbers(Table* table, double key, double value) {
  const auto outcome = table->put_numbers(key, value);
  return structure_told(*table, static_cast<std::uint32_t>(outcome));
}

std::uint32_t tidemark_table_put(Table* table, std::uint32_t key_kind, double key_number, std::uint32_t key_high,
                                 std::uint32_t key_low, std::uint32_t value_kind, double value_number,
                                 std::uint32_t value_high, std::uint32_t value_low) {
  const auto outcome = table->put(structure_operand(0, key_kind, key_number, key_high, key_low),
                                  structure_operand(1, value_kind, value_number, value_high, value_low));
  return structure_told(*table, static_cast<std::uint32_t>(outcome));
}

/// 0 or 1; plus 4 and 8 as above.
std::uint32_t tidemark_table_erase(Table* table, std::uint32_t kind, double number, std::uint32_t high,
                                   std::uint32_t low) {
  return structure_told(*table, table->erase(structure_operand(0, kind, number, high, low)) ? 1 : 0);
}

void tidemark_table_clear(Table* table) { table->clear(); }

/// What a segment consists of; of the first one for kNoSegment. Null when there is none.
const SegmentView* tidemark_table_segment(Table* table, SegmentNumber number) {
  table->refresh();
  if (number == kNoSegment) number = table->first_segment();
  if (number == kNoSegment) return nullptr;
  const EntrySegment& in = table->segment(number);
  segment_view = {static_cast<std::uint32_t>(in.key_kind),
                  static_cast<std::uint32_t>(in.value_kind),
                  in.keys.address,
                  in.values.address,
                  in.texts.address,
                  in.dead.address,
                  in.used,
                  in.next,
                  number};
  return &segment_view;
}

/// One step: of the segment `number`, kNoSegment for the first one. Returns the next one, kNoSegment at the end.
SegmentNumber tidemark_table_compact(Table* table, SegmentNumber number) {
  return table->compact(number == kNoSegment ? table->first_segment() : number);
}

const RelocationLog* tidemark_table_relocations() { return &last_relocations; }

std::size_t tidemark_table_bytes(const Table* table) { return table->held_bytes() + sizeof(Table); }

// --- many at once: keys are integers or doubles, values and answers are doubles

/// Numbers that are values of these keys, `missing` where there is no key or no number. Returns how many were found.
std::uint32_t tidemark_table_get_many(Table* table, const void* keys, int keys_are_doubles, std::uint32_t count,
                                      double* values, double missing) {
  std::uint32_t found = 0;
  find_each(*table, keys, keys_are_doubles, count, [&](std::uint32_t i, Entry entry) {
    double value = missing;
    if (entry != kNoEntry) {
      const double number = table->number_or_nan(entry);
      if (number == number || is_number(table->value(entry))) {
        value = number;
        ++found;
      }
    }
    values[i] = value;
  });
  return found;
}

/// 1 where there is such a key, else 0.
void tidemark_table_has_many(Table* table, const void* keys, int keys_are_doubles, std::uint32_t count,
                             std::uint8_t* has) {
  find_each(*table, keys, keys_are_doubles, count,
            [&](std::uint32_t i, Entry entry) { has[i] = static_cast<std::uint8_t>(entry != kNoEntry); });
}

/// Stops, and returns how many were put, where one is refused, or, so that it can be told of it, where references were
/// dropped or entries have other numbers. `values` may be null where the table has none. `added` counts the new ones.
std::uint32_t tidemark_table_put_many(Table* table, const void* keys, int keys_are_doubles, std::uint32_t count,
                                      const double* values, std::uint32_t* added) {
  Entry entries[Table::kSideBySide];
  // Keys that are there are found side by side; where all were new, those after them most often are, for which it saves nothing.
  bool is_any_there = true;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t at = i % Table::kSideBySide;
    if (at == 0) {
      if (is_any_there || table->is_large()) {
        find_some(*table, keys, keys_are_doubles, i, count, entries);
      } else {
        for (Entry& entry : entries) entry = kNoEntry;
      }
      is_any_there = false;
    }
    const double value = values == nullptr ? 0 : values[i];
    // One that was not found may have come since; and none has another number, or has gone: that would have been told.
    const auto outcome = entries[at] != kNoEntry ? table->put_at(entries[at], value)
                         : keys_are_doubles != 0 ? table->put_numbers(static_cast<const double*>(keys)[i], value)
                                                 : table->put_integer(static_cast<const std::int32_t*>(keys)[i], value);
    const std::uint32_t told = structure_told(*table, 0);
    if (outcome == Table::Put::kRefused) return i;
    is_any_there = is_any_there || outcome == Table::Put::kReplaced;
    *added += outcome == Table::Put::kAdded;
    if (told != 0) return i + 1;
  }
  return count;
}

}  // extern "C"
