#include "leaks/block_table.h"

namespace tidemark {

void BlockTable::confirm(const BlockTable& earlier) {
  for (BlockRun& run : *this) {
    if (run.lost() == 0) continue;
    const BlockRun* const whole = earlier.run_of(run.begin);
    if (whole->begin == run.begin && whole->block_bytes == run.block_bytes) {
      run.marked |= run.live & ~whole->lost();
      continue;
    }
    for (std::uint64_t lost = run.lost(); lost != 0; lost &= lost - 1) {
      const auto index = static_cast<unsigned>(std::countr_zero(lost));
      const Address block = run.address(index);
      const Place before = earlier.find(block);
      const bool same = before.run != nullptr && before.run->address(before.index) == block &&
                        before.run->block_bytes == run.block_bytes && (before.run->lost() & before.bit()) != 0;
      if (!same) run.marked |= std::uint64_t{1} << index;
    }
  }
}

}  // namespace tidemark
