// Handles: the table from a handle to the address of the content.
//
//   handle    generation << 32 | index of the slot
//   slot      in use   address of the content, generation
//             free     0, the generation of the next handle that gets it
//             folded   0, 0: what it would be is known elsewhere
//
// Where few of kGroupSlots, which take a page of the system's, are in use, fold() writes down those, and one generation
// for all that are free, and leaves zeros, which a shrink does not copy.
//
// Invariants (check(), and tests/unit/movable_slot_table_test.cpp)
//   T1  No handle is given out twice: a slot's generation counts up at each free, a slot whose generations are used up
//       is never used again, and slots that are dropped from the end come back with generations above all of theirs.
//   T2  free_ has exactly the free slots whose generations are not used up.
//   T3  A free slot's address is 0.
//   T4  A slot that is not folded has a generation other than 0. One that is folded is as if it were not, and is no more once
//       a slot of its group has been taken, or looked up kManyLookups times.
// Placement   The least free slot is used, so that free ones gather at the end, and shrink() can drop them.
// Cost        resolve in WebAssembly: two loads, of 64 bits each; of a folded slot, a search among those in use of its
//             group. take, give: a constant number of steps; take writes a group where it is folded, and copies the table
//             where there is no free slot, by halves of its size.
// Failure     A reserve() or fold() that is refused changes nothing.
#pragma once

#include "base/attributes.h"
#include "movable/index_set.h"
#include "tidemark/movable.h"

namespace tidemark {

struct Slot {
  Address address;
  std::uint32_t generation;
};

class SlotTable;

/// What folded slots would be (folded_slots.h). All that the table asks is this: a program that never folds has nothing else
/// of it.
class FoldedSlots {
 public:
  enum class Purpose { kLook, kResolve, kTake };

  /// The slot at `index`, which is folded. By kTake its group is unfolded, and this gone when it was the last; for the
  /// others, a slot that is free is for looking only.
  virtual Slot* at(SlotTable& table, std::uint32_t index, Purpose purpose) = 0;

  /// Of the heap.
  std::size_t held_bytes() const { return held_bytes_; }

 protected:
  explicit FoldedSlots(std::size_t held_bytes) : held_bytes_(held_bytes) {}
  ~FoldedSlots() = default;

 private:
  const std::size_t held_bytes_;
};

/// What fold() would make of a table: so many groups are folded, with so many slots in use; and how many bytes are zero
/// then, and how many of the heap are held for what is known of them.
struct SlotFolding {
  std::uint32_t groups;
  std::uint32_t used;
  std::size_t zero_bytes;
  std::size_t held_bytes;
};

class FoldedGroups;

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
      if ((word ^ handle) >> 32 == 0) return static_cast<Address>(word);
    } else {
      if (slot->generation == static_cast<std::uint32_t>(handle >> 32)) return slot->address;
    }
    return resolve_folded(handle);
  }

  /// The same as a call, which is less code.
  TIDEMARK_RARE Address look_up(tidemark_handle handle) const;

  static std::uint32_t index_of(tidemark_handle handle) { return static_cast<std::uint32_t>(handle); }
  tidemark_handle handle_of(std::uint32_t index) const { return std::uint64_t{at(index)->generation} << 32 | index; }

  /// The least free slot, kNoSlot when memory for more is exhausted. It stays free until take().
  std::uint32_t reserve() {
    const std::uint32_t index = free_.least();
    return index != kNoSlot ? index : grow();
  }

  tidemark_handle take(std::uint32_t index, Address address) {
    free_.erase(index);
    Slot& slot = extent_.slots[index];
    if (slot.generation == 0) folded_at(index, FoldedSlots::Purpose::kTake);
    slot.address = address;
    return std::uint64_t{slot.generation} << 32 | index;
  }

  void give(std::uint32_t index) {
    Slot& slot = *at(index);
    slot.address = 0;
    if (++slot.generation != kUsedUp) free_.insert(index);
  }

  void set_address(std::uint32_t index, Address address);
  Address address_at(std::uint32_t index) const { return free_.contains(index) ? 0 : at(index)->address; }

  /// Slots, free ones included.
  std::uint32_t count() const { return extent_.count; }

  /// Drops the free slots at the end if they are more than half of all. When `fully`, drops them however few they are, and
  /// moves the table to lower memory where there is any.
  /// Cost      one step for each free slot at the end, and a copy of the table where it moves.
  void shrink(bool fully);

  /// Folds the groups of which at most one slot in kSparse is in use, where there are kLeastGroups of them, and unfolds the
  /// others. To be called after shrink(true).
  /// Cost      one step for each slot of those that were not folded, and for 64 of the others.
  void fold();

  /// Bytes of the heap that it would hold after shrink(true).
  std::size_t needed_bytes() const {
    std::size_t count = round_up(used_end(), 64);
    if (count == 0) return 0;
    return round_up(lowerable_bytes(count * sizeof(Slot)), kGrainBytes) +
           round_up(lowerable_bytes(count / 8 + count / 8 / 32), kGrainBytes);
  }
  SlotFolding folding() const;

  bool is_at(Address address) const {
    return reinterpret_cast<Address>(extent_.slots) == address || free_.is_at(address) ||
           reinterpret_cast<Address>(folded_) == address;
  }
  std::size_t held_bytes() const {
    return free_.held_bytes() + (extent_.count == 0 ? 0 : runs_->usable_bytes(extent_.slots)) +
           (folded_ == nullptr ? 0 : folded_->held_bytes());
  }

  const char* check() const;

  static constexpr std::uint32_t kGroupSlots = 4096 / sizeof(Slot);
  static constexpr std::uint32_t kSparse = 8;
  static constexpr std::uint32_t kLeastGroups = 4;

 private:
  friend class FoldedGroups;

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

  /// The slot, or what it would be if it were not folded: a free one is for looking only then.
  TIDEMARK_RARE Slot* at(std::uint32_t index) const;
  TIDEMARK_RARE Slot* folded_at(std::uint32_t index, FoldedSlots::Purpose purpose) const;
  /// 0 for a stale handle. Requires its slot not to have its generation.
  TIDEMARK_RARE Address resolve_folded(tidemark_handle handle) const;

  std::uint32_t group_count() const;
  std::uint32_t used_in(std::uint32_t number) const;
  bool is_sparse(std::uint32_t number) const;
  void drop_folded();
  void fold_group(std::uint32_t number, FoldedGroups* before, FoldedGroups& made);

  Extent extent_;
  RunSource* runs_;
  IndexSet free_;
  FoldedSlots* folded_ = nullptr;
  std::uint32_t floor_;  // of generations that slots which come into being begin with
};

}  // namespace tidemark
