// Caches for JavaScript: what MemoryEfficientCache calls, as raw exports. Operands as in structures_table.cpp.
#include <limits>
#include <new>

#include "structures/cache.h"
#include "structures_operand.h"
#include "structures_scratch.h"

using namespace tidemark;

namespace {

/// What a look-up says beside the place of the value.
enum : std::uint32_t { kMissing = 0, kFound = 1, kExpired = 2 };

std::uint32_t tell(Cache& cache, Entry entry, Tick now) {
  structure_answer.entry = entry;
  if (entry == kNoEntry) return kMissing;
  structure_answer.value = value_location(cache.table(), entry);
  return cache.is_expired(entry, now) ? kExpired : kFound;
}

struct EntryView {
  std::uint32_t key_low, key_high, value_low, value_high;
  std::uint32_t texts;
  Tick expires;
  std::uint32_t size;
};

EntryView entry_view;

}  // namespace

extern "C" {

Cache* tidemark_cache_create(int with_sizes) { return new (std::nothrow) Cache(program_blocks(), with_sizes != 0); }
void tidemark_cache_destroy(Cache* cache) { delete cache; }

/// 0 there is no such key, 1 there is, 2 its time has come; the answer has the entry and where its value is. One that is
/// found becomes the newest, if `touch`; and gets a new time, unless `expires` is 0.
std::uint32_t tidemark_cache_get(Cache* cache, std::uint32_t kind, double number, std::uint32_t high, std::uint32_t low,
                                 Tick now, int touch, Tick expires) {
  const Entry entry =
      kind == 0 ? cache->table().find_number(number) : cache->find(structure_operand(0, kind, number, high, low));
  const std::uint32_t found = tell(*cache, entry, now);
  if (found == kFound && touch != 0) cache->touch(entry);
  if (found == kFound && expires != 0) cache->set_expires(entry, expires);
  return found;
}

/// As tidemark_cache_get() of a number, to `touch`: the number that is the value. NaN where there is no such number to give;
/// then the answer has the outcome.
double tidemark_cache_get_number(Cache* cache, double key, Tick now, Tick expires) {
  const Entry entry = cache->table().find_number(key);
  double value = std::numeric_limits<double>::quiet_NaN();
  if (entry != kNoEntry && cache->use(entry, now, expires)) value = cache->table().number_or_nan(entry);
  if (value != value) structure_answer.outcome = tell(*cache, entry, now);
  return value;
}

/// 0 refused, 1 replaced, 2 added; plus 8: references were dropped.
std::uint32_t tidemark_cache_put(Cache* cache, std::uint32_t key_kind, double key_number, std::uint32_t key_high,
                                 std::uint32_t key_low, std::uint32_t value_kind, double value_number,
                                 std::uint32_t value_high, std::uint32_t value_low, Tick expires, std::uint32_t size) {
  const auto outcome = cache->put(structure_operand(0, key_kind, key_number, key_high, key_low),
                                  structure_operand(1, value_kind, value_number, value_high, value_low), expires, size);
  structure_answer.entry = cache->table().last_put();
  return structure_told(cache->table(), static_cast<std::uint32_t>(outcome));
}

/// 8: references were dropped.
std::uint32_t tidemark_cache_erase(Cache* cache, Entry entry) {
  cache->erase(entry);
  return structure_told(cache->table(), 0);
}

void tidemark_cache_clear(Cache* cache) { cache->clear(); }

Entry tidemark_cache_oldest(const Cache* cache) { return cache->oldest(); }
Entry tidemark_cache_newest(const Cache* cache) { return cache->newest(); }
Entry tidemark_cache_newer(Cache* cache, Entry entry) { return cache->newer(entry); }
Entry tidemark_cache_older(Cache* cache, Entry entry) { return cache->older(entry); }

/// The first from `entry` on, towards newer ones, whose time has come; kNoEntry where there is none.
Entry tidemark_cache_next_expired(Cache* cache, Entry entry, Tick now) {
  while (entry != kNoEntry && !cache->is_expired(entry, now)) entry = cache->newer(entry);
  return entry;
}

const EntryView* tidemark_cache_entry(Cache* cache, Entry entry) {
  Table& table = cache->table();
  table.refresh();
  const Box key = table.key(entry), value = table.value(entry);
  entry_view = {
      static_cast<std::uint32_t>(key),
      static_cast<std::uint32_t>(key >> 32),
      static_cast<std::uint32_t>(value),
      static_cast<std::uint32_t>(value >> 32),
      static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(table.segment(segment_of(entry)).texts.address)),
      cache->expires(entry),
      cache->size_of(entry)};
  return &entry_view;
}

std::size_t tidemark_cache_bytes(const Cache* cache) { return cache->held_bytes() + sizeof(Cache); }

}  // extern "C"
