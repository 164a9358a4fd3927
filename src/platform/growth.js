// A JavaScript library for emcc, for wasm_pages.h and override/growth.cpp.
/* global addToLibrary, addAtInit, extraLibraryFuncs */
#if GROWABLE_ARRAYBUFFERS == 2
// Emscripten sets it also where only new browsers are asked for. Views follow growth by themselves then, and nothing of Emscripten's
// is told of it; the archive tells.
addToLibrary({
  emscripten_notify_memory_growth: () => {},
});
#elif ALLOW_MEMORY_GROWTH
addToLibrary({
  // How large memory was when it was last looked at how long a growth takes; and for how many looks more growth counts as slow.
  $tidemarkLooked: 0,
  $tidemarkSlow: 0,

  emscripten_notify_memory_growth__deps: ['$tidemarkLooked', '$tidemarkSlow', '$wasmMemory'],
  // Memory has grown by what malloc needed and hardly more. That suits where a growth is cheap. V8, up to that of Node 24, looks for
  // garbage at each growth of a memory of more than 64 MiB, among all objects that JavaScript has, and the program waits. So above
  // that, now and then, it is looked at how long one takes, by an empty one; where they take long, memory goes ahead as far as
  // Emscripten's own would. malloc takes all that is there.
  emscripten_notify_memory_growth: (memoryIndex) => {
    var bytes = wasmMemory.buffer.byteLength;
    if (bytes >= {{{ 64 * 1024 * 1024 }}} && (tidemarkSlow || bytes < tidemarkLooked || bytes > 1.125 * tidemarkLooked)) {
      var begin = Date.now();
      try {
#if MEMORY_GROWTH_LINEAR_STEP != -1
        wasmMemory.grow(tidemarkSlow && {{{ MEMORY_GROWTH_LINEAR_STEP / WASM_PAGE_SIZE }}});
#else
        wasmMemory.grow(tidemarkSlow && Math.min(bytes * {{{ MEMORY_GROWTH_GEOMETRIC_STEP }}}, {{{ MEMORY_GROWTH_GEOMETRIC_CAP || MAXIMUM_MEMORY }}}) / {{{ WASM_PAGE_SIZE }}});
#endif
      } catch {
        // There is no more, or not so much; what was needed is there.
      }
      tidemarkSlow = Date.now() - begin > 8 ? 3 : tidemarkSlow && tidemarkSlow - 1;
      tidemarkLooked = bytes;
    }
    updateMemoryViews();
  },
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
