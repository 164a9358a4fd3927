// Shrink: moves the program to as small a memory as it can go on in (move.js), at once or at the next idle moment, and says
// what that gives back.
// tidemark_now() is the clock of src/platform/clock_wasm.cpp.
/* global addToLibrary, tidemark_now */

addToLibrary({
  // What has become of `allocatedBefore` since `begin`.
  $tidemarkResult: (allocatedBefore, begin, copiedBytes) => ({
    'returnedBytes': allocatedBefore - wasmMemory.buffer.byteLength,
    'copiedBytes': copiedBytes,
    'durationMs': tidemark_now() - begin,
    'allocatedBefore': allocatedBefore,
    'allocatedAfter': wasmMemory.buffer.byteLength,
  }),

  $tidemarkReport__deps: ['$tidemarkProgram'],
  $tidemarkReport: (report) => {
    var failed = (e) => err(`tidemark: a listener of onShrink threw ${e}`);
    for (var listener of [...tidemarkProgram.listeners]) {
      try {
        listener(report)?.then?.(undefined, failed); // one that nobody waits for would end a program in Node
      } catch (e) {
        failed(e);
      }
    }
    return report;
  },

  $tidemarkShrinkOptions__deps: ['$TidemarkError'],
  $tidemarkShrinkOptions: (given) => {
    var options = { 'minReturnedBytes': 0, 'compactBudget': Infinity };
    for (var [name, value] of Object.entries(given ?? {})) {
      var expected = !Object.hasOwn(options, name)
        ? `no such option, but one of ${Object.keys(options).join(', ')}`
        : value === undefined || (typeof value == 'number' && value >= 0) ? '' : 'a number that is not below 0';
      if (expected) throw new TidemarkError('invalid-argument', `shrink: ${name}: ${String(value)} was given, and ${expected} is expected`);
      if (value !== undefined) options[name] = value;
    }
    return options;
  },

  $tidemarkIsTooLittle__deps: ['$tidemarkBenefit'],
  $tidemarkIsTooLittle: (options) => options['minReturnedBytes'] > 0 && tidemarkBenefit()['returnedBytes'] < options['minReturnedBytes'],

  $tidemarkShrink__deps: ['$tidemarkNewMemory', '$tidemarkNewImports', '$tidemarkMove', '$tidemarkRequireShrinkable',
                          '$tidemarkReport', '$tidemarkResult', '$tidemarkCompact', '$tidemarkShrinkOptions', '$tidemarkIsTooLittle', '$tidemarkNoInstance', '$TidemarkError', 'tidemark_shrink_prepare'],
  $tidemarkShrink: (given) => {
    var options = tidemarkShrinkOptions(given);
    var begin = tidemark_now();
    tidemarkRequireShrinkable();
#if ASYNCIFY == 1
    if (Asyncify.currData) throw new TidemarkError('busy', 'shrink: the program is suspended (Asyncify); shrinkSoon() moves it as it is');
#endif
    var allocatedBefore = wasmMemory.buffer.byteLength;
    if (tidemarkIsTooLittle(options)) return tidemarkResult(allocatedBefore, begin, 0);
    tidemarkCompact(options['compactBudget']);
    var leastBytes = _tidemark_shrink_prepare() >>> 0;
    var instance;
    try {
      var imports = tidemarkNewImports();
      instance = new WebAssembly.Instance(tidemarkProgram.module, imports);
    } catch (cause) {
      throw tidemarkNoInstance(cause, ' (shrinkSoon() can make one where the engine refuses to on this thread)');
    }
    var copiedBytes = tidemarkMove(instance, tidemarkNewMemory(instance, imports), leastBytes);
    return tidemarkReport(tidemarkResult(allocatedBefore, begin, copiedBytes));
  },

  $tidemarkNoInstance__deps: ['$TidemarkError'],
  $tidemarkNoInstance: (cause, hint) =>
    cause instanceof WebAssembly.LinkError || cause instanceof TypeError
      ? new TidemarkError('not-supported', `shrink: no new instance with the imports that instantiateWasm was given; it may add to them, but not use others: ${cause}`, { cause })
      : new TidemarkError('out-of-memory', `shrink: no new instance${hint}: ${cause}`, { cause }),

  // An AudioWorklet has no timers.
  $tidemarkIdle: () =>
    new Promise((resolve) => {
      if (globalThis.requestIdleCallback) requestIdleCallback(resolve, { timeout: 100 });
      else if (globalThis.setTimeout) setTimeout(resolve, 0);
      else WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(resolve); // which takes another job
    }),

  $tidemarkShrinkSoon__deps: ['$tidemarkProgram', '$tidemarkNewMemory', '$tidemarkGrowTo', '$tidemarkNewImports', '$tidemarkTouch', '$tidemarkMove', '$tidemarkIdle',
                              '$tidemarkRequireShrinkable', '$tidemarkReport', '$tidemarkResult', '$tidemarkCompact', '$tidemarkShrinkOptions', '$tidemarkIsTooLittle', '$tidemarkNoInstance', 'tidemark_shrink_prepare'],
  // The new instance is made in the background. The program may go on meanwhile: it is moved when that is there.
  $tidemarkShrinkSoon: async (given) => {
    var options = tidemarkShrinkOptions(given);
    var idle = async () => {
      for (;;) {
        await tidemarkIdle();
        try {
          return tidemarkRequireShrinkable();
        } catch (e) {
          if (e['code'] != 'busy') throw e;
        }
      }
    };
    await idle();
    var begin = tidemark_now();
    if (tidemarkIsTooLittle(options)) return tidemarkResult(wasmMemory.buffer.byteLength, begin, 0);
    tidemarkCompact(options['compactBudget']);
    var instance;
    var movedFrom = wasmMemory;
    try {
      var imports = tidemarkNewImports();
      instance = await WebAssembly.instantiate(tidemarkProgram.module, imports);
    } catch (cause) {
      throw tidemarkNoInstance(cause, '');
    }
    var memory = tidemarkNewMemory(instance, imports);
    tidemarkGrowTo(memory, _tidemark_shrink_prepare() >>> 0);
    await tidemarkTouch(instance, memory);
    await idle();
    // shrink() was called meanwhile: the new memory may be larger than the program's is now.
    if (wasmMemory != movedFrom) return tidemarkShrinkSoon(given);
    begin = tidemark_now(); // of the one pause
    var allocatedBefore = wasmMemory.buffer.byteLength;
    var copiedBytes = tidemarkMove(instance, memory, _tidemark_shrink_prepare() >>> 0);
    return tidemarkReport(tidemarkResult(allocatedBefore, begin, copiedBytes));
  },

  $tidemarkBenefit__deps: ['$tidemarkProgram', '$tidemarkRanges', '$tidemarkRenewViews', 'tidemark_shrink_static', 'tidemark_shrink_expect', 'emscripten_stack_get_current', '$HEAPU32'],
  $tidemarkBenefit: () => {
    var allocatedBefore = wasmMemory.buffer.byteLength;
#if MAIN_MODULE || SPLIT_MODULE || ASYNCIFY == 2
    return { 'returnedBytes': 0, 'copiedBytes': 0, 'allocatedBefore': allocatedBefore, 'allocatedAfter': allocatedBefore };
#endif
    var copiedBytes = 0;
    tidemarkRenewViews();
    var ranges = tidemarkRanges(HEAPU32, (address) => _tidemark_shrink_static(_emscripten_stack_get_current(), address));
    for (var i = 0; i < ranges.length; i += 2) copiedBytes += ranges[i + 1] - ranges[i];
    var expectation = _tidemark_shrink_expect() >>> 2;
    var allocatedAfter = Math.min(Math.max(HEAPU32[expectation], tidemarkProgram.leastBytes), allocatedBefore);
    return {
      'returnedBytes': allocatedBefore - allocatedAfter,
      'copiedBytes': copiedBytes + HEAPU32[expectation + 1],
      'allocatedBefore': allocatedBefore,
      'allocatedAfter': allocatedAfter,
    };
  },
});
