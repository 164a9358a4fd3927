/* Static data with blocks on the heap, which -sEVAL_CTORS has the linker make; and memory that calloc says is zero. */
#include "peak.h"

namespace {

constexpr int kEarlyBlocks = 4;
constexpr int kLateBlocks = 400;
constexpr size_t kEarlyBytes = 20000;

struct Early {
  unsigned char* blocks[kEarlyBlocks];
  Early() {
    for (auto& block : blocks) {
      block = static_cast<unsigned char*>(malloc(kEarlyBytes));
      memset(block, 0xaa, kEarlyBytes);
    }
  }
};
Early early;
unsigned char* late[kLateBlocks];

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void drop_early() {
  for (auto& block : early.blocks) {
    free(block);
    block = nullptr;
  }
}

EMSCRIPTEN_KEEPALIVE int count_bytes_not_zero(size_t bytes) {
  int count = 0;
  for (auto& block : late) {
    block = static_cast<unsigned char*>(calloc(1, bytes));
    for (size_t i = 0; i < bytes; ++i) count += block[i] != 0;
  }
  for (auto& block : late) free(block);
  return count;
}

}  // extern "C"
