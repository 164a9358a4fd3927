#include "movable/run_source.h"

#include <cstring>

namespace tidemark {

void* lower_run(RunSource& runs, void* block, std::size_t used_bytes) {
  void* const lower = runs.allocate_lowest(runs.usable_bytes(block), reinterpret_cast<Address>(block));
  if (lower == nullptr) return block;
  std::memcpy(lower, block, used_bytes);
  runs.free(block);
  return lower;
}

}  // namespace tidemark
