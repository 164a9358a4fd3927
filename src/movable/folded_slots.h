// What folded slots of a table would be: of each group the slots in use, in order, and the generation of all others.
//
//   this | entries | groups
//
//   entry   the slot, its index; when it was given back since, a free slot
//   group   where its entries begin, its floor, look-ups
//
// Invariants
//   Entries ascend by index. A group's floor is no less than the generation of any slot of it that has no entry.
//   What of a group is folded, its slots say: those that the table has dropped and got back meanwhile are not.
// Cost      at(): a binary search among at most SlotTable::kGroupSlots / SlotTable::kSparse entries.
#pragma once

#include "movable/slot_table.h"

namespace tidemark {

class FoldedGroups final : public FoldedSlots {
 public:
  struct Entry {
    Slot slot;
    std::uint32_t index;
  };

  /// So many look-ups that unfolding, which takes the time of a hundred of them, is worth the memory.
  static constexpr std::uint32_t kManyLookups = 1024;

  static constexpr std::size_t bytes_for(std::uint32_t groups, std::uint32_t entries) {
    return sizeof(FoldedGroups) + entries * sizeof(Entry) + (groups + 1) * sizeof(Group);
  }

  /// In memory of bytes_for(groups, entries) bytes. To be filled, group after group.
  FoldedGroups(std::size_t held_bytes, std::uint32_t groups, std::uint32_t entries)
      : FoldedSlots(held_bytes), group_count_(groups), entry_capacity_(entries) {}

  /// The next group is folded, with that floor and the entries that follow.
  void begin_folded(std::uint32_t floor) {
    groups()[group_end_++] = {entry_count_, floor, 0};
    ++folded_count_;
  }
  void add(std::uint32_t index, Slot slot) { entries()[entry_count_++] = {slot, index}; }
  /// The next group is not.
  void add_unfolded() { groups()[group_end_++] = {entry_count_, 0, 0}; }
  void end() { groups()[group_end_] = {entry_count_, 0, 0}; }

  Slot* at(SlotTable& table, std::uint32_t index, Purpose purpose) override;
  /// Writes the slots of a group as they would be.
  void unfold(SlotTable& table, std::uint32_t number);

  bool is_folded(std::uint32_t number) const { return number < group_count_ && groups()[number].floor != 0; }
  /// The highest generation that any slot of a folded group would have.
  std::uint32_t highest_generation(std::uint32_t number) const;

  std::uint32_t group_count() const { return group_count_; }
  std::uint32_t folded_count() const { return folded_count_; }
  std::uint32_t entry_count() const { return entry_count_; }
  std::size_t bytes() const { return bytes_for(group_count_, entry_capacity_); }

 private:
  struct Group {
    std::uint32_t begin;  // of its entries
    std::uint32_t floor;  // 0: not folded
    std::uint32_t lookups;
  };

  Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
  const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  Group* groups() { return reinterpret_cast<Group*>(entries() + entry_capacity_); }
  const Group* groups() const { return reinterpret_cast<const Group*>(entries() + entry_capacity_); }

  Slot free_{};  // what at() gives for a slot that has no entry
  std::uint32_t group_count_;
  std::uint32_t entry_capacity_;
  std::uint32_t group_end_ = 0;  // of those that are filled
  std::uint32_t folded_count_ = 0;
  std::uint32_t entry_count_ = 0;
};

}  // namespace tidemark
