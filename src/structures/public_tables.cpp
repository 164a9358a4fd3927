// The tables of tidemark/structures/table.h, over those of the engine.
#include <new>

#include "structures/cache.h"
#include "structures/table.h"
#include "tidemark/structures/table.h"

namespace tidemark::structures {

namespace {

Operand operand_of(const Datum& datum, bool is_key) {
  if (!datum.is_number) {
    // Longer than any block can be: refused there.
    const auto n_bytes = datum.n_bytes < UINT32_MAX ? static_cast<std::uint32_t>(datum.n_bytes) : UINT32_MAX;
    return Operand::of_text(TextForm::kBytes, static_cast<const std::uint8_t*>(datum.bytes), n_bytes);
  }
  return is_key ? Operand::of_key(datum.number) : Operand::of_value(datum.number);
}

Datum datum_of(const tidemark::Table& table, Entry entry, Box box) {
  Datum datum;
  if (has_tag(box, BoxTag::kText)) {
    const TextRecord record = table.text(entry, box);
    datum = {false, 0, record.content, record.n_bytes};
  } else {
    datum.number = number_of(box);
  }
  return datum;
}

tidemark::Table& engine_table(void* table) { return *static_cast<tidemark::Table*>(table); }
Cache& engine_cache(void* cache) { return *static_cast<Cache*>(cache); }

constexpr Put outcome_of(tidemark::Table::Put put) {
  switch (put) {
    case tidemark::Table::Put::kReplaced:
      return Put::kReplaced;
    case tidemark::Table::Put::kAdded:
      return Put::kAdded;
    case tidemark::Table::Put::kRefused:
      break;
  }
  return Put::kRefused;
}

}  // namespace

Table::Table(bool with_values) : table_(new (std::nothrow) tidemark::Table(program_blocks(), with_values)) {}
Table::~Table() { delete static_cast<tidemark::Table*>(table_); }

Put Table::put(const Datum& key, const Datum& value) {
  if (table_ == nullptr) return Put::kRefused;
  return outcome_of(engine_table(table_).put(operand_of(key, true), operand_of(value, false)));
}

bool Table::find(const Datum& key, Datum* value) const {
  if (table_ == nullptr) return false;
  tidemark::Table& table = engine_table(table_);
  const Entry entry = table.find(operand_of(key, true));
  if (entry == kNoEntry) return false;
  if (value != nullptr) *value = datum_of(table, entry, table.value(entry));
  return true;
}

bool Table::erase(const Datum& key) { return table_ != nullptr && engine_table(table_).erase(operand_of(key, true)); }

void Table::clear() {
  if (table_ != nullptr) engine_table(table_).clear();
}

void Table::compact() {
  if (table_ == nullptr) return;
  tidemark::Table& table = engine_table(table_);
  SegmentNumber segment = table.first_segment();
  do {
    segment = table.compact(segment);
  } while (segment != kNoSegment);
}

std::size_t Table::size() const { return table_ == nullptr ? 0 : engine_table(table_).size(); }
std::size_t Table::memory_usage() const {
  return table_ == nullptr ? 0 : engine_table(table_).held_bytes() + sizeof(tidemark::Table);
}

Table::Cursor::Cursor(const Table& table)
    : cursor_(table.table_ == nullptr ? nullptr : new (std::nothrow) tidemark::Cursor(engine_table(table.table_))),
      table_(table.table_) {}
Table::Cursor::~Cursor() { delete static_cast<tidemark::Cursor*>(cursor_); }

bool Table::Cursor::take(Datum* key, Datum* value) {
  if (cursor_ == nullptr) return false;
  const Entry entry = static_cast<tidemark::Cursor*>(cursor_)->take();
  if (entry == kNoEntry) return false;
  const tidemark::Table& table = engine_table(table_);
  *key = datum_of(table, entry, table.key(entry));
  if (value != nullptr) *value = datum_of(table, entry, table.value(entry));
  return true;
}

CacheTable::CacheTable() : cache_(new (std::nothrow) Cache(program_blocks(), false)) {}
CacheTable::~CacheTable() { delete static_cast<Cache*>(cache_); }

CacheTable::Found CacheTable::get(const Datum& key, std::uint32_t now, bool touch, Datum* value) {
  if (cache_ == nullptr) return Found::kMissing;
  Cache& cache = engine_cache(cache_);
  const Entry entry = cache.find(operand_of(key, true));
  if (entry == kNoEntry) return Found::kMissing;
  if (cache.is_expired(entry, now)) {
    cache.erase(entry);
    return Found::kExpired;
  }
  if (touch) cache.touch(entry);
  *value = datum_of(cache.table(), entry, cache.table().value(entry));
  return Found::kFound;
}

Put CacheTable::put(const Datum& key, const Datum& value, std::uint32_t expires) {
  if (cache_ == nullptr) return Put::kRefused;
  return outcome_of(engine_cache(cache_).put(operand_of(key, true), operand_of(value, false), expires, 0));
}

bool CacheTable::erase(const Datum& key) {
  if (cache_ == nullptr) return false;
  Cache& cache = engine_cache(cache_);
  const Entry entry = cache.find(operand_of(key, true));
  if (entry == kNoEntry) return false;
  cache.erase(entry);
  return true;
}

bool CacheTable::erase_oldest() {
  if (cache_ == nullptr || engine_cache(cache_).oldest() == kNoEntry) return false;
  engine_cache(cache_).erase(engine_cache(cache_).oldest());
  return true;
}

void CacheTable::clear() {
  if (cache_ != nullptr) engine_cache(cache_).clear();
}
std::size_t CacheTable::size() const { return cache_ == nullptr ? 0 : engine_cache(cache_).size(); }
std::size_t CacheTable::memory_usage() const {
  return cache_ == nullptr ? 0 : engine_cache(cache_).held_bytes() + sizeof(Cache);
}

}  // namespace tidemark::structures
