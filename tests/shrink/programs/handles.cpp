// Many handles, of which few stay: looked up, pinned, resized, freed and made anew across shrinks; stale ones stay stale.
#include <tidemark/movable.h>

#include <cstdint>
#include <cstring>

#include "peak.h"

namespace {

constexpr std::uint32_t kMost = 60'000;

tidemark_handle handles[kMost];  // stale ones, too, once they were given back
bool live[kMost];
tidemark_handle stale[kMost];  // those that the ones above came after

std::uint32_t bytes_of(std::uint32_t i) { return 24 + i % 40; }

void give(std::uint32_t i) {
  if (tidemark_movable_free(handles[i]) != TIDEMARK_MOVABLE_DONE) abort();
  live[i] = false;
}

bool make(std::uint32_t i) {
  stale[i] = handles[i];
  handles[i] = tidemark_movable_allocate(bytes_of(i), i % 8);
  if (handles[i] == 0) return false;
  live[i] = true;
  std::memset(tidemark::resolve(handles[i]), static_cast<int>(i % 251 + 1), bytes_of(i));
  return true;
}

bool holds(std::uint32_t i) {
  const auto* const content = static_cast<const unsigned char*>(tidemark::resolve(handles[i]));
  if (content == nullptr || content != tidemark_movable_look_up(handles[i])) return false;
  if (tidemark_movable_bytes(handles[i]) < bytes_of(i)) return false;
  for (std::uint32_t at = 0; at < bytes_of(i); ++at) {
    if (content[at] != i % 251 + 1) return false;
  }
  return true;
}

bool is_stale(tidemark_handle handle) {
  return tidemark::resolve(handle) == nullptr && tidemark_movable_look_up(handle) == nullptr &&
         tidemark_movable_bytes(handle) == 0 && tidemark_movable_pin(handle) == nullptr &&
         tidemark_movable_free(handle) == TIDEMARK_MOVABLE_STALE &&
         tidemark_movable_resize(handle, 8) == TIDEMARK_MOVABLE_STALE;
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE int fill(void) {
  for (std::uint32_t i = 0; i < kMost; ++i) {
    if (!live[i] && !make(i)) return 0;
  }
  return 1;
}

/// Returns how many stay.
EMSCRIPTEN_KEEPALIVE std::uint32_t keep_one_in(std::uint32_t one_in) {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    if (live[i] && i % one_in != 0) give(i);
    kept += live[i];
  }
  return kept;
}

/// -1 when a block, or a handle, is not what it was; else how many blocks there are.
EMSCRIPTEN_KEEPALIVE int whole(void) {
  int count = 0;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    if (live[i] ? !holds(i) : !is_stale(handles[i])) return -1;
    if (!is_stale(stale[i])) return -1;
    count += live[i];
  }
  return tidemark_movable_check() == nullptr ? count : -1;
}

/// Everything that can be done with those that are there.
EMSCRIPTEN_KEEPALIVE int use(void) {
  for (std::uint32_t i = 0, n = 0; i < kMost; ++i) {
    if (!live[i]) continue;
    switch (n++ % 4) {
      case 0:
        give(i);
        break;
      case 1:
        if (tidemark_movable_resize(handles[i], 200) != TIDEMARK_MOVABLE_DONE) return 0;
        break;
      case 2: {
        const tidemark::Pin<unsigned char> pin(handles[i]);
        if (!pin || tidemark_movable_free(handles[i]) != TIDEMARK_MOVABLE_PINNED) return 0;
        tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
        if (pin.get() != tidemark::resolve(handles[i])) return 0;
        break;
      }
      default:
        give(i);
        if (!make(i)) return 0;
    }
    if (n > 40) break;
  }
  return 1;
}

EMSCRIPTEN_KEEPALIVE int look_up_often(std::uint32_t i, std::uint32_t times) {
  while (times-- > 0) {
    if (tidemark::resolve(handles[i]) == nullptr) return 0;
  }
  return 1;
}

EMSCRIPTEN_KEEPALIVE tidemark_handle handle_of(std::uint32_t i) { return handles[i]; }

EMSCRIPTEN_KEEPALIVE void* address_of(std::uint32_t i) { return tidemark::resolve(handles[i]); }

EMSCRIPTEN_KEEPALIVE double table_bytes(void) {
  tidemark_movable_stats stats;
  tidemark_movable_get_stats(&stats);
  return static_cast<double>(stats.data_bytes);
}
}
