// The index of a table: from the hash of a key to the entries that may be its.
//
// Segments are found by linear hashing (Litwin: Linear hashing, a new tool for file and table addressing, 1980): there are
// as many as the keys need, and one more comes into being by splitting one in two, so there is neither a doubling nor a
// pause. Segments have exactly the size of what is in them, so that one not yet split wastes nothing.
//
// Invariants (check())
//   X1  Every entry that was inserted, and not erased, is in the segment and home of its hash, once; or, where that home is
//       full, in the overflow.
// Cost        find: two or three cache lines and those of the keys compared, which are hardly more than the one that is found
//             where slots have marks. insert: moves a few slots; a split reads the keys of one segment, 768 on average.
// Failure     reserve() that is refused changes nothing. A split or a join that finds no memory is left for later.
#pragma once

#include <bit>

#include "structures/block_source.h"
#include "structures/index_segment.h"

namespace tidemark {

class Index {
 public:
  explicit Index(Blocks& blocks) : blocks_(blocks) {}
  ~Index() { clear(); }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Calls match(first, count) for runs of entries of which some may have this hash, until it returns true.
  template <class Match>
  bool find(Hash hash, Match&& match) const {
    if (segments_ == 0) return false;
    const IndexSegment& segment = directory()[place_of(hash)];
    const SlotEncoding encoding = segment.encoding;
    IndexSegment::Run run = segment.run_of(IndexSegment::home_of(hash));
    for (; run.count != 0; --run.count, run.begin += encoding.width) {
      const std::uint32_t word = encoding.word(run.begin);
      if (encoding.may_be(word, hash) && match(encoding.entry(word), 1u << encoding.shift)) return true;
    }
    if (overflow_count_ == 0) return false;
    for (std::uint32_t i = 0; i < overflow_count_; ++i) {
      if (match(overflow_.as<const Entry>()[i], 1u)) return true;
    }
    return false;
  }

  /// What find() reads first, and with it in the cache, what it reads next: the entries that may be the key's.
  std::uint64_t touch(Hash hash) const {
    if (segments_ == 0) return 0;
    const IndexSegment& segment = directory()[place_of(hash)];
    return load_unaligned<std::uint64_t>(segment.group_of(IndexSegment::home_of(hash)));
  }
  template <class Visit>
  void for_candidates(Hash hash, Visit&& visit) const {
    if (segments_ == 0) return;
    const IndexSegment& segment = directory()[place_of(hash)];
    const SlotEncoding encoding = segment.encoding;
    IndexSegment::Run run = segment.run_of(IndexSegment::home_of(hash));
    for (; run.count != 0; --run.count, run.begin += encoding.width) {
      const std::uint32_t word = encoding.word(run.begin);
      if (encoding.may_be(word, hash)) visit(encoding.entry(word), 1u << encoding.shift);
    }
  }

  /// Makes room for one more; false when memory is exhausted.
  [[nodiscard]] bool reserve(Hash hash, Entry entry, bool coarse);
  /// Requires reserve() of the same.
  void insert(Hash hash, Entry entry);
  void erase(Hash hash, Entry entry);
  /// `to` <= `from` in the same or a lower segment of entries, so that it fits where `from` did.
  void renumber(Hash hash, Entry from, Entry to);

  /// Splits or joins a segment where the number of keys asks for it. `each(first, count, f)` calls f(entry, hash) for the
  /// live ones of these entries; `greatest` is the greatest entry.
  template <class EachHash>
  void adapt(Entry greatest, bool coarse, EachHash&& each) {
    if (count_ > std::size_t{kMean} * segments_) {
      split(greatest, coarse, each);
    } else if (segments_ > 1 && count_ < std::size_t{kLeastMean} * segments_) {
      join();
    }
  }

  void clear();
  /// Gives the room at the end of each segment back.
  void trim();
  void look_up();
  std::size_t count() const { return count_ + overflow_count_; }
  bool has_overflow() const { return overflow_count_ != 0; }
  const char* check() const;

