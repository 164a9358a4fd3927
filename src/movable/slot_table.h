// Handles: the table from a handle to the address of the content.
//
//   handle    generation << 32 | index of the slot
//   slot      in use   address of the content, generation
//             free     0, the generation of the next handle that gets it
//
// Invariants (check(), and tests/unit/movable_slot_table_test.cpp)
//   T1  No handle is given out twice: a slot's generation counts up at each free, a slot whose generations are used up
//       is never used again, and slots that are dropped from the end come back with generations above all of theirs.
//   T2  free_ has exactly the free slots whose generations are not used up.
//   T3  A free slot's address is 0.
// Placement   The least free slot is used, so that free ones gather at the end, and shrink() can drop them.
// Cost        resolve in WebAssembly: two loads, of 64 bits each. take, give: a constant number of steps; take copies the
//             table where there is no free slot, by halves of its size.
// Failure     A reserve() that is refused changes nothing.
#pragma once

#include "movable/index_set.h"
#include "tidemark/movable.h"

namespace tidemark {

struct Slot {
  Address address;
  std::uint32_t generation;
};

class SlotTable {
 public:
  static constexpr std::uint32_t kNoSlot = IndexSet::kNone;

  constexpr explicit SlotTable(RunSource& runs, std::uint32_t first_generation = 1)
      : runs_(&runs), free_(runs), floor_(first_generation) {}

  /// Address of the content, 0 for a stale handle.
  Address resolve(tidemark_handle handle) const {
    const auto index = static_cast<std::uint32_t>(handle);
    const Extent extent = extent_now();
    if (index >= extent.count) return 0;
    const Slot* const slot = extent.slots + index;
    if constexpr (sizeof(Slot) == sizeof(std::uint64_t)) {
      std::uint64_t word;
      __builtin_memcpy(&word, slot, sizeof(word));  // a load: std::memcpy is a call under -fno-builtin
      return (word ^ handle) >> 32 == 0 ? static_cast<Address>(word) : 0;
    } else {
      return slot->generation == static_cast<std::uint32_t>(handle >> 32) ? slot->address : 0;
    }
  }

  static std::uint32_t index_of(tidemark_handle handle) { return static_cast<std::uint32_t>(handle); }
  tidemark_handle handle_of(std::uint32_t index) const {
    return std::uint64_t{extent_.slots[index].generation} << 32 | index;
  }

  /// The least free slot, kNoSlot when memory for more is exhausted. It stays free until take().
  std::uint32_t reserve() {
    const std::uint32_t index = free_.least();
    return index != kNoSlot ? index : grow();
  }

  tidemark_handle take(std::uint32_t index, Address address) {
    free_.erase(index);
    extent_.slots[index].address = address;
    return handle_of(index);
  }

  void give(std::uint32_t index) {
    Slot& slot = extent_.slots[index];
    slot.address = 0;
    if (++slot.generation != kUsedUp) free_.insert(index);
  }

  void set_address(std::uint32_t index, Address address) { extent_.slots[index].address = address; }
  Address address_at(std::uint32_t index) const { return extent_.slots[index].address; }

  /// Slots, free ones included.
  std::uint32_t count() const { return extent_.count; }

  /// Drops the free slots at the end if they are more than half of all. When `fully`, drops them however few they are, and
  /// moves the table to lower memory where there is any.
  /// Cost      one step for each free slot at the end, and a copy of the table where it moves.
  void shrink(bool fully);

  /// Bytes of the heap that it would hold after shrink(true).
  std::size_t needed_bytes() const {
    std::size_t count = round_up(used_end(), 64);
    if (count == 0) return 0;
    return round_up(lowerable_bytes(count * sizeof(Slot)), kGrainBytes) +
           round_up(lowerable_bytes(count / 8 + count / 8 / 32), kGrainBytes);
  }
  bool is_at(Address address) const {
    return reinterpret_cast<Address>(extent_.slots) == address || free_.is_at(address);
  }
  std::size_t held_bytes() const {
    return free_.held_bytes() + (extent_.count == 0 ? 0 : runs_->usable_bytes(extent_.slots));
  }

  const char* check() const;

 private:
  struct Extent {
    Slot* slots = nullptr;
    std::uint32_t count = 0;
  };

  static constexpr std::uint32_t kUsedUp = ~std::uint32_t{0};  // is never in a handle
  /// A slot with a higher generation is not dropped: those that come back would have few generations left.
  static constexpr std::uint32_t kMaxFloor = kUsedUp / 2;
  static constexpr std::uint32_t kMinSlots = 192;

  /// Both members by one load.
  Extent extent_now() const {
    if constexpr (sizeof(Extent) == sizeof(std::uint64_t)) {
      std::uint64_t word;
      __builtin_memcpy(&word, &extent_, sizeof(word));
      return {reinterpret_cast<Slot*>(static_cast<Address>(word)), static_cast<std::uint32_t>(word >> 32)};
    } else {
      return extent_;
    }
  }

  /// All slots from here on are free, and can be dropped.
  std::uint32_t used_end() const;
  std::uint32_t grow();
  bool grow_to(std::uint32_t count);

  Extent extent_;
  RunSource* runs_;
  IndexSet free_;
  std::uint32_t floor_;  // of generations that slots which come into being begin with
};

}  // namespace tidemark
