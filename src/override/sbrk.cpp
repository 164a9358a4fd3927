// sbrk, for programs that bring an allocator of their own. Its memory comes from growth, and is nothing to the heap but
// memory that somebody else has taken. Successive calls are contiguous unless memory was grown in between.
//
// And the word that Emscripten calls sbrk's, which two others use: -sSAFE_HEAP compares every address with it, and with
// -sMAIN_MODULE, what loads side modules before the program starts puts their data below it, and moves it up.
#include <cerrno>
#include <cstdint>

#include "platform/wasm_pages.h"

namespace {

using tidemark::Address;

// Memory that sbrk has grown and not yet given out is [break_now, break_limit).
Address break_begin = 0;
Address break_now = 0;
Address break_limit = 0;

Address end_word = 0;    // what emscripten_get_sbrk_ptr points to
Address shown_end = 0;   // what it was set to here; another value is that of a loader
Address loaded_end = 0;  // the last one of those

}  // namespace

// -sSAFE_HEAP calls this at every access, but for those in this function: it must not call another.
extern "C" __attribute__((weak)) Address* emscripten_get_sbrk_ptr(void) {
  if (end_word != shown_end) loaded_end = end_word;
  end_word = shown_end = __builtin_wasm_memory_size(0) * tidemark::kPageBytes;
  return &end_word;
}

extern "C" std::size_t tidemark_loaded_end(void) {
  emscripten_get_sbrk_ptr();
  return loaded_end;
}

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
