#include "movable/slot_table.h"

namespace tidemark {

std::uint32_t SlotTable::grow() {
  const std::uint32_t count = extent_.count;
  if (count >= IndexSet::kMaxCapacity) return kNoSlot;
  std::uint32_t wanted = count < kMinSlots ? kMinSlots : static_cast<std::uint32_t>(round_up(count + count / 2, 64));
  if (wanted > IndexSet::kMaxCapacity) wanted = IndexSet::kMaxCapacity;
  if (!grow_to(wanted) && !grow_to(count + 64)) return kNoSlot;
  return free_.least();
}

bool SlotTable::grow_to(std::uint32_t count) {
  const std::uint32_t old_count = extent_.count;
  if (!free_.resize(count)) return false;
  void* const slots = runs_->reallocate(extent_.slots, count * sizeof(Slot));
  if (slots == nullptr) {
    // The set is right as it is, only longer; a shorter one needs memory too.
    static_cast<void>(free_.resize(old_count));
    return false;
  }
  extent_ = {static_cast<Slot*>(slots), count};
  for (std::uint32_t index = old_count; index < count; ++index) {
    extent_.slots[index] = {0, floor_};
    free_.insert(index);
  }
  return true;
}

std::uint32_t SlotTable::used_end() const {
  std::uint32_t end = extent_.count;
  for (; end > 0; --end) {
    const Slot* const slot = at(end - 1);
    if (slot->address != 0 || slot->generation > kMaxFloor) break;
  }
  return end;
}

Address SlotTable::look_up(tidemark_handle handle) const { return resolve(handle); }

Slot* SlotTable::at(std::uint32_t index) const {
  Slot* const slot = extent_.slots + index;
  if (slot->generation != 0) return slot;
  return folded_at(index, FoldedSlots::Purpose::kLook);
}

void SlotTable::set_address(std::uint32_t index, Address address) {
  Slot* slot = extent_.slots + index;
  if (slot->generation == 0) slot = folded_at(index, FoldedSlots::Purpose::kLook);
  slot->address = address;
}

Slot* SlotTable::folded_at(std::uint32_t index, FoldedSlots::Purpose purpose) const {
  return folded_->at(const_cast<SlotTable&>(*this), index, purpose);  // which stays what it says
}

Address SlotTable::resolve_folded(tidemark_handle handle) const {
  if (extent_.slots[index_of(handle)].generation != 0) return 0;
  const Slot* const slot = folded_at(index_of(handle), FoldedSlots::Purpose::kResolve);
  return slot->generation == static_cast<std::uint32_t>(handle >> 32) ? slot->address : 0;
}

void SlotTable::shrink(bool fully) {
  const std::uint32_t end = used_end();
  std::uint32_t floor = floor_;
  for (std::uint32_t index = end; index < extent_.count; ++index) {
    const std::uint32_t generation = at(index)->generation;
    if (generation > floor) floor = generation;
  }
  const auto count = static_cast<std::uint32_t>(round_up(end, 64));
  const bool worth_it = fully ? count < extent_.count : count < extent_.count / 2;
  if (worth_it && free_.resize(count)) {
    floor_ = floor;
    if (count == 0) {
      runs_->free(extent_.slots);
      if (folded_ != nullptr) runs_->free(folded_);
      extent_ = {};
      folded_ = nullptr;
    } else {
      void* const slots = runs_->reallocate(extent_.slots, lowerable_bytes(count * sizeof(Slot)));
      extent_.count = count;
      if (slots != nullptr) extent_.slots = static_cast<Slot*>(slots);
    }
  }
  if (extent_.count == 0 || !fully) return;
  free_.lower();
  extent_.slots = static_cast<Slot*>(lower_run(*runs_, extent_.slots, extent_.count * sizeof(Slot)));
}

const char* SlotTable::check() const {
  if (!free_.is_sound()) return "T2: the levels of the set of free slots";
  for (std::uint32_t index = 0; index < extent_.count; ++index) {
    if (extent_.slots[index].generation == 0 && (folded_ == nullptr || extent_.slots[index].address != 0)) {
      return "T4: a slot without a generation";
    }
    const Slot& slot = *at(index);
    const bool usable = slot.address == 0 && slot.generation != kUsedUp;
    if (usable != free_.contains(index)) return "T2: the set of free slots";
    if (slot.generation == 0) return "T1: a generation that no handle may have";
  }
  return nullptr;
}

}  // namespace tidemark
