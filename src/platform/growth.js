// A JavaScript library for emcc, for wasm_pages.h and override/growth.cpp. With -sGROWABLE_ARRAYBUFFERS=2, which Emscripten also sets where only
// new browsers are asked for, views follow growth by themselves, and nothing of Emscripten's is told of it; the archive tells.
/* global addToLibrary, addAtInit, extraLibraryFuncs */
#if GROWABLE_ARRAYBUFFERS == 2
addToLibrary({
  emscripten_notify_memory_growth: () => {},
});
#endif
#if IMPORTED_MEMORY
// JavaScript may have made it larger than the module asks for (Module.wasmMemory, Module.INITIAL_MEMORY).
addToLibrary({
  $tidemarkTakeMemory__deps: ['tidemark_take_memory'],
  $tidemarkTakeMemory__postset: () => addAtInit('_tidemark_take_memory();'),
  $tidemarkTakeMemory: {},
});
extraLibraryFuncs.push('$tidemarkTakeMemory');
#endif
