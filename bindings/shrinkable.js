// Whether the program can be moved to a new instance now: not while one of its functions is on the stack, for instance.
/* global addToLibrary */

addToLibrary({
  // What is on the stack, to a depth: what `prepare` makes of V8's frames, and text in other engines. `own`: a function whose frame,
  // and those that it has led to, are left out. How the program's own errors are traced stays what it was. JavaScriptCore takes
  // a depth that is assigned, and not one that is defined; an Error that is frozen takes none.
  $tidemarkTrace: (depth, prepare, own) => {
    var set = { 'stackTraceLimit': depth, 'prepareStackTrace': (_, frames) => prepare(frames) };
    var before = Object.keys(set).map((name) => [name, Object.getOwnPropertyDescriptor(Error, name)]);
    try {
      for (var [name] of before) {
        if (Reflect.defineProperty(Error, name, { value: set[name], configurable: true, writable: true })) Error[name] = set[name];
      }
      var trace = {};
      if (own) Error.captureStackTrace?.(trace, own);
      return trace.stack ?? new Error().stack;
    } finally {
      for (var [name, descriptor] of before) {
        if (descriptor && 'value' in descriptor) Reflect.set(Error, name, descriptor['value']);
        if (descriptor) Reflect.defineProperty(Error, name, descriptor);
        else Reflect.deleteProperty(Error, name);
      }
    }
  },

  $tidemarkWasmOnStack__deps: ['$tidemarkTrace'],
  // Whether a function of any WebAssembly module is on the stack.
  $tidemarkWasmOnStack: () => {
    // V8 and SpiderMonkey, then JavaScriptCore, which has no offset, and names functions in place of numbers. To its end: a script's
    // address may have anything in it, and a line and a column after it.
    var isWasm = (frame) => /:wasm-function\[(\d+\]:0x[\da-f]+\)?|.*\])$|@\[wasm code\]|^wasm-stub@/.test(frame);
    // An engine may cut the trace, whatever is asked for.
    var limit = !Object.hasOwn(Error, 'stackTraceLimit') ? 128 : Object.isFrozen(Error) ? Error['stackTraceLimit'] : Infinity;
    // V8 is spared the text of the whole trace, which takes it twice as long.
    var stack = tidemarkTrace(Infinity, (frames) => frames.some(isWasm));
    if (typeof stack == 'boolean') return stack;
    if (!stack) return true; // nobody knows
    var lines = stack.split('\n');
    for (var line of lines) {
      if (isWasm(line)) return true;
      // SpiderMonkey, where it is debugged, goes on with what has led here, such as 'setTimeout handler*': that has returned.
      if (/^[\w. ]+\*/.test(line)) return false;
    }
    return lines.length >= limit; // else the question is open
  },

  $tidemarkRenewViews__deps: ['$HEAPU32'],
  // A program that grows its memory by the instruction may not have told JavaScript, whose views are detached then.
  $tidemarkRenewViews: () => {
#if ALLOW_MEMORY_GROWTH
    if (!HEAPU32.length) updateMemoryViews();
#endif
  },

  $tidemarkRequireShrinkable__deps: ['$tidemarkProgram', '$tidemarkWasmOnStack', '$tidemarkRenewViews', '$TidemarkError'],
  $tidemarkRequireShrinkable: () => {
#if MAIN_MODULE || SPLIT_MODULE
    throw new TidemarkError('not-supported', 'shrink: a program of several modules (MAIN_MODULE, SPLIT_MODULE) cannot be moved to another memory');
#endif
#if ASYNCIFY == 2
    throw new TidemarkError('not-supported', 'shrink: a program with JSPI cannot be moved to another memory, its suspended stacks would stay behind');
#endif
    var program = tidemarkProgram;
    if (!program.instance || !runtimeInitialized) throw new TidemarkError('busy', 'shrink: the program has not been started yet');
    if (ABORT) throw new TidemarkError('not-supported', 'shrink: the program has aborted or exited');
    if (!(program.module instanceof WebAssembly.Module)) {
      throw new TidemarkError('not-supported', 'shrink: the WebAssembly.Module is not known; give it to the callback of instantiateWasm: receive(instance, module)');
    }
#if ASYNCIFY == 1
    if (Asyncify.state !== Asyncify.State.Normal) throw new TidemarkError('busy', 'shrink: Asyncify is unwinding or rewinding the program');
#endif
    if (tidemarkWasmOnStack()) {
      throw new TidemarkError('busy', 'shrink: it was called from WebAssembly, which would return into the old memory; use shrinkSoon()');
    }
    tidemarkRenewViews();
  },
});
