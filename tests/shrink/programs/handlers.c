/* Handlers of events of the page, registered by emscripten calls. */
#include <emscripten/html5.h>
#include <stdio.h>

#include "peak.h"

struct Seen {
  int clicks, keys, resizes;
  char last_key[EM_HTML5_SHORT_STRING_LEN_BYTES];
};
static struct Seen* seen; /* on the heap: what a handler gets is an address */

static bool clicked(int type, const EmscriptenMouseEvent* event, void* data) {
  ((struct Seen*)data)->clicks += type == EMSCRIPTEN_EVENT_CLICK && event->button == 0;
  return true;
}
static bool key_down(int type, const EmscriptenKeyboardEvent* event, void* data) {
  struct Seen* const counts = (struct Seen*)data;
  counts->keys += type == EMSCRIPTEN_EVENT_KEYDOWN;
  snprintf(counts->last_key, sizeof(counts->last_key), "%s", event->key);
  return false;
}
static bool resized(int type, const EmscriptenUiEvent* event, void* data) {
  ((struct Seen*)data)->resizes += type == EMSCRIPTEN_EVENT_RESIZE && event->windowInnerWidth > 0;
  return true;
}

EMSCRIPTEN_KEEPALIVE int listen(void) {
  seen = (struct Seen*)calloc(1, sizeof(*seen));
  return seen != NULL && emscripten_set_click_callback("#target", seen, false, clicked) == EMSCRIPTEN_RESULT_SUCCESS &&
         emscripten_set_keydown_callback(EMSCRIPTEN_EVENT_TARGET_DOCUMENT, seen, true, key_down) ==
             EMSCRIPTEN_RESULT_SUCCESS &&
         emscripten_set_resize_callback(EMSCRIPTEN_EVENT_TARGET_WINDOW, seen, false, resized) ==
             EMSCRIPTEN_RESULT_SUCCESS;
}
EMSCRIPTEN_KEEPALIVE int stop_listening_to_clicks(void) {
  return emscripten_set_click_callback("#target", NULL, false, NULL) == EMSCRIPTEN_RESULT_SUCCESS;
}
EMSCRIPTEN_KEEPALIVE int get_clicks(void) { return seen->clicks; }
EMSCRIPTEN_KEEPALIVE int get_keys(void) { return seen->keys; }
EMSCRIPTEN_KEEPALIVE int get_resizes(void) { return seen->resizes; }
EMSCRIPTEN_KEEPALIVE const char* get_last_key(void) { return seen->last_key; }
