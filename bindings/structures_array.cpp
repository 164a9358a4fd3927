// The blocks of CompactArray and BufferPool: what they hold, JavaScript reads and writes through views.
#include <new>

#include "structures/block_source.h"

using namespace tidemark;

namespace {

struct Array {
  Blocks blocks{program_blocks()};
  Block block;
};

}  // namespace

extern "C" {

Array* tidemark_array_create() { return new (std::nothrow) Array(); }

void tidemark_array_destroy(Array* array) {
  array->blocks.give_back(array->block);
  delete array;
}

/// Makes it `n_bytes` long, with its first `kept_bytes`; 0, and nothing changed, when memory is exhausted.
int tidemark_array_resize(Array* array, std::size_t n_bytes, std::size_t kept_bytes) {
  array->blocks.look_up(array->block);
  if (n_bytes == 0) {
    array->blocks.give_back(array->block);
    return 1;
  }
  return array->blocks.replace(array->block, n_bytes, kept_bytes) ? 1 : 0;
}

/// Good until blocks move.
std::uint8_t* tidemark_array_address(Array* array) {
  array->blocks.look_up(array->block);
  return array->block.address;
}

/// As address, which is good until as many calls of unpin; a pinned one is not to be resized or destroyed.
std::uint8_t* tidemark_array_pin(Array* array) {
  return static_cast<std::uint8_t*>(tidemark_movable_pin(array->block.handle));
}

void tidemark_array_unpin(Array* array) { tidemark_movable_unpin(array->block.handle); }

std::size_t tidemark_array_bytes(const Array* array) { return array->blocks.held_bytes() + sizeof(Array); }

}  // extern "C"
