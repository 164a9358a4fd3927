// Marks what can be reached: from the roots, through every word of every block that is reached itself.
//
// Conservative  Any aligned word whose value lies within a live block, its interior included, counts as a pointer to it.
//               What is reported as lost is lost; some of what is lost may pass for reachable, because a number looks like
//               its address, or because a pointer to it still stands where nobody will read it.
// In slices     step() goes on for about a budget. The program may run between steps, write, allocate and free. Blocks that
//               it makes are not judged; they are looked through at the end (BlockTable::for_each_new), so that what only
//               they point to is reachable. A pointer that is carried from what has not been scanned yet to what has been
//               is missed: therefore whoever scans in slices scans twice, and believes what both say (BlockTable::confirm).
//               What is lost for good was lost at both times; what the program still has must have slipped by twice.
// Cost          Where there are no pointers, that of a plain pass over the memory (leaks/pointer_filter.h). A pointer is looked up in
//               two tables, which worklist.h keeps from being cache misses.
#pragma once

#include "leaks/address_range.h"
#include "leaks/block_table.h"
#include "platform/clock.h"

namespace tidemark {

class Marking {
 public:
  explicit constexpr Marking(BlockTable& table) : table_(&table) {}

  /// What is there to be read as roots, in multiples of the word; looked at by step(). At most kMaxRanges pieces.
  static constexpr std::size_t kMaxRanges = 64;
  bool add_roots(AddressRange range);
  /// Takes a range out of the roots that were added before, as our own state is.
  bool exclude_roots(AddressRange range);

  /// Someone whose memory can't be read has this address.
  void add_root(Address address) {
    if (address - table_->low() < table_->high() - table_->low()) take(address);
  }
  /// A block that is not in the table: what it points to is reachable, since nobody asks whether it is itself.
  void add_new_block(Address begin, std::size_t n_bytes);
  /// A block that counts as reachable, and whose content says nothing.
  void exclude_block(Address address);

  /// Whether there is nothing left to do. A budget of kFully is never exhausted, and the clock not read.
  static constexpr std::uint64_t kFully = ~std::uint64_t{0};
  bool step(std::uint64_t budget_us, Clock& clock);

  std::size_t scanned_bytes() const { return scanned_bytes_; }

 private:
  // Work between two readings of the clock, in the time that a byte without pointers takes.
  static constexpr std::size_t kPieceWork = 128 * 1024;
  static constexpr std::size_t kWorkOfBlock = 512, kWorkOfPointer = 128;
  static constexpr std::size_t kPieceBytes = 4096;       // of one block at a time
  static constexpr std::size_t kWholeBytes = 64 * 1024;  // of a new block
  static constexpr unsigned kNowhere = 64;

  void visit(Address word) {
    const BlockTable::Place place = table_->find(word);
    if (place.run == nullptr || (place.run->marked & place.bit()) != 0) return;
    place.run->marked |= place.bit();
    table_->work().add_run(table_->number_of(place.run));
  }
  /// Requires  a word within the heap.
  void take(Address word) {
    const unsigned region = table_->work().region_of(word);
    work_ += kWorkOfPointer;
    if (region == region_) {
      visit(word);
    } else if (table_->work().add_pointer(region, word)) {
      follow(region);
    }
  }
  /// All pointers that wait for a region.
  void follow(unsigned region);
  void scan_words(const Address* at, const Address* end);
  /// A step towards the next run of the sweep, which is in run_ in the end; false when no pointer leads to any.
  bool next_run();
  void touch(const BlockRun& run, std::uint64_t waiting);
  /// Whether there was anything.
  bool scan_some();

  BlockTable* table_;
  AddressRange ranges_[kMaxRanges];
  std::size_t range_count_ = 0;
  AddressRange current_;     // what is being scanned
  BlockRun* run_ = nullptr;  // whose blocks are being scanned
  const BlockRun* touched_ = nullptr;
  std::size_t scanned_bytes_ = 0;
  std::size_t work_ = 0;        // since the clock was read
  std::uint32_t hand_ = 0;      // where the sweep is: a run
  unsigned region_ = kNowhere;  // … and its region
};

}  // namespace tidemark
