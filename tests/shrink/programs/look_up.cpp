// Looks movable blocks up, both ways that tidemark/movable.h offers.
#include <emscripten.h>
#include <tidemark/movable.h>

extern "C" {
EMSCRIPTEN_KEEPALIVE void* inlined(tidemark_handle handle) { return tidemark::resolve(handle); }
/* Not the same function, which would be left out. */
EMSCRIPTEN_KEEPALIVE char* as_in_c(tidemark_handle handle, int offset) {
  return (char*)tidemark_movable_resolve(handle) + offset;
}
EMSCRIPTEN_KEEPALIVE void* called(tidemark_handle handle) { return tidemark_movable_look_up(handle); }
EMSCRIPTEN_KEEPALIVE tidemark_handle made(size_t n_bytes) { return tidemark_movable_allocate(n_bytes, 0); }
EMSCRIPTEN_KEEPALIVE int freed(tidemark_handle handle) { return tidemark_movable_free(handle); }
}
