// A JavaScript library for emcc, for wasm_pages.h. With -sGROWABLE_ARRAYBUFFERS=2, which Emscripten also sets where only
// new browsers are asked for, views follow growth by themselves, and nothing of Emscripten's is told of it; the archive tells.
/* global addToLibrary */
#if GROWABLE_ARRAYBUFFERS == 2
addToLibrary({
  emscripten_notify_memory_growth: () => {},
});
#endif
