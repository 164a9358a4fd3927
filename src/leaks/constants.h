// Which static data still are what the linker has put there: texts, tables of numbers, types. None of these words can be a
// pointer into the heap, however much it looks like one, and a program has thousands of them; they would keep any large block
// alive that was lost.
//
// Noted       Before any code of the program has run: a checksum of each line. What has the same checksum at a scan has not
//             been written since, or has its first content again; either way it points to nothing in the heap.
// Lines       As many as there is room for, 64 bytes or more each. What lies beyond 4 MiB, or behind 64 KiB without content
//             (the zeros of large arrays, which nobody may have touched yet), is not noted, and counts as changed.
// Memory      4 KiB, static.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "leaks/address_range.h"

namespace tidemark {

class Constants {
 public:
  static constexpr std::size_t kMaxLines = 1024;
  static constexpr std::size_t kLeastLine = 64;
  static constexpr std::size_t kMostBytes = 4 << 20;
  static constexpr std::size_t kEmptyBytes = 64 * 1024;

  /// Cost  that of reading `data`, as far as it is noted. Only the first call does anything.
  void note(AddressRange data);

  /// Calls visit(range) for what is not known to be constant, in ascending order, at most `max_ranges` times: constants
  /// between two of them are part of one range then.
  /// Cost  that of reading what was noted.
  template <class Visit>
  void for_each_variable(AddressRange data, std::size_t max_ranges, Visit&& visit) const {
    std::bitset<kMaxLines> constant;
    for (std::size_t i = 0; i < line_count_; ++i)
      constant[i] = line(i).begin >= data.begin && line(i).end <= data.end && checksum(line(i)) == checksums_[i];
    // Short stretches of constants are not worth a range of their own.
    std::size_t shortest = 1;
    while (visit_variable(data, constant, shortest, [](AddressRange) {}) > max_ranges) shortest *= 2;
    visit_variable(data, constant, shortest, visit);
  }

 private:
  AddressRange line(std::size_t i) const {
    const Address begin = begin_ + i * line_bytes_;
    return {begin, begin + line_bytes_};
  }
  /// 0 of zeros.
  static std::uint32_t checksum(AddressRange line);
  // One to one in either argument: no change of eight bytes alone is overlooked but by folded(), one in 2^32.
  static std::uint64_t mixed(std::uint64_t hash, std::uint64_t words) {
    hash = (hash ^ words) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 32;
  }
  static std::uint32_t folded(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

  /// As for_each_variable, where constants count from `shortest` lines on. How many ranges there are.
  template <class Visit>
  std::size_t visit_variable(AddressRange data, const std::bitset<kMaxLines>& constant, std::size_t shortest,
                             Visit&& visit) const {
    std::size_t ranges = 0;
    Address begin = data.begin;  // of what is variable
    const auto take = [&](Address end) {
      if (end <= begin) return;
      visit(AddressRange{begin, end});
      ++ranges;
    };
    for (std::size_t i = 0, end = 0; i < line_count_; i = end + 1) {
      for (end = i; end < line_count_ && constant[end];) ++end;
      if (end - i < shortest) continue;
      take(line(i).begin);
      begin = line(end).begin;
    }
    take(data.end);
    return ranges;
  }

  std::uint32_t checksums_[kMaxLines] = {};
  Address begin_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t line_count_ = 0;
  bool noted_ = false;
};

}  // namespace tidemark
