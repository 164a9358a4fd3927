// The table of MemoryEfficientCache: keys and values, in the order in which they were used, with the time until which each
// is good.
//
//   entries   of a stable table, whose numbers stay; erased ones are used again, the last first
//   links     a record an entry: its neighbours in the order of use, its time, and, where asked for, its size
//
// Times are ticks of the owner's clock, 32 bits; 0 is never, and one that is not above the tick now has come.
//
// Invariants (check())
//   L1  The entries from oldest() to the newest are the live ones of the table, each once.
// Space       12 bytes an entry beside the table's, 16 with sizes.
// Failure     A put() that is refused has changed nothing.
#pragma once

#include "structures/table.h"

namespace tidemark {

using Tick = std::uint32_t;
inline constexpr Tick kNever = 0;

class Cache {
 public:
  Cache(BlockSource& source, bool with_sizes);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  Table& table() { return table_; }
  std::size_t size() const { return table_.size(); }

  Entry find(const Operand& key) { return table_.find(key); }
  bool is_expired(Entry entry, Tick now) { return has_come(expires(entry), now); }
  Tick expires(Entry entry) { return link(entry).expires; }
  void set_expires(Entry entry, Tick tick) { link(entry).expires = tick; }
  std::uint32_t size_of(Entry entry) { return with_sizes_ ? sized(entry).size : 1; }
  /// It becomes the newest.
  void touch(Entry entry);
  /// touch(), and a new time, unless that is kNever; false, and nothing changed, where its time has come.
  bool use(Entry entry, Tick now, Tick new_expires);
  Table::Put put(const Operand& key, const Operand& value, Tick expires, std::uint32_t size);
  void erase(Entry entry);
  void clear();

  /// kNoEntry where it is empty, or at the end.
  Entry oldest() const { return oldest_; }
  Entry newest() const { return newest_; }
  /// Of an entry that was erased, itself.
  Entry newer(Entry entry) { return link(entry).newer; }
  Entry older(Entry entry) { return link(entry).older; }

  std::size_t held_bytes() const { return table_.held_bytes() + blocks_.held_bytes(); }
  const char* check();

 private:
  struct Link {
    Entry older, newer;
    Tick expires;
  };
  struct SizedLink : Link {
    std::uint32_t size;
  };

  static bool has_come(Tick expires, Tick now) { return expires != kNever && expires <= now; }
  std::size_t link_bytes() const { return with_sizes_ ? sizeof(SizedLink) : sizeof(Link); }
  void refresh() {
    if (!blocks_.current()) look_up();
  }
  /// Requires refresh().
  Link& at(Entry entry) const {
    return *reinterpret_cast<Link*>(links_.as<Block>()[segment_of(entry)].address + place_of(entry) * link_bytes());
  }
  Link& link(Entry entry) {
    refresh();
    return at(entry);
  }
  void make_newest(Entry entry, Link& moved);
  SizedLink& sized(Entry entry) { return static_cast<SizedLink&>(link(entry)); }
  void look_up();
  bool make_room(SegmentNumber segment, std::uint32_t capacity);
  void unlink(Entry entry);
  void append(Entry entry);

  Table table_;
  Blocks blocks_;
  Block links_;  // of Blocks, one for each segment of the table
  std::uint32_t link_segments_ = 0;
  Entry oldest_ = kNoEntry;
  Entry newest_ = kNoEntry;
  Entry free_ = kNoEntry;  // through `older`
  bool with_sizes_;
};

}  // namespace tidemark
