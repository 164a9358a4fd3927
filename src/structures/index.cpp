#include "structures/index.h"

#include <algorithm>
#include <cstring>

#include "base/attributes.h"

namespace tidemark {

namespace {

constexpr unsigned kFirstCapacity = 8;
constexpr unsigned kMostSlots = IndexSegment::kHomes * IndexSegment::kMaxPerHome;

/// What is read for the sake of reading it goes here.
volatile std::uint32_t was_read;

/// Room beyond `count`: a 16th of it.
unsigned with_room(unsigned count) { return std::min(count + std::max(kFirstCapacity, count / 16), kMostSlots); }

}  // namespace

void read_ahead(const std::uint8_t* const* addresses, unsigned count) {
  std::uint32_t sum = 0;
  TIDEMARK_KEEP_LOOP for (unsigned i = 0; i < count; ++i) sum += *addresses[i];
  was_read = sum;
}

/// Without a block where memory is exhausted; else to be written.
IndexSegment Index::make_segment(std::size_t capacity, SlotEncoding encoding) {
  IndexSegment segment;
  segment.data = blocks_.allocate(IndexSegment::bytes_for(capacity, encoding.width));
  segment.capacity = static_cast<std::uint16_t>(capacity);
  segment.encoding = encoding;
  segment.marks = encoding.marks();
  return segment;
}

TIDEMARK_RARE bool Index::make_room(Hash hash, Entry entry, bool coarse) {
  if (segments_ == 0) {
    Block directory = blocks_.allocate(sizeof(IndexSegment));
    if (directory.handle == 0) return false;
    IndexSegment first = make_segment(kFirstCapacity, SlotEncoding::for_entry(entry, coarse));
    if (first.data.handle == 0) {
      blocks_.give_back(directory);
      return false;
    }
    SegmentWriter(first, 0).finish();
    directory_ = directory;
    this->directory()[0] = first;
    segments_ = 1;
    mask_ = 0;
    return true;
  }
  IndexSegment& segment = directory()[place_of(hash)];
  if (segment.is_full(IndexSegment::home_of(hash))) return grow_overflow();
  const SlotEncoding old = segment.encoding;
  SlotEncoding encoding = old;
  if (!old.fits(entry)) {
    encoding = SlotEncoding::for_entry(entry, coarse || old.shift != 0);
    if (old.shift != 0) {
      // What stands for several entries can't be told apart here: a wider slot goes on doing so. Nor do marks get longer.
      if (encoding.shift < old.shift) encoding.shift = old.shift;
      encoding = encoding.marked_for(entry, old.mark_bits);
    }
  }
  return lay_out(segment, with_room(segment.count + 1u), encoding, old.shift == 0);
}

/// Again, with other room, and slots of the same or a wider encoding, whose marks are of the keys' hashes or those that they
/// were; false, and nothing changed, when memory is exhausted.
bool Index::lay_out(IndexSegment& segment, std::size_t capacity, SlotEncoding encoding, bool marks_anew) {
  IndexSegment made = make_segment(capacity, encoding);
  if (made.data.handle == 0) return false;
  const SlotEncoding old = segment.encoding;
  if (encoding == old) {
    segment.copy_to(made);
  } else {
    SegmentWriter writer(made, segment.count);
    segment.for_each_home([&](unsigned home, IndexSegment::Run run) {
      for (; run.count != 0; --run.count, run.begin += old.width) {
        const Entry entry = old.read(run.begin);
        writer.add(home, entry, marks_anew ? keys_.hash_of(keys_.table, entry) : old.mark(run.begin));
      }
    });
    writer.finish();
  }
  blocks_.give_back(segment.data);
  segment = made;
  return true;
}

void Index::insert(Hash hash, Entry entry) {
  IndexSegment& segment = directory()[place_of(hash)];
  const unsigned home = IndexSegment::home_of(hash);
  if (segment.is_full(home)) {
    overflow_.as<Entry>()[overflow_count_++] = entry;
    return;
  }
  segment.insert(home, entry, hash);
  ++count_;
}

void Index::erase(Hash hash, Entry entry) {
  if (overflow_count_ != 0) {
    Entry* const entries = overflow_.as<Entry>();
    for (std::uint32_t i = 0; i < overflow_count_; ++i) {
      if (entries[i] != entry) continue;
      entries[i] = entries[--overflow_count_];
      return;
    }
  }
  IndexSegment& segment = directory()[place_of(hash)];
  const unsigned home = IndexSegment::home_of(hash);
  segment.erase(home, segment.find_slot(hash, entry));
  --count_;
}

void Index::renumber(Hash hash, Entry from, Entry to) {
  for (std::uint32_t i = 0; i < overflow_count_; ++i) {
    Entry& entry = overflow_.as<Entry>()[i];
    if (entry != from) continue;
    entry = to;
    return;
  }
  IndexSegment& segment = directory()[place_of(hash)];
  segment.encoding.write(segment.find_slot(hash, from), to, hash);
}

IndexSegment Index::build(const std::uint64_t* items, unsigned count, SlotEncoding encoding) {
  IndexSegment segment = make_segment(with_room(count), encoding);
  if (segment.data.handle == 0) return segment;
  SegmentWriter writer(segment, count);
  for (unsigned i = 0; i < count; ++i) {
    writer.add(items[i] >> kHomeBit & (IndexSegment::kHomes - 1), static_cast<Entry>(items[i]), items[i] >> kMarkBit);
  }
  writer.finish();
  return segment;
}

TIDEMARK_RARE void Index::join() {
  const std::uint32_t last = segments_ - 1, place = last & mask_ >> 1;
  const IndexSegment& low = directory()[place];
  const IndexSegment& high = directory()[last];
  for (unsigned home = 0; home < IndexSegment::kHomes; ++home) {
    if (low.run_of(home).count + high.run_of(home).count > IndexSegment::kMaxPerHome) return;
  }
  // A slot that stands for several entries goes on doing so, and the others of the home with it. There is room for all numbers: no
  // slot gets narrower, and no mark longer.
  const SlotEncoding encoding{std::max(low.encoding.width, high.encoding.width),
                              std::max(low.encoding.shift, high.encoding.shift),
                              std::min(low.encoding.mark_bits, high.encoding.mark_bits)};
  const unsigned count = unsigned{low.count} + high.count;
  IndexSegment made = make_segment(with_room(count), encoding);
  if (made.data.handle == 0) return;
  SegmentWriter writer(made, count);
  for (unsigned home = 0; home < IndexSegment::kHomes; ++home) {
    for (const IndexSegment* from : {&low, &high}) {
      const IndexSegment::Run run = from->run_of(home);
      for (unsigned i = 0; i < run.count; ++i) {
        const std::uint8_t* const slot = run.begin + i * from->encoding.width;
        writer.add(home, from->encoding.read(slot), from->encoding.mark(slot));
      }
    }
  }
  writer.finish();
  blocks_.give_back(directory()[place].data);
  blocks_.give_back(directory()[last].data);
  directory()[place] = made;
  segments_ = last;
  mask_ = mask_for(segments_);
}

bool Index::is_in_overflow(Entry entry) const {
  const Entry* const entries = overflow_.as<const Entry>();
  return std::find(entries, entries + overflow_count_, entry) != entries + overflow_count_;
}

bool Index::grow_overflow() {
  const std::size_t used = overflow_count_ * sizeof(Entry);
  return used + sizeof(Entry) <= overflow_.n_bytes || blocks_.replace(overflow_, used + used / 2 + 64, used);
}

TIDEMARK_RARE void Index::clear() {
  for (std::uint32_t i = 0; i < segments_; ++i) blocks_.give_back(directory()[i].data);
  blocks_.give_back(directory_);
  blocks_.give_back(overflow_);
  segments_ = mask_ = overflow_count_ = 0;
  count_ = 0;
}

TIDEMARK_RARE void Index::trim() {
  for (std::uint32_t i = 0; i < segments_; ++i) {
    IndexSegment& segment = directory()[i];
    const std::size_t n_bytes = IndexSegment::bytes_for(segment.count, segment.encoding.width);
    // Where there is no memory to make it smaller in, it stays as it is.
    if (n_bytes < segment.data.n_bytes && !lay_out(segment, segment.count, segment.encoding, false)) continue;
  }
  const std::size_t used = segments_ * sizeof(IndexSegment);
  if (segments_ != 0 && used < directory_.n_bytes && !blocks_.replace(directory_, used, used)) return;
}

TIDEMARK_RARE void Index::look_up() {
  blocks_.look_up(directory_);
  blocks_.look_up(overflow_);
  for (std::uint32_t i = 0; i < segments_; ++i) blocks_.look_up(directory()[i].data);
}

const char* Index::check() const {
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < segments_; ++i) {
    if (const char* broken = directory()[i].check()) return broken;
    count += directory()[i].count;
  }
  return count == count_ ? nullptr : "X1: the number of entries";
}

}  // namespace tidemark
