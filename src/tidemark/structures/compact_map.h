// CompactMap: a map whose content lies in movable memory. See table.h for what its keys and values may be.
//
// Space   two cells an entry and an index of 3 to 4 bytes: 15.7 bytes an entry for scattered integers with a double each.
//         Nothing is ever doubled.
// Order   of insertion, as in JavaScript's Map.
#ifndef TIDEMARK_STRUCTURES_COMPACT_MAP_H_
#define TIDEMARK_STRUCTURES_COMPACT_MAP_H_

#include <optional>

#include "tidemark/structures/table.h"

namespace tidemark {

template <class K, class V>
class CompactMap {
 public:
  /// False where memory is exhausted, and then nothing has changed.
  [[nodiscard]] bool set(const K& key, const V& value) {
    return table_.put(structures::datum_of(key), structures::datum_of(value)) != structures::Put::kRefused;
  }
  std::optional<V> get(const K& key) const {
    structures::Datum value;
    if (!table_.find(structures::datum_of(key), &value)) return std::nullopt;
    return structures::value_of<V>(value);
  }
  bool contains(const K& key) const { return table_.find(structures::datum_of(key), nullptr); }
  /// Whether there was one.
  bool erase(const K& key) { return table_.erase(structures::datum_of(key)); }
  void clear() { table_.clear(); }
  std::size_t size() const { return table_.size(); }
  bool empty() const { return size() == 0; }

  /// visit(key, value); the map may be changed meanwhile, and what is added is visited too.
  template <class Visit>
  void for_each(Visit&& visit) const {
    structures::Table::Cursor cursor(table_);
    structures::Datum key, value;
    while (cursor.take(&key, &value)) {
      // Copies: a visit may change the table that the bytes lie in.
      const K one = structures::value_of<K>(key);
      const V two = structures::value_of<V>(value);
      visit(one, two);
    }
  }

  void compact() { table_.compact(); }
  std::size_t memory_usage() const { return table_.memory_usage(); }

 private:
  static_assert(!std::is_same_v<V, std::string_view>, "values are copied out: std::string");
  structures::Table table_{true};
};

}  // namespace tidemark

#endif  // TIDEMARK_STRUCTURES_COMPACT_MAP_H_
