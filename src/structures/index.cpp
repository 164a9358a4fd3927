#include "structures/index.h"

#include <algorithm>

namespace tidemark {

namespace {

constexpr std::uint64_t kLowHalf = 0xffffffffu;
constexpr unsigned kFirstCapacity = 8;
constexpr unsigned kMostSlots = IndexSegment::kHomes * IndexSegment::kMaxPerHome;

Block new_segment(Blocks& blocks, std::size_t capacity, SlotEncoding encoding) {
  Block block = blocks.allocate(IndexSegment::bytes_for(capacity, encoding.width));
  if (block.handle == 0) return block;
  std::memset(block.address, 0, sizeof(IndexSegment));
  auto* const segment = block.as<IndexSegment>();
  segment->capacity = static_cast<std::uint16_t>(capacity);
  segment->encoding = encoding;
  return block;
}

/// Room beyond `count`: a 16th of it.
unsigned with_room(unsigned count) { return std::min(count + std::max(kFirstCapacity, count / 16), kMostSlots); }

}  // namespace

bool Index::reserve(Hash hash, Entry entry, bool coarse) {
  if (segments_ == 0) {
    Block directory = blocks_.allocate(sizeof(Block));
    if (directory.handle == 0) return false;
    const Block first = new_segment(blocks_, kFirstCapacity, SlotEncoding::for_entry(entry, coarse));
    if (first.handle == 0) {
      blocks_.free(directory);
      return false;
    }
    directory_ = directory;
    this->directory()[0] = first;
    segments_ = 1;
    mask_ = 0;
    return true;
  }
  Block& block = directory()[place_of(hash)];
  IndexSegment& segment = *block.as<IndexSegment>();
  if (segment.is_full(IndexSegment::home_of(hash))) return grow_overflow();
  const SlotEncoding old = segment.encoding;
  SlotEncoding encoding = old;
  if (!old.fits(entry)) {
    encoding = SlotEncoding::for_entry(entry, coarse || old.shift != 0);
    // What stands for 16 entries can't be told apart here: a wider slot goes on doing so.
    if (encoding.shift < old.shift) encoding.shift = old.shift;
  }
  if (segment.count < segment.capacity && encoding.width == old.width && encoding.shift == old.shift) return true;
  Block made = new_segment(blocks_, with_room(segment.count + 1u), encoding);
  if (made.handle == 0) return false;
  auto* const to = made.as<IndexSegment>();
  to->count = segment.count;
  std::memcpy(to->offsets, segment.offsets, sizeof(segment.offsets));
  std::memcpy(to->counts, segment.counts, sizeof(segment.counts));
  if (encoding.width == old.width && encoding.shift == old.shift) {
    std::memcpy(to->slot(0), segment.slot(0), segment.count * std::size_t{old.width});
  } else {
    for (unsigned i = 0; i < segment.count; ++i) to->write(i, segment.first_entry(i));
  }
  blocks_.free(block);
  block = made;
  return true;
}

void Index::insert(Hash hash, Entry entry) {
  IndexSegment& segment = *segment_of(hash);
  const unsigned home = IndexSegment::home_of(hash);
  if (segment.is_full(home)) {
    overflow_.as<Entry>()[overflow_count_++] = entry;
    return;
  }
  segment.insert(home, entry);
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
  IndexSegment& segment = *segment_of(hash);
  const unsigned home = IndexSegment::home_of(hash);
  segment.erase(home, segment.find_slot(home, entry));
  --count_;
}

void Index::renumber(Hash hash, Entry from, Entry to) {
  for (std::uint32_t i = 0; i < overflow_count_; ++i) {
    Entry& entry = overflow_.as<Entry>()[i];
    if (entry != from) continue;
    entry = to;
    return;
  }
  IndexSegment& segment = *segment_of(hash);
  segment.write(segment.find_slot(IndexSegment::home_of(hash), from), to);
}

Block Index::build(const std::uint64_t* items, std::size_t n, std::uint64_t side, SlotEncoding encoding) {
  unsigned count = 0;
  for (std::size_t i = 0; i < n; ++i) count += items[i] >> (32 + kSideBit) == side;
  Block block = new_segment(blocks_, with_room(count), encoding);
  if (block.handle == 0) return block;
  auto* const segment = block.as<IndexSegment>();
  for (std::size_t i = 0; i < n; ++i) {
    if (items[i] >> (32 + kSideBit) != side) continue;
    const unsigned home = items[i] >> 32 & (IndexSegment::kHomes - 1);
    segment->counts[home / IndexSegment::kHomesPerGroup] += std::uint64_t{1}
                                                            << (4 * (home % IndexSegment::kHomesPerGroup));
    // For now the slots of each group; the sum of those before it below.
    ++segment->offsets[home / IndexSegment::kHomesPerGroup];
    segment->write(segment->count++, static_cast<Entry>(items[i] & kLowHalf));
  }
  std::uint16_t before = 0;
  for (std::uint16_t& offset : segment->offsets) {
    const std::uint16_t own = offset;
    offset = before;
    before = static_cast<std::uint16_t>(before + own);
  }
  return block;
}

void Index::join() {
  const std::uint32_t last = segments_ - 1, place = last & mask_ >> 1;
  const IndexSegment& low = *directory()[place].as<IndexSegment>();
  const IndexSegment& high = *directory()[last].as<IndexSegment>();
  if (low.encoding.shift != high.encoding.shift) {
    // One of them stands for 16 entries a slot: both do, then.
    IndexSegment& exact = *directory()[low.encoding.shift == 0 ? place : last].as<IndexSegment>();
    const std::uint8_t width = exact.encoding.width;
    for (unsigned i = 0; i < exact.count; ++i) {
      const Entry entry = exact.first_entry(i);
      exact.encoding.shift = SlotEncoding::kCoarseShift;
      exact.write(i, entry);
      exact.encoding.shift = 0;
    }
    exact.encoding = {width, SlotEncoding::kCoarseShift};
  }
  const SlotEncoding encoding{std::max(low.encoding.width, high.encoding.width), low.encoding.shift};
  for (unsigned home = 0; home < IndexSegment::kHomes; ++home) {
    if (low.run_of(home).count + high.run_of(home).count > IndexSegment::kMaxPerHome) return;
  }
  Block made = new_segment(blocks_, with_room(low.count + high.count), encoding);
  if (made.handle == 0) return;
  auto* const to = made.as<IndexSegment>();
  for (unsigned home = 0; home < IndexSegment::kHomes; ++home) {
    if (home % IndexSegment::kHomesPerGroup == 0) to->offsets[home / IndexSegment::kHomesPerGroup] = to->count;
    for (const IndexSegment* from : {&low, &high}) {
      const IndexSegment::Run run = from->run_of(home);
      for (unsigned index = run.begin; index < run.begin + run.count; ++index)
        to->write(to->count++, from->first_entry(index));
      to->counts[home / IndexSegment::kHomesPerGroup] += std::uint64_t{run.count}
                                                         << (4 * (home % IndexSegment::kHomesPerGroup));
    }
  }
  blocks_.free(directory()[place]);
  blocks_.free(directory()[last]);
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

void Index::clear() {
  for (std::uint32_t i = 0; i < segments_; ++i) blocks_.free(directory()[i]);
  blocks_.free(directory_);
  blocks_.free(overflow_);
  segments_ = mask_ = overflow_count_ = 0;
  count_ = 0;
}

void Index::trim() {
  for (std::uint32_t i = 0; i < segments_; ++i) {
    Block& block = directory()[i];
    auto* const segment = block.as<IndexSegment>();
    const std::size_t n_bytes = IndexSegment::bytes_for(segment->count, segment->encoding.width);
    if (n_bytes >= block.n_bytes || !blocks_.replace(block, n_bytes, n_bytes)) continue;
    block.as<IndexSegment>()->capacity = block.as<IndexSegment>()->count;
  }
  const std::size_t used = segments_ * sizeof(Block);
  // Where there is no memory to make it smaller in, it stays as it is.
  if (segments_ != 0 && used < directory_.n_bytes && !blocks_.replace(directory_, used, used)) return;
}

void Index::look_up() {
  blocks_.look_up(directory_);
  blocks_.look_up(overflow_);
  for (std::uint32_t i = 0; i < segments_; ++i) blocks_.look_up(directory()[i]);
}

const char* Index::check() const {
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < segments_; ++i) {
    const auto* const segment = directory()[i].as<const IndexSegment>();
    if (const char* broken = segment->check()) return broken;
    count += segment->count;
  }
  return count == count_ ? nullptr : "X1: the number of entries";
}

}  // namespace tidemark
