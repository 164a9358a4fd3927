// CompactSet: a set whose content lies in movable memory: about 7 bytes for each of a million scattered integers. In the order of
// insertion. See table.h for what it may hold.
#ifndef TIDEMARK_STRUCTURES_COMPACT_SET_H_
#define TIDEMARK_STRUCTURES_COMPACT_SET_H_

#include "tidemark/structures/table.h"

namespace tidemark {

template <class T>
class CompactSet {
 public:
  /// False where memory is exhausted, and then nothing has changed.
  [[nodiscard]] bool add(const T& value) {
    return table_.put(structures::datum_of(value), structures::Datum()) != structures::Put::kRefused;
  }
  bool contains(const T& value) const { return table_.find(structures::datum_of(value), nullptr); }
  /// Whether it was there.
  bool erase(const T& value) { return table_.erase(structures::datum_of(value)); }
  void clear() { table_.clear(); }
  std::size_t size() const { return table_.size(); }
  bool empty() const { return size() == 0; }

  /// visit(value); the set may be changed meanwhile, and what is added is visited too.
  template <class Visit>
  void for_each(Visit&& visit) const {
    structures::Table::Cursor cursor(table_);
    structures::Datum value;
    while (cursor.take(&value, nullptr)) {
      const T one = structures::value_of<T>(value);
      visit(one);
    }
  }

  void compact() { table_.compact(); }
  std::size_t memory_usage() const { return table_.memory_usage(); }

 private:
  structures::Table table_{false};
};

}  // namespace tidemark

#endif  // TIDEMARK_STRUCTURES_COMPACT_SET_H_
