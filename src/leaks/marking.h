// Marks what can be reached: from the roots, through every word of every block that is reached itself.
//
// Conservative  Any aligned word whose value lies within a live block, its interior included, counts as a pointer to it.
//               What is reported as lost is lost; some of what is lost may pass for reachable, because a number looks like
//               its address, or because a pointer to it still stands where nobody will read it.
// In slices     step() goes on for about a budget. The program may run between steps, write, allocate and free. A pointer
//               that is carried from what has not been scanned yet to what has been is missed: therefore whoever scans in
//               slices scans twice, and believes what both say (BlockTable::confirm). What is lost for good was lost at
//               both times; what the program still has must have slipped by twice.
// Cost          About 0.3 ns a word that is no pointer; a pointer costs the cache misses of its table entry and run.
#pragma once

#include "leaks/block_table.h"
#include "platform/clock.h"

namespace tidemark {

struct AddressRange {
  Address begin = 0;
  Address end = 0;
};

class Marking {
 public:
  explicit constexpr Marking(BlockTable& table) : table_(&table) {}

  /// What is there to be read as roots, in multiples of the word; looked at by step(). At most kMaxRanges pieces.
  static constexpr std::size_t kMaxRanges = 64;
  bool add_roots(AddressRange range);
  /// Takes a range out of the roots that were added before, as our own state is.
  bool exclude_roots(AddressRange range);

  /// Someone whose memory can't be read has this address.
  void add_root(Address address) { visit(address); }
  /// A block that counts as reachable, and whose content says nothing.
  void exclude_block(Address address);

  /// Whether there is nothing left to do. A budget of kFully is never exhausted, and the clock not read.
  static constexpr std::uint64_t kFully = ~std::uint64_t{0};
  bool step(std::uint64_t budget_us, Clock& clock);

  std::size_t scanned_bytes() const { return scanned_bytes_; }

 private:
  // Between two readings of the clock.
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  void visit(Address word) {
    const BlockTable::Place place = table_->find(word);
    if (place.run == nullptr || (place.run->marked & place.bit()) != 0) return;
    place.run->marked |= place.bit();
    if ((place.run->scanned & place.bit()) == 0) table_->push(place.run);
  }

  void scan_words(const Address* at, const Address* end);
  /// Whether there was anything; `left` counts down by what it has scanned.
  bool scan_some(std::size_t& left);

  BlockTable* table_;
  AddressRange ranges_[kMaxRanges];
  std::size_t range_count_ = 0;
  AddressRange current_;     // what is being scanned
  BlockRun* run_ = nullptr;  // whose blocks are being scanned
  std::size_t scanned_bytes_ = 0;
};

}  // namespace tidemark
