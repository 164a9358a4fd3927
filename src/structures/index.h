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

/// Reads what is at these addresses, so that who comes next need not wait for it. In so short a loop a processor has many
/// loads on their way at once, and in the loops that use what is read a few.
void read_ahead(const std::uint8_t* const* addresses, unsigned count);

class Index {
 public:
  /// Who knows the keys of entries.
  struct Keys {
    const void* table;
    Hash (*hash_of)(const void* table, Entry entry);
  };

  Index(Blocks& blocks, Keys keys) : blocks_(blocks), keys_(keys) {}
  ~Index() { clear(); }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  bool is_empty() const { return segments_ == 0; }

  /// Calls match(first, count) for runs of entries of which some may have this hash, until it returns true.
  template <class Match>
  bool find(Hash hash, Match&& match) const {
    return !is_empty() && find_at(place_for(hash), hash, match);
  }

  // find() in steps. Those of many hashes go on side by side, so that memory is waited for once and not once a hash; and the
  // first, which have neither a loop nor a call, most often say all.

  /// The slots of a hash's home.
  struct Place {
    const IndexSegment* segment;
    IndexSegment::Run run;
  };
  /// Requires that there are segments.
  const IndexSegment& segment_for(Hash hash) const { return directory()[place_of(hash)]; }
  Place place_for(Hash hash) const {
    const IndexSegment& segment = segment_for(hash);
    return {&segment, segment.run_of(IndexSegment::home_of(hash))};
  }
  /// 2^shift entries of which one most likely has this hash. kNoEntry: no others have it than those that `rest` tells of.
  struct Likely {
    Entry first;
    unsigned shift;
    bool rest;  // there are more slots than were looked at, or the overflow
  };
  [[gnu::always_inline]] Likely likely(Place place, Hash hash) const {
    const SlotEncoding encoding = place.segment->encoding;
    const std::uint32_t number = encoding.first_marked(place.run.begin, place.run.count, hash, place.segment->marks);
    if (number == kNoEntry) return {kNoEntry, 0, place.run.count > encoding.at_once() || has_overflow()};
    return {number << encoding.shift, encoding.shift, true};
  }
  template <class Match>
  bool find_at(Place place, Hash hash, Match&& match) const {
    const SlotEncoding encoding = place.segment->encoding;
    IndexSegment::Run run = place.run;
    for (;;) {
      std::uint64_t marked = place.segment->marked(run, hash);
      for (; marked != 0; marked &= marked - 1) {
        if (match(encoding.read(run.begin + SlotEncoding::next_marked(marked)), 1u << encoding.shift)) return true;
      }
      const unsigned at_once = encoding.at_once();
      if (run.count <= at_once) break;
      run.begin += at_once * encoding.width;
      run.count -= at_once;
    }
    return find_in_overflow(match);
  }
  template <class Match>
  bool find_in_overflow(Match&& match) const {
    for (std::uint32_t i = 0; i < overflow_count_; ++i) {
      if (match(overflow_.as<const Entry>()[i], 1u)) return true;
    }
    return false;
  }

  /// Makes room for one more; false when memory is exhausted.
  [[nodiscard]] bool reserve(Hash hash, Entry entry, bool coarse) {
    if (segments_ != 0) {
      const IndexSegment& segment = segment_for(hash);
      if (segment.count < segment.capacity && segment.encoding.fits(entry) &&
          !segment.is_full(IndexSegment::home_of(hash)))
        return true;
    }
    return make_room(hash, entry, coarse);
  }
  /// Requires reserve() of the same.
  void insert(Hash hash, Entry entry);
  void erase(Hash hash, Entry entry);
  /// `to` <= `from` in the same or a lower segment of entries, so that it fits where `from` did.
  void renumber(Hash hash, Entry from, Entry to);