 private:
  static constexpr std::uint32_t kMean = 384;
  static constexpr std::uint32_t kLeastMean = 144;
  // An item of a split: the entry, above it its home, the side that it goes to, and what a mark takes of the hash.
  static constexpr unsigned kHomeBit = 32, kSideBit = 40, kMarkBit = 41;

  static std::uint32_t mask_for(std::uint32_t segments) { return std::bit_ceil(segments) - 1; }
  static std::uint32_t number_of(Hash hash) { return static_cast<std::uint32_t>(hash >> 24); }
  std::uint32_t place_of(Hash hash) const {
    const std::uint32_t place = number_of(hash) & mask_;
    return place < segments_ ? place : place & mask_ >> 1;
  }
  IndexSegment* directory() const { return directory_.as<IndexSegment>(); }

  template <class EachHash>
  void split(Entry greatest, bool coarse, EachHash&& each);
  void join();
  IndexSegment make_segment(std::size_t capacity, SlotEncoding encoding);
  IndexSegment build(const std::uint64_t* items, std::size_t n, std::uint64_t side, unsigned count,
                     SlotEncoding encoding);
  bool lay_out(IndexSegment& segment, std::size_t capacity, SlotEncoding encoding);
  bool is_in_overflow(Entry entry) const;
  bool grow_overflow();

  Blocks& blocks_;
  Block directory_;  // of IndexSegments
  Block overflow_;   // of Entries
  std::uint32_t segments_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t overflow_count_ = 0;
  std::size_t count_ = 0;  // without the overflow
};

template <class EachHash>
void Index::split(Entry greatest, bool coarse, EachHash&& each) {
  const std::uint32_t mask = mask_for(segments_ + 1), place = segments_ & mask >> 1;
  if (directory_.n_bytes < (segments_ + 1) * sizeof(IndexSegment)) {
    const std::size_t wanted = segments_ + 1 + segments_ / 16;
    if (!blocks_.replace(directory_, wanted * sizeof(IndexSegment), segments_ * sizeof(IndexSegment))) return;
  }
  const IndexSegment& old = directory()[place];
  Block scratch = blocks_.allocate(old.count * sizeof(std::uint64_t) + 8);
  if (scratch.handle == 0) return;
  std::uint64_t* const items = scratch.as<std::uint64_t>();
  std::size_t n = 0;
  unsigned n_going = 0;
  old.for_each_home([&](unsigned home, IndexSegment::Run run) {
    for (unsigned index = 0; index < run.count; ++index) {
      const Entry first = old.encoding.read(run.begin + index * old.encoding.width);
      bool seen = false;  // two slots of this home may stand for the same entries
      for (unsigned before = 0; old.encoding.shift != 0 && before < index && !seen; ++before)
        seen = old.encoding.read(run.begin + before * old.encoding.width) == first;
      if (seen) continue;
      each(first, 1u << old.encoding.shift, [&](Entry entry, Hash hash) {
        if (IndexSegment::home_of(hash) != home || place_of(hash) != place) return;
        if (overflow_count_ != 0 && is_in_overflow(entry)) return;
        const std::uint64_t side = (number_of(hash) & mask) == segments_;
        if (n == old.count) return;
        items[n++] = hash << kMarkBit | side << kSideBit | std::uint64_t{home} << kHomeBit | entry;
        n_going += static_cast<unsigned>(side);
      });
    }
  });
  const SlotEncoding encoding = SlotEncoding::for_entry(greatest, coarse);
  const unsigned n_staying = static_cast<unsigned>(n) - n_going;
  IndexSegment stays = build(items, n, 0, n_staying, encoding), goes = build(items, n, 1, n_going, encoding);
  if (stays.data.handle != 0 && goes.data.handle != 0) {
    blocks_.give_back(directory()[place].data);
    directory()[place] = stays;
    directory()[segments_] = goes;
    ++segments_;
    mask_ = mask;
  } else {
    blocks_.give_back(stays.data);
    blocks_.give_back(goes.data);
  }
  blocks_.give_back(scratch);
}

}  // namespace tidemark
