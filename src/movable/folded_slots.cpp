#include "movable/folded_slots.h"

#include <bit>
#include <cstring>
#include <new>

namespace tidemark {

namespace {

constexpr std::uint32_t kGroupSlots = SlotTable::kGroupSlots;

std::uint32_t begin_of(std::uint32_t number) { return number * kGroupSlots; }

/// The last group may be shorter.
std::uint32_t end_of(std::uint32_t number, std::uint32_t count) {
  const std::uint32_t end = begin_of(number) + kGroupSlots;
  return end < count ? end : count;
}

}  // namespace

// --- what is folded

Slot* FoldedGroups::at(SlotTable& table, std::uint32_t index, Purpose purpose) {
  const std::uint32_t number = index / kGroupSlots;
  Group& group = groups()[number];
  if (purpose == Purpose::kTake || (purpose == Purpose::kResolve && ++group.lookups == kManyLookups)) {
    unfold(table, number);
    if (purpose == Purpose::kTake && folded_count_ == 0) table.drop_folded();
    return table.extent_.slots + index;
  }
  Entry* first = entries() + group.begin;
  std::size_t rest = groups()[number + 1].begin - group.begin;
  while (rest > 1) {
    const std::size_t half = rest / 2;
    if (first[half].index <= index) first += half;
    rest -= half;
  }
  if (rest != 0 && first->index == index) return &first->slot;
  free_ = {0, group.floor};
  return &free_;
}

void FoldedGroups::unfold(SlotTable& table, std::uint32_t number) {
  if (!is_folded(number)) return;
  const SlotTable::Extent extent = table.extent_;
  Group& group = groups()[number];
  for (std::uint32_t i = group.begin; i < groups()[number + 1].begin; ++i) {
    const Entry& entry = entries()[i];
    if (entry.index < extent.count && extent.slots[entry.index].generation == 0) {
      extent.slots[entry.index] = entry.slot;
    }
  }
  for (std::uint32_t index = begin_of(number); index < end_of(number, extent.count); ++index) {
    if (extent.slots[index].generation == 0) extent.slots[index].generation = group.floor;
  }
  group.floor = 0;
  --folded_count_;
}

std::uint32_t FoldedGroups::highest_generation(std::uint32_t number) const {
  if (!is_folded(number)) return 0;
  std::uint32_t highest = groups()[number].floor;
  for (std::uint32_t i = groups()[number].begin; i < groups()[number + 1].begin; ++i) {
    if (entries()[i].slot.generation > highest) highest = entries()[i].slot.generation;
  }
  return highest;
}

void SlotTable::drop_folded() {
  runs_->free(folded_);
  folded_ = nullptr;
}

// --- folding

std::uint32_t SlotTable::group_count() const { return (extent_.count + kGroupSlots - 1) / kGroupSlots; }

std::uint32_t SlotTable::used_in(std::uint32_t number) const {
  const std::uint32_t end = end_of(number, extent_.count);
  std::uint32_t used = end - begin_of(number);
  for (std::uint32_t index = begin_of(number); index < end; index += 64) {
    used -= static_cast<std::uint32_t>(std::popcount(free_.word_at(index)));
  }
  return used;
}

bool SlotTable::is_sparse(std::uint32_t number) const {
  return used_in(number) * kSparse <= end_of(number, extent_.count) - begin_of(number);
}

SlotFolding SlotTable::folding() const {
  std::uint32_t groups = 0, used = 0;
  for (std::uint32_t number = 0; number < group_count(); ++number) {
    if (!is_sparse(number)) continue;
    ++groups;
    used += used_in(number);
  }
  if (groups < kLeastGroups) return {};
  return {groups, used, std::size_t{groups} * kGroupSlots * sizeof(Slot),
          round_up(lowerable_bytes(FoldedGroups::bytes_for(group_count(), used)), kGrainBytes)};
}

void SlotTable::fold() {
  auto* const before = static_cast<FoldedGroups*>(folded_);
  const SlotFolding folding = this->folding();
  if (folding.groups == 0) {
    if (before == nullptr) return;
    for (std::uint32_t number = 0; number < before->group_count(); ++number) before->unfold(*this, number);
    drop_folded();
    return;
  }
  if (before == nullptr || before->folded_count() != folding.groups || before->entry_count() != folding.used) {
    void* const memory = runs_->allocate(folding.held_bytes);
    if (memory == nullptr) return;
    auto* const made = new (memory) FoldedGroups(runs_->usable_bytes(memory), group_count(), folding.used);
    for (std::uint32_t number = 0; number < group_count(); ++number) fold_group(number, before, *made);
    made->end();
    if (before != nullptr) runs_->free(folded_);
    folded_ = made;
  }
  const auto* const made = static_cast<const FoldedGroups*>(folded_);
  folded_ = static_cast<FoldedGroups*>(lower_run(*runs_, folded_, made->bytes()));
}

/// As it should be; `made` has all groups below it.
void SlotTable::fold_group(std::uint32_t number, FoldedGroups* before, FoldedGroups& made) {
  const std::uint32_t begin = begin_of(number), end = end_of(number, extent_.count);
  std::uint32_t floor = 0;
  if (is_sparse(number)) {
    if (before != nullptr) floor = before->highest_generation(number);
    for (std::uint32_t index = begin; index < end; ++index) {
      if (extent_.slots[index].generation > floor) floor = extent_.slots[index].generation;
    }
  }
  if (floor == 0 || floor > kMaxFloor) {  // free slots would have few generations left
    if (before != nullptr) before->unfold(*this, number);
    made.add_unfolded();
    return;
  }
  made.begin_folded(floor);
  for (std::uint32_t index = begin; index < end; index += 64) {
    for (std::uint64_t used = ~free_.word_at(index); used != 0; used &= used - 1) {
      const std::uint32_t i = index + static_cast<std::uint32_t>(std::countr_zero(used));
      made.add(i, *at(i));
    }
  }
  std::memset(extent_.slots + begin, 0, (end - begin) * sizeof(Slot));
}

}  // namespace tidemark
