#include "leaks/marking.h"

#include "leaks/pointer_filter.h"

namespace tidemark {

namespace {

constexpr std::size_t kWord = sizeof(Address);

AddressRange aligned(AddressRange range) { return {round_up(range.begin, kWord), range.end & ~Address{kWord - 1}}; }

}  // namespace

bool Marking::add_roots(AddressRange range) {
  range = aligned(range);
  if (range.begin >= range.end) return true;
  if (range_count_ == kMaxRanges) return false;
  ranges_[range_count_++] = range;
  return true;
}

bool Marking::exclude_roots(AddressRange range) {
  for (std::size_t i = range_count_; i-- > 0;) {
    const AddressRange whole = ranges_[i];
    if (range.end <= whole.begin || range.begin >= whole.end) continue;
    const bool before = range.begin > whole.begin, after = range.end < whole.end;
    if (before && after && range_count_ == kMaxRanges) return false;
    ranges_[i] = before ? aligned({whole.begin, range.begin}) : aligned({range.end, whole.end});
    if (before && after) ranges_[range_count_++] = aligned({range.end, whole.end});
    if (!before && !after) ranges_[i] = ranges_[--range_count_];
  }
  return true;
}

void Marking::exclude_block(Address address) {
  const BlockTable::Place place = table_->find(address);
  if (place.run == nullptr) return;
  place.run->marked |= place.bit();
  place.run->scanned |= place.bit();
}

void Marking::add_new_block(Address begin, std::size_t n_bytes) {
  const AddressRange block = aligned({begin, begin + n_bytes});
  if (n_bytes > kWholeBytes && add_roots(block)) return;
  scan_words(reinterpret_cast<const Address*>(block.begin), reinterpret_cast<const Address*>(block.end));
  scanned_bytes_ += n_bytes;
}

void Marking::follow(unsigned region) {
  std::size_t count = 0;
  const Address* const pointers = table_->work().take_pointers(region, count);
  for (std::size_t i = 0; i < count; ++i) visit(pointers[i]);
  work_ += count * kWorkOfPointer;
}

bool Marking::next_run() {
  Worklist& work = table_->work();
  const std::uint32_t number = work.next_run(hand_);
  const bool found = number != Worklist::kNone;
  const unsigned to = found ? work.region_of(table_->numbered(number)->begin) : kNowhere;
  // Pointers into the regions up to there may lead to runs that come first.
  const unsigned waiting = work.next_region(region_ == kNowhere ? 0 : region_ + 1);
  if (waiting != Worklist::kNone && waiting <= to) {
    region_ = waiting;
    follow(waiting);
    return true;
  }
  if (found) {
    region_ = to;
    hand_ = number;
    work.remove_run(number);
    run_ = table_->numbered(number);
    return true;
  }
  if (hand_ == 0 && region_ == kNowhere) return false;
  hand_ = 0;
  region_ = kNowhere;
  return true;
}

void Marking::scan_words(const Address* at, const Address* end) {
  for_each_word_within(at, end, table_->low(), table_->high() - table_->low(), [this](Address word) { take(word); });
}

/// Has the memory of blocks that are about to be scanned on its way, all at once: one after the other, each would be
/// waited for.
void Marking::touch(const BlockRun& run, std::uint64_t waiting) {
  constexpr std::size_t kLine = 64, kLargest = 512;
  touched_ = &run;
  if (run.block_bytes > kLargest) return;  // which the processor foresees by itself
  for (; waiting != 0; waiting &= waiting - 1) {
    const Address begin = run.address(static_cast<unsigned>(std::countr_zero(waiting)));
    for (Address line = begin; line < begin + run.block_bytes; line += kLine) {
      static_cast<void>(*reinterpret_cast<const volatile Address*>(line));
    }
  }
}

bool Marking::scan_some() {
  if (current_.begin == current_.end) {
    if (run_ == nullptr && next_run()) {
      if (run_ == nullptr) return true;
    }
    if (run_ != nullptr) {
      const std::uint64_t waiting = run_->marked & run_->live & ~run_->scanned;
      if (waiting == 0) {
        run_ = nullptr;
        return true;
      }
      if (run_ != touched_) touch(*run_, waiting);
      // Neighbours are scanned as one.
      const auto index = static_cast<unsigned>(std::countr_zero(waiting));
      const auto count = static_cast<unsigned>(std::countr_one(waiting >> index));
      run_->scanned |= waiting ^ (waiting & (waiting + (std::uint64_t{1} << index)));
      current_ = {run_->address(index), run_->address(index + count)};
      work_ += kWorkOfBlock;
    } else if (range_count_ > 0) {
      current_ = ranges_[--range_count_];
    } else {
      return false;
    }
  }
  const std::size_t whole = current_.end - current_.begin;
  const std::size_t bytes = whole < kPieceBytes ? whole : kPieceBytes;
  const auto* const words = reinterpret_cast<const Address*>(current_.begin);
  scan_words(words, words + bytes / kWord);
  current_.begin += bytes;
  scanned_bytes_ += bytes;
  work_ += bytes;
  return true;
}

bool Marking::step(std::uint64_t budget_us, Clock& clock) {
  const bool fully = budget_us == kFully;
  const std::uint64_t end_us = fully ? 0 : clock.now_us() + budget_us;
  do {
    work_ = 0;
    while (work_ < kPieceWork)
      if (!scan_some()) return true;
  } while (fully || clock.now_us() < end_us);
  return false;
}

}  // namespace tidemark
