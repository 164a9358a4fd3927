// Module.tidemark: what the runtime offers to JavaScript (docs/shrink.md). A JavaScript library for emcc, linked with
// the others of this folder by --use-port=tidemark.py:runtime=true and by the CMake target tidemark::runtime.
/* global addToLibrary, extraLibraryFuncs */
#if PTHREADS || SHARED_MEMORY || WASM_WORKERS
#error "tidemark: the shrink runtime does not work with threads: link tidemark::malloc, or --use-port=tidemark.py without runtime=true"
#endif
#if MEMORY64
#error "tidemark: the shrink runtime does not work with -sMEMORY64"
#endif
#if MINIMAL_RUNTIME || WASM_ESM_INTEGRATION || SOURCE_PHASE_IMPORTS || WASM2JS || STANDALONE_WASM
#error "tidemark: the shrink runtime does not work with MINIMAL_RUNTIME, WASM_ESM_INTEGRATION, SOURCE_PHASE_IMPORTS, WASM2JS or STANDALONE_WASM"
#endif

#if LINKABLE || MAIN_MODULE == 1
#error "tidemark: the shrink runtime does not work with -sLINKABLE or -sMAIN_MODULE=1, which link every archive as a whole: link tidemark::malloc, or --use-port=tidemark.py without runtime=true, or use -sMAIN_MODULE=2"
#endif

#if MODULARIZE == 'instance'
// Nobody else sees the Module there: what is on it are exports of the script.
EXPORTED_RUNTIME_METHODS.add('tidemark');
#endif

addToLibrary({
  $TidemarkError: class extends Error {
    constructor(code, message, options) {
      super(message, options);
      this['name'] = 'TidemarkError';
      this['code'] = code;
    }
  },

  $tidemarkStats__deps: ['tidemark_get_heap_stats', 'tidemark_get_size_class_stats', '$stackSave', '$stackAlloc', '$stackRestore', '$tidemarkRenewViews', '$HEAPU32'],
  // The structures of tidemark/heap_stats.h, as the npm package reads them too.
  $tidemarkStats: () => {
    tidemarkRenewViews();
    var read = (address, names) => Object.fromEntries(names.map((name, i) => [name, HEAPU32[(address >>> 2) + i]]));
    var heapNames = ['memoryBytes', 'heapBytes', 'reservedBytes', 'peakReservedBytes', 'liveBytes', 'liveBlocks', 'freeBytes',
                     'largestFreeBytes', 'metadataBytes', 'topBytes'];
    var rowNames = ['blockBytes', 'liveBlocks', 'liveBytes', 'freeBlocks', 'slabs'];
    var stack = stackSave();
    var out = stackAlloc(4 * heapNames.length);
    _tidemark_get_heap_stats(out);
    var stats = read(out, heapNames);
    stats['fragmentation'] = stats['freeBytes'] ? 1 - stats['largestFreeBytes'] / stats['freeBytes'] : 0;
    var rows = _tidemark_get_size_class_stats(0, 0);
    out = stackAlloc(4 * rowNames.length * rows);
    _tidemark_get_size_class_stats(out, rows);
    stats['sizeClasses'] = Array.from({ length: rows }, (_, i) => read(out + 4 * rowNames.length * i, rowNames));
    stackRestore(stack);
    return stats;
  },

  $tidemarkCompact__deps: ['tidemark_compact', '$tidemarkRenewViews', '$HEAPU32'],
  $tidemarkCompact: (budgetMicroseconds) => {
    var words = _tidemark_compact(budgetMicroseconds) >>> 2;
    tidemarkRenewViews();
    return { 'movedBytes': HEAPU32[words], 'releasedBytes': HEAPU32[words + 1], 'completed': !!HEAPU32[words + 2] };
  },

  $tidemark__deps: ['$tidemarkStart', '$tidemarkPublish'],
  $tidemark__postset: 'tidemarkPublish();',
  $tidemark: {},

  $tidemarkPublish__deps: ['$tidemarkProgram', '$tidemarkShrink', '$tidemarkShrinkSoon', '$tidemarkBenefit', '$tidemarkStats',
                           '$tidemarkCompact', '$TidemarkError'],
  // Documented in docs/shrink.md. In a function: the keys of an object that Emscripten writes are unquoted, and Closure
  // renames those.
  $tidemarkPublish: () => {
    Module['tidemark'] = Object.assign(tidemark, {
      'version': '0.1.0',
      'TidemarkError': TidemarkError,
      'stats': () => tidemarkStats(),
      'compact': (budgetMicroseconds = 2000) => {
        if (!(typeof budgetMicroseconds == 'number' && budgetMicroseconds >= 0)) {
          throw new TidemarkError('invalid-argument', `compact: microseconds: ${String(budgetMicroseconds)} was given, and a number that is not below 0 is expected`);
        }
        return tidemarkCompact(budgetMicroseconds);
      },
      'benefit': () => tidemarkBenefit(),
      'shrink': (options) => tidemarkShrink(options),
      'shrinkSoon': (options) => {
        var program = tidemarkProgram;
        return (program.soon ??= tidemarkShrinkSoon(options).finally(() => (program.soon = null)));
      },
      'onShrink': (listener) => {
        if (typeof listener != 'function') throw new TidemarkError('invalid-config', `onShrink: listener is ${typeof listener}, and a function is expected`);
        var entry = (report) => listener(report);
        tidemarkProgram.listeners.add(entry);
        return () => void tidemarkProgram.listeners.delete(entry);
      },
    });
  },
});

extraLibraryFuncs.push('$tidemark');
