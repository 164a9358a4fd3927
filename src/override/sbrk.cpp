// sbrk, for programs that bring an allocator of their own. Its memory comes from growth, and is nothing to the heap but
// memory that somebody else has taken. Successive calls are contiguous unless memory was grown in between.
#include <cerrno>
#include <cstdint>

#include "platform/wasm_pages.h"

namespace {

using tidemark::Address;

// Memory that sbrk has grown and not yet given out is [break_now, break_limit).
Address break_begin = 0;
Address break_now = 0;
Address break_limit = 0;

}  // namespace

extern "C" __attribute__((weak)) void* sbrk(std::intptr_t increment) {
  tidemark::WasmPages pages;
  if (break_limit != pages.end() && increment >= 0 && break_limit - break_now < static_cast<Address>(increment)) {
    break_begin = break_now = break_limit = pages.end();  // what was left of the region before is lost
  }
  if (break_limit == 0) break_begin = break_now = break_limit = pages.end();
  const Address before = break_now;
  if (increment < 0) {
    if (Address{0} - static_cast<Address>(increment) > before - break_begin) {
      errno = EINVAL;
      return reinterpret_cast<void*>(-1);
    }
  } else if (static_cast<Address>(increment) > break_limit - before) {
    const Address more = static_cast<Address>(increment) - (break_limit - before);
    if (!pages.grow(tidemark::round_up(more, tidemark::kPageBytes))) {
      errno = ENOMEM;
      return reinterpret_cast<void*>(-1);
    }
    break_limit = pages.end();
  }
  break_now = before + static_cast<Address>(increment);
  return reinterpret_cast<void*>(before);
}
