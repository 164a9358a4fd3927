// The runs that movable memory has taken from the heap, lowest first: chunks, which are cut into blocks, and large blocks.
//
// Invariants  Entries strictly ascend.
// Cost        find: a binary search. insert, erase: that, and moving the entries above, 4 bytes each; at the end, where
//             new memory mostly is, nothing.
// Failure     A reserve() that is refused changes nothing.
#pragma once

#include "movable/run_source.h"

namespace tidemark {

/// Where a run begins, and of which kind it is.
class RunEntry {
 public:
  constexpr RunEntry() = default;
  RunEntry(Address begin, bool large) : bits_(begin | Address{large}) {}

  Address begin() const { return bits_ & ~Address{1}; }
  bool is_large() const { return (bits_ & 1) != 0; }

 private:
  Address bits_ = 0;
};

class RunList {
 public:
  constexpr explicit RunList(RunSource& runs) : runs_(&runs) {}

  /// Makes room for one more.
  bool reserve() { return count_ < capacity_ || grow(); }
  /// Requires reserve() to have been true since the last insert.
  void insert(RunEntry entry);
  void erase(Address begin);
  /// `from` now begins at `to`.
  void move(Address from, Address to);

  /// Number of the first that begins at or above `address`; count() when there is none.
  std::size_t first_from(Address address) const;
  RunEntry operator[](std::size_t index) const { return entries_[index]; }
  std::size_t count() const { return count_; }

  /// Gives back what is not needed, and moves the rest down, if it can.
  void shrink();

  /// Of the heap, for `count` runs and no room for more.
  static std::size_t needed_bytes(std::size_t count) {
    return count == 0 ? 0 : round_up(lowerable_bytes(count * sizeof(RunEntry)), kGrainBytes);
  }
  bool is_at(Address address) const { return reinterpret_cast<Address>(entries_) == address; }
  std::size_t held_bytes() const { return entries_ == nullptr ? 0 : runs_->usable_bytes(entries_); }

 private:
  bool grow();
  bool set_capacity(std::size_t capacity);

  RunSource* runs_;
  RunEntry* entries_ = nullptr;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tidemark