  /// Splits or joins a segment where the number of keys asks for it. `each(first, count, mask, bits, f)` calls f(entry, hash) for
  /// the live ones of these entries whose hash & mask are `bits`, `ends(first, count, to)` writes down where the first and the last
  /// of their keys are; `greatest` is the greatest entry.
  template <class EachHash, class Ends>
  void adapt(Entry greatest, bool coarse, EachHash&& each, Ends&& ends) {
    if (count_ > std::size_t{kMean} * segments_) {
      split(greatest, coarse, each, ends);
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
  static constexpr unsigned kNumberBit = 24;  // of a hash: where the number of its segment begins
  // An item of a split: the entry, above it its home, and what a mark takes of the hash.
  static constexpr unsigned kHomeBit = 32, kMarkBit = 40;

  static std::uint32_t mask_for(std::uint32_t segments) { return std::bit_ceil(segments) - 1; }
  static std::uint32_t number_of(Hash hash) { return static_cast<std::uint32_t>(hash >> kNumberBit); }
  std::uint32_t place_of(Hash hash) const {
    const std::uint32_t place = number_of(hash) & mask_;
    return place < segments_ ? place : place & mask_ >> 1;
  }
  IndexSegment* directory() const { return directory_.as<IndexSegment>(); }

  [[gnu::noinline]] bool make_room(Hash hash, Entry entry, bool coarse);
  template <class EachHash, class Ends>
  [[gnu::noinline]] void split(Entry greatest, bool coarse, EachHash&& each, Ends&& ends);
  void join();
  IndexSegment make_segment(std::size_t capacity, SlotEncoding encoding);
  IndexSegment build(const std::uint64_t* items, unsigned count, SlotEncoding encoding);
  bool lay_out(IndexSegment& segment, std::size_t capacity, SlotEncoding encoding, bool marks_anew);
  bool is_in_overflow(Entry entry) const;
  bool grow_overflow();

  Blocks& blocks_;
  Keys keys_;
  Block directory_;  // of IndexSegments
  Block overflow_;   // of Entries
  std::uint32_t segments_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t overflow_count_ = 0;
  std::size_t count_ = 0;  // without the overflow
};

template <class EachHash, class Ends>
void Index::split(Entry greatest, bool coarse, EachHash&& each, Ends&& ends) {
  const std::uint32_t mask = mask_for(segments_ + 1), place = segments_ & mask >> 1;
  if (directory_.n_bytes < (segments_ + 1) * sizeof(IndexSegment)) {
    const std::size_t wanted = segments_ + 1 + segments_ / 16;
    if (!blocks_.replace(directory_, wanted * sizeof(IndexSegment), segments_ * sizeof(IndexSegment))) return;
  }
  const IndexSegment& old = directory()[place];
  // What all hashes have in common that belong here: the home, and as many bits of the number as were looked at.
  const Hash numbers = Hash{mask >> 1} << kNumberBit, homes = Hash{IndexSegment::kHomes - 1} << IndexSegment::kHomeBit;
  // Those that stay, and those that go: each is written to both, and counts in one. Which one it is, no processor foresees.
  Block scratch = blocks_.allocate(2 * (old.count + std::size_t{1}) * sizeof(std::uint64_t));
  if (scratch.handle == 0) return;
  const std::uint8_t** addresses = scratch.as<const std::uint8_t*>();
  old.for_each_home([&](unsigned, IndexSegment::Run run) {
    for (; run.count != 0; --run.count, run.begin += old.encoding.width, addresses += 2)
      ends(old.encoding.read(run.begin), 1u << old.encoding.shift, addresses);
  });
  read_ahead(scratch.as<const std::uint8_t*>(), 2 * old.count);
  std::uint64_t* const staying = scratch.as<std::uint64_t>();
  std::uint64_t* const going = staying + old.count + 1;
  unsigned n_staying = 0, n_going = 0;
  old.for_each_home([&](unsigned home, IndexSegment::Run run) {
    for (unsigned index = 0; index < run.count; ++index) {
      const Entry first = old.encoding.read(run.begin + index * old.encoding.width);
      bool seen = false;  // two slots of this home may stand for the same entries
      for (unsigned before = 0; old.encoding.shift != 0 && before < index && !seen; ++before)
        seen = old.encoding.read(run.begin + before * old.encoding.width) == first;
      if (seen) continue;
      const Hash bits = Hash{home} << IndexSegment::kHomeBit | Hash{place} << kNumberBit;
      each(first, 1u << old.encoding.shift, numbers | homes, bits, [&](Entry entry, Hash hash) {
        if (overflow_count_ != 0 && is_in_overflow(entry)) return;
        if (n_staying + n_going == old.count) return;
        const std::uint64_t item = hash << kMarkBit | std::uint64_t{home} << kHomeBit | entry;
        const bool goes = (number_of(hash) & mask) == segments_;
        staying[n_staying] = going[n_going] = item;
        n_staying += goes ? 0 : 1;
        n_going += goes ? 1 : 0;
      });
    }
  });
  const SlotEncoding encoding = SlotEncoding::for_entry(greatest, coarse);
  IndexSegment stays = build(staying, n_staying, encoding), goes = build(going, n_going, encoding);
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
