#include "leaks/marking.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

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

void Marking::scan_words(const Address* at, const Address* end) {
  const Address low = table_->low(), span = table_->high() - low;
  constexpr std::size_t kStride = 8;
#if defined(__wasm_simd128__)
  const v128_t lows = wasm_i32x4_splat(static_cast<std::int32_t>(low));
  const v128_t spans = wasm_i32x4_splat(static_cast<std::int32_t>(span));
  for (; end - at >= static_cast<std::ptrdiff_t>(kStride); at += kStride) {
    const v128_t first = wasm_u32x4_lt(wasm_i32x4_sub(wasm_v128_load(at), lows), spans);
    const v128_t second = wasm_u32x4_lt(wasm_i32x4_sub(wasm_v128_load(at + 4), lows), spans);
    if (!wasm_v128_any_true(wasm_v128_or(first, second))) continue;
    for (std::size_t i = 0; i < kStride; ++i)
      if (at[i] - low < span) visit(at[i]);
  }
#else
  for (; end - at >= static_cast<std::ptrdiff_t>(kStride); at += kStride) {
    bool any = false;
    for (std::size_t i = 0; i < kStride; ++i) any |= at[i] - low < span;
    if (!any) continue;
    for (std::size_t i = 0; i < kStride; ++i)
      if (at[i] - low < span) visit(at[i]);
  }
#endif
  for (; at != end; ++at) visit(*at);
}

bool Marking::scan_some(std::size_t& left) {
  if (current_.begin == current_.end) {
    if (run_ == nullptr) run_ = table_->pop();
    if (run_ != nullptr) {
      const std::uint64_t waiting = run_->marked & run_->live & ~run_->scanned;
      if (waiting == 0) {
        BlockTable::done(run_);
        run_ = nullptr;
        return true;
      }
      const auto index = static_cast<unsigned>(std::countr_zero(waiting));
      run_->scanned |= std::uint64_t{1} << index;
      const Address begin = run_->address(index);
      current_ = {begin, begin + run_->block_bytes};
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
  left = left > bytes ? left - bytes : 0;
  return true;
}

bool Marking::step(std::uint64_t budget_us, Clock& clock) {
  if (budget_us == kFully) {
    std::size_t left = 0;
    while (scan_some(left)) {
    }
    return true;
  }
  const std::uint64_t end_us = clock.now_us() + budget_us;
  do {
    std::size_t left = kPieceBytes;
    for (std::size_t blocks = 0; left > 0 && blocks < kPieceBytes / kGrainBytes; ++blocks)
      if (!scan_some(left)) return true;
  } while (clock.now_us() < end_us);
  return false;
}

}  // namespace tidemark
