// Whether the invariants of a table hold: for tests, which look at every step.
#include "structures/table.h"

namespace tidemark {

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
