#include "structures/cache.h"

namespace tidemark {

Cache::Cache(BlockSource& source, bool with_sizes)
    : table_(source, true, true), blocks_(source), with_sizes_(with_sizes) {}

Cache::~Cache() { clear(); }

void Cache::look_up() {
  blocks_.look_up(links_);
  for (std::uint32_t i = 0; i < link_segments_; ++i) blocks_.look_up(links_.as<Block>()[i]);
  blocks_.seen();
}

void Cache::unlink(Entry entry) {
  const Link& out = link(entry);
  (out.older == kNoEntry ? oldest_ : link(out.older).newer) = out.newer;
  (out.newer == kNoEntry ? newest_ : link(out.newer).older) = out.older;
}

void Cache::append(Entry entry) {
  Link& in = link(entry);
  in.older = newest_;
  in.newer = kNoEntry;
  (newest_ == kNoEntry ? oldest_ : link(newest_).newer) = entry;
  newest_ = entry;
}

/// Requires refresh().
inline void Cache::make_newest(Entry entry, Link& moved) {
  if (entry == newest_) return;
  const Entry older = moved.older, newer = moved.newer;  // it isn't the newest: there is a newer one
  at(newer).older = older;
  (older == kNoEntry ? oldest_ : at(older).newer) = newer;
  at(newest_).newer = entry;
  moved.older = newest_;
  moved.newer = kNoEntry;
  newest_ = entry;
}

void Cache::touch(Entry entry) { make_newest(entry, link(entry)); }

bool Cache::use(Entry entry, Tick now, Tick new_expires) {
  Link& used = link(entry);
  if (has_come(used.expires, now)) return false;
  if (new_expires != kNever) used.expires = new_expires;
  make_newest(entry, used);
  return true;
}

/// Links for as many entries as the segment has room for.
bool Cache::make_room(SegmentNumber segment, std::uint32_t capacity) {
  refresh();
  if (segment >= link_segments_) {
    const std::size_t used = link_segments_ * sizeof(Block), wanted = (segment + 1) * sizeof(Block);
    if (links_.n_bytes < wanted && !blocks_.replace(links_, wanted + wanted / 4, used)) return false;
    while (link_segments_ <= segment) links_.as<Block>()[link_segments_++] = Block();
  }
  Block& block = links_.as<Block>()[segment];
  const std::size_t n_bytes = capacity * link_bytes();
  return block.n_bytes >= n_bytes || blocks_.replace(block, n_bytes, block.n_bytes);
}

Table::Put Cache::put(const Operand& key, const Operand& value, Tick expires, std::uint32_t size) {
  refresh();
  const Entry reused = free_, after_reused = reused == kNoEntry ? kNoEntry : link(reused).older;
  const Table::Put outcome = table_.put(key, value, reused);
  if (outcome == Table::Put::kRefused) return outcome;
  const Entry entry = table_.last_put();
  if (outcome == Table::Put::kAdded) {
    if (entry == reused) {
      free_ = after_reused;
    } else if (!make_room(segment_of(entry), table_.segment(segment_of(entry)).capacity())) {
      table_.take_back(entry);  // where there is no link, there is no place in the list of free ones
      return Table::Put::kRefused;
    }
    append(entry);
  } else {
    touch(entry);
  }
  link(entry).expires = expires;
  if (with_sizes_) sized(entry).size = size;
  return outcome;
}

void Cache::erase(Entry entry) {
  unlink(entry);
  table_.erase(entry);
  Link& out = link(entry);
  out.older = free_;
  out.newer = entry;
  free_ = entry;
}

void Cache::clear() {
  table_.clear();
  refresh();
  for (std::uint32_t i = 0; i < link_segments_; ++i) blocks_.give_back(links_.as<Block>()[i]);
  blocks_.give_back(links_);
  link_segments_ = 0;
  oldest_ = newest_ = free_ = kNoEntry;
}

const char* Cache::check() {
  if (const char* broken = table_.check()) return broken;
  std::size_t count = 0;
  Entry before = kNoEntry;
  for (Entry entry = oldest_; entry != kNoEntry; before = entry, entry = link(entry).newer) {
    if (++count > table_.size() || link(entry).older != before) return "L1: a neighbour";
    const EntrySegment& in = table_.segment(segment_of(entry));
    if (place_of(entry) >= in.used || in.is_dead(place_of(entry))) return "L1: a dead entry";
  }
  return count == table_.size() && before == newest_ ? nullptr : "L1: the number of entries";
}

}  // namespace tidemark
