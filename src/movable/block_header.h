// The word in front of every movable block, and what stands in free memory between them.
//
//   64 KiB chunk  | head | header content | header content | header (free) … | end |
//   large block   | head | header content |
//
//   live block   | header | content …                                        |
//   free block   | header | next, previous in its bin | … | length in units  |
//   end          the header at the end of a chunk: live, of length 0; `slot` is the chunk's length
//   large        a block that is a run by itself: live, of length 0; the length stands in the head
//
// The unit of length is kUnitBytes, which is also the header's own size: arithmetic on BlockHeader* counts units.
#pragma once

#include "base/units.h"

namespace tidemark {

inline constexpr std::size_t kUnitBytes = 8;

class BlockHeader {
 public:
  static constexpr unsigned kMaxPins = (1u << 14) - 1;
  static constexpr unsigned kTags = 1u << 6;
  /// Header, the two links, and the length: what any free block has room for, and so every block.
  static constexpr std::size_t kMinUnits = 2 + 2 * sizeof(Address) / kUnitBytes;

  static constexpr BlockHeader live(std::size_t units, std::uint32_t slot, unsigned tag) {
    return BlockHeader(units | std::uint64_t{1} << kLiveBit | std::uint64_t{tag} << kTagShift |
                       std::uint64_t{slot} << kSlotShift);
  }
  static constexpr BlockHeader free(std::size_t units) { return BlockHeader(units); }
  static constexpr BlockHeader end(std::size_t chunk_units) {
    return live(0, static_cast<std::uint32_t>(chunk_units), 0);
  }

  std::size_t units() const { return static_cast<std::size_t>(word_ & kUnitMask); }
  bool is_live() const { return field(kLiveBit, 1) != 0; }
  /// The block in front of this one is free. Never so where this one is.
  bool is_after_free() const { return field(kAfterFreeBit, 1) != 0; }
  unsigned tag() const { return field(kTagShift, kTags - 1); }
  unsigned pins() const { return field(kPinShift, kMaxPins); }
  std::uint32_t slot() const { return static_cast<std::uint32_t>(word_ >> kSlotShift); }

  /// Of a header in a chunk: whether this is its end.
  bool is_end() const { return units() == 0; }
  /// Of a block: whether it is a run by itself.
  bool is_large() const { return units() == 0; }

  void set_units(std::size_t units) { word_ = (word_ & ~kUnitMask) | units; }
  void set_after_free(bool after_free) {
    word_ = (word_ & ~(std::uint64_t{1} << kAfterFreeBit)) | std::uint64_t{after_free} << kAfterFreeBit;
  }
  void add_pin() { word_ += std::uint64_t{1} << kPinShift; }
  void remove_pin() { word_ -= std::uint64_t{1} << kPinShift; }

  Address address() const { return reinterpret_cast<Address>(this); }
  Address content() const { return address() + sizeof(BlockHeader); }
  BlockHeader* next() { return this + units(); }
  const BlockHeader* next() const { return this + units(); }

  // --- of free blocks

  BlockHeader*& next_free() { return reinterpret_cast<BlockHeader**>(this + 1)[0]; }
  BlockHeader*& previous_free() { return reinterpret_cast<BlockHeader**>(this + 1)[1]; }
  void write_length() { this[units() - 1].word_ = units(); }
  /// The free block in front of this one. Requires is_after_free().
  BlockHeader* before() { return this - static_cast<std::size_t>(this[-1].word_); }

  static BlockHeader* of_content(Address content) { return reinterpret_cast<BlockHeader*>(content) - 1; }

 private:
  static constexpr std::uint64_t kUnitMask = 0xffff;
  static constexpr unsigned kLiveBit = 16, kAfterFreeBit = 17, kTagShift = 18, kPinShift = 24, kSlotShift = 38;

  constexpr explicit BlockHeader(std::uint64_t word) : word_(word) {}

  unsigned field(unsigned shift, unsigned mask) const { return static_cast<unsigned>(word_ >> shift) & mask; }

  std::uint64_t word_;
};

static_assert(sizeof(BlockHeader) == kUnitBytes);

/// Units of a block whose content has at least `n_bytes`. Requires n_bytes <= PTRDIFF_MAX.
constexpr std::size_t units_for(std::size_t n_bytes) {
  const std::size_t units = 1 + (n_bytes + kUnitBytes - 1) / kUnitBytes;
  return units < BlockHeader::kMinUnits ? BlockHeader::kMinUnits : units;
}

}  // namespace tidemark
