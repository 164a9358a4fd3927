// Module.tidemark: the shrink runtime, a JavaScript library for emcc (linked by --use-port=tidemark.py:runtime=true and by
// the CMake target tidemark::runtime).
//
// A shrink moves the running program to a new instance of the same WebAssembly.Module, with a smaller memory. What made
// the old instance this program is carried over: static data, the part of the stack in use, live pages of the heap, the
// stack pointer, and the function table's entries of JavaScript. Constructors are not run again.
//
// Nothing outside may then still call into the old instance. So functions of the program reach JavaScript only through
// gates: a gate is a JavaScript function with the function it stands for in a cell.
//   late gates   what the Module and the table hand out; a shrink fills their cells with the new instance's functions
//   epoch gates  what wasmExports holds, and the glue code's own variables; a shrink closes them for good
/* global LibraryManager, addToLibrary, extraLibraryFuncs */
#if PTHREADS || SHARED_MEMORY || WASM_WORKERS
#error "tidemark: the shrink runtime does not work with threads: link tidemark::malloc, or --use-port=tidemark.py without runtime=true"
#endif
#if MEMORY64
#error "tidemark: the shrink runtime does not work with -sMEMORY64"
#endif
#if MINIMAL_RUNTIME || WASM_ESM_INTEGRATION || WASM2JS || STANDALONE_WASM
#error "tidemark: the shrink runtime does not work with MINIMAL_RUNTIME, WASM_ESM_INTEGRATION, WASM2JS or STANDALONE_WASM"
#endif
#if !IMPORTED_MEMORY
#error "tidemark: the shrink runtime needs -sIMPORTED_MEMORY"
#endif

addToLibrary({
  $TidemarkError: class extends Error {
    constructor(code, message, options) {
      super(message, options);
      this['name'] = 'TidemarkError';
      this['code'] = code;
    }
  },

  // --- gates

  // The number of parameters is known of WebAssembly functions, and calls through as many named ones cost nothing.
  $tidemarkMakeGate: (cell, parameterCount) => {
    switch (parameterCount) {
      case 0: return () => cell.f();
      case 1: return (a) => cell.f(a);
      case 2: return (a, b) => cell.f(a, b);
      case 3: return (a, b, c) => cell.f(a, b, c);
      case 4: return (a, b, c, d) => cell.f(a, b, c, d);
      case 5: return (a, b, c, d, e) => cell.f(a, b, c, d, e);
      case 6: return (a, b, c, d, e, f) => cell.f(a, b, c, d, e, f);
      default: return (...args) => cell.f(...args);
    }
  },

  $tidemarkProgram__deps: ['$wasmTable', '$wasmMemory'],
  // What is known of the program and of the instance that it runs in.
  $tidemarkProgram: {
    module: null,
    imports: null,
    instance: null,
    memoryImport: null, // { module, name }
    lateCells: new Map(), // from a function of the instance to the cell of its late gate
    cellOfGate: new WeakMap(), // from a gate of either kind to its cell
    epochCells: [], // of the instance's epoch gates
    moduleKeys: new Map(), // from a property of Module to the cell of the late gate there
    tableGates: [], // by index
    table: null, // the functions of the table itself: get, set, grow
    ownEntries: new Map(), // from an index to what JavaScript has set there: a cell, a function that is no part of the instance, or null
    listeners: new Set(),
    soon: null, // the promise of shrinkSoon()
    replaced: null, // the memory of the instance before, until its views are detached
  },

  $tidemarkLateGate__deps: ['$tidemarkMakeGate', '$tidemarkProgram'],
  // The gate of `f`, a function of the instance; `origin` says where a new instance has it: { name } or { index }.
  $tidemarkLateGate: (f, origin) => {
    var cell = tidemarkProgram.lateCells.get(f);
    if (!cell) {
      cell = { f, origin, gate: null };
      cell.gate = tidemarkMakeGate(cell, f.length);
      tidemarkProgram.lateCells.set(f, cell);
      tidemarkProgram.cellOfGate.set(cell.gate, cell);
    }
    return cell;
  },

  $tidemarkWatchTable__deps: ['$tidemarkProgram', '$tidemarkLateGate'],
  // What is read from the table are gates; what is set there is remembered.
  $tidemarkWatchTable: (table) => {
    var program = tidemarkProgram;
    var { tableGates, ownEntries, lateCells, cellOfGate } = program;
    program.table = { get: table.get.bind(table), set: table.set.bind(table), grow: table.grow.bind(table) };
    var remember = (index, f) => {
      tableGates[index] = undefined;
      if (!f) {
        ownEntries.set(index, null);
        return f;
      }
      var cell = lateCells.get(f) ?? cellOfGate.get(f);
      if (cell?.origin.name !== undefined) cell = tidemarkLateGate(program.instance.exports[cell.origin.name], cell.origin);
      ownEntries.set(index, cell ?? f);
      return cell ? cell.f : f;
    };
    // Of whichever table is the program's at the time.
    table.get = (index) => {
      var gate = tableGates[index];
      if (gate) return gate;
      var f = program.table.get(index);
      if (f) {
        var own = ownEntries.get(index);
        f = tableGates[index] = own ? (own.gate ?? own) : tidemarkLateGate(f, { index }).gate;
      }
      return f;
    };
    table.set = (index, f = null) => program.table.set(index, remember(index, f));
    table.grow = (count, f = null) => {
      var length = program.table.grow(count);
      for (var i = 0; f && i < count; ++i) wasmTable.set(length + i, f);
      return length;
    };
  },

  $tidemarkAssignExports__deps: ['$tidemarkProgram', '$tidemarkMakeGate', '$tidemarkLateGate'],
  // Stands in front of the glue code's assignWasmExports. `exports` may be wrappers around those of the instance.
  $tidemarkAssignExports: (assign, exports) => {
    var program = tidemarkProgram;
    var raws = program.instance.exports;
    var cells = new Map();
    var gated = {};
    for (var name of Object.keys(exports)) {
      var f = exports[name];
      if (typeof f == 'function') {
        var cell = { f, origin: { name }, gate: null };
        f = cell.gate = tidemarkMakeGate(cell, f === raws[name] ? f.length : -1);
        cells.set(f, cell);
        program.cellOfGate.set(f, cell);
      }
      gated[name] = f;
    }
    program.epochCells = [...cells.values()];

    var first = program.moduleKeys.size == 0;
    var before = {};
    for (var key of first ? Object.keys(Module) : program.moduleKeys.keys()) before[key] = Module[key];
    assign(gated);
    for (var key of Object.keys(first ? Module : before)) {
      var assigned = Module[key];
      if (assigned === before[key] || typeof assigned != 'function') continue;
      var epochCell = cells.get(assigned);
      var f = epochCell ? epochCell.f : assigned;
      var known = program.moduleKeys.get(key);
      if (known) {
        known.f = f;
        Module[key] = before[key];
        continue;
      }
      var origin = epochCell?.origin;
      if (origin && raws[origin.name] === f) {
        known = tidemarkLateGate(f, origin);
      } else {
        known = { f, origin: {}, gate: null };
        known.gate = tidemarkMakeGate(known, -1);
      }
      program.moduleKeys.set(key, known);
      Module[key] = known.gate;
    }
    return gated;
  },

  $tidemarkStart__deps: ['$tidemarkProgram', '$tidemarkAssignExports', '$tidemarkWatchTable'],
#if !(MAIN_MODULE || SPLIT_MODULE || ASYNCIFY == 2)
  $tidemarkStart__postset: 'tidemarkStart();',
#endif
  // Has the glue code's functions tell what it doesn't keep: the WebAssembly.Module, and the imports.
  $tidemarkStart: () => {
    var program = tidemarkProgram;
    var know = (imports, instance, module) => {
      program.imports = imports;
      program.instance = instance;
      program.module = module;
    };
#if WASM_ASYNC_COMPILATION
    var instantiate = instantiateAsync;
    instantiateAsync = async (binary, file, imports) => {
      var result = await instantiate(binary, file, imports);
      know(imports, result.instance, result.module);
      return result;
    };
#else
    var instantiate = instantiateSync;
    instantiateSync = (file, imports) => {
      var result = instantiate(file, imports);
      know(imports, ...result);
      return result;
    };
#endif
    var own = Module['instantiateWasm'];
    if (own) {
      Module['instantiateWasm'] = (imports, receive) =>
        own(imports, (instance, module) => {
          know(imports, instance, module);
          return receive(instance, module);
        });
    }
    var assign = assignWasmExports;
    assignWasmExports = (exports) => {
      wasmExports = tidemarkAssignExports(assign, exports);
      if (wasmTable) tidemarkWatchTable(wasmTable);
    };
  },

  // --- shrink

  // Whether a function of any WebAssembly module is on the stack.
  $tidemarkWasmOnStack: () => {
    var limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
    var prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    var stack;
    try {
      Object.defineProperty(Error, 'stackTraceLimit', { value: Infinity, configurable: true, writable: true });
      Object.defineProperty(Error, 'prepareStackTrace', { value: undefined, configurable: true, writable: true });
      stack = new Error().stack;
    } finally {
      for (var [name, descriptor] of [['stackTraceLimit', limit], ['prepareStackTrace', prepare]]) {
        if (descriptor) Object.defineProperty(Error, name, descriptor);
        else delete Error[name];
      }
    }
    // V8 and SpiderMonkey, then JavaScriptCore. An engine that cuts the trace at 128 frames leaves the question open.
    return /wasm-function\[|\[wasm code\]|wasm-stub/.test(stack) || (!limit && stack.split('\n').length >= 128);
  },

  $tidemarkRequireShrinkable__deps: ['$tidemarkProgram', '$tidemarkWasmOnStack', '$TidemarkError'],
  $tidemarkRequireShrinkable: () => {
#if MAIN_MODULE || SPLIT_MODULE
    throw new TidemarkError('not-supported', 'shrink: a program of several modules (MAIN_MODULE, SPLIT_MODULE) cannot be moved to another memory');
#endif
#if ASYNCIFY == 2
    throw new TidemarkError('not-supported', 'shrink: a program with JSPI cannot be moved to another memory, its suspended stacks would stay behind');
#endif
    var program = tidemarkProgram;
    if (!program.instance || !runtimeInitialized) throw new TidemarkError('busy', 'shrink: the program has not been started yet');
    if (ABORT) throw new TidemarkError('not-supported', 'shrink: the program has aborted');
    if (!(program.module instanceof WebAssembly.Module)) {
      throw new TidemarkError('not-supported', 'shrink: the WebAssembly.Module is not known; give it to the callback of instantiateWasm: receive(instance, module)');
    }
    if (globalThis.SharedArrayBuffer && wasmMemory.buffer instanceof SharedArrayBuffer) {
      throw new TidemarkError('not-supported', 'shrink: the memory is shared');
    }
#if ASYNCIFY == 1
    if (Asyncify.state !== Asyncify.State.Normal || Asyncify.currData) {
      throw new TidemarkError('busy', 'shrink: the program is suspended (Asyncify)');
    }
#endif
    if (tidemarkWasmOnStack()) {
      throw new TidemarkError('busy', 'shrink: it was called from WebAssembly, which would return into the old memory; use shrinkSoon()');
    }
  },

  $tidemarkImportsWith__deps: ['$tidemarkProgram'],
  // The imports of the program, with another memory.
  $tidemarkImportsWith: (memory) => {
    var program = tidemarkProgram;
    program.memoryImport ??= WebAssembly.Module.imports(program.module).find((i) => i.kind == 'memory');
    var { module, name } = program.memoryImport;
    // Copied by name: `imports` may be a proxy.
    return { ...program.imports, [module]: { ...program.imports[module], [name]: memory } };
  },

  $tidemarkNewMemory__deps: ['$TidemarkError'],
  $tidemarkNewMemory: (leastBytes) => {
    var pages = Math.max(Math.ceil(leastBytes / {{{ WASM_PAGE_SIZE }}}), {{{ INITIAL_MEMORY / WASM_PAGE_SIZE }}});
    try {
      return new WebAssembly.Memory({
        'initial': pages,
#if ALLOW_MEMORY_GROWTH
        'maximum': {{{ MAXIMUM_MEMORY / WASM_PAGE_SIZE }}},
#else
        'maximum': {{{ INITIAL_MEMORY / WASM_PAGE_SIZE }}},
#endif
      });
    } catch (cause) {
      throw new TidemarkError('out-of-memory', `shrink: no new memory of ${pages * {{{ WASM_PAGE_SIZE }}}} bytes: ${cause}`, { cause });
    }
  },

  // Ranges come from WebAssembly in a struct: { complete, count, (begin, end)… }. Calls `next` with the end of the last one
  // for more of them, and returns all, as [begin, end, begin, end, …].
  $tidemarkRanges: (words, next) => {
    var ranges = [];
    for (var complete = 0; !complete; ) {
      var plan = next(ranges.at(-1) ?? 0) >>> 2;
      complete = words[plan];
      for (var i = plan + 2, end = i + 2 * words[plan + 1]; i < end; ++i) ranges.push(words[i]);
    }
    return ranges;
  },

  $tidemarkCopy__deps: ['$tidemarkProgram', '$tidemarkRanges', 'tidemark_shrink_plan', 'tidemark_shrink_static', 'emscripten_stack_get_current'],
  // Copies what is alive into the memory of a new instance, whose data segments have been written; returns the bytes.
  $tidemarkCopy: (instance, memory) => {
    var from = new Uint8Array(wasmMemory.buffer);
    var to = new Uint8Array(memory.buffer);
    var oldWords = new Uint32Array(from.buffer);
    var newWords = new Uint32Array(to.buffer);
    var stackPointer = _emscripten_stack_get_current();
    var copied = 0;
    // Static data that have become zero: the new instance says what its data segments have written.
    var name = tidemarkProgram.cellOfGate.get(_tidemark_shrink_static)?.origin.name ?? 'tidemark_shrink_static';
    var written = tidemarkRanges(newWords, (address) => instance.exports[name](stackPointer, address));
    for (var i = 0; i < written.length; i += 2) to.fill(0, written[i], written[i + 1]);
    var alive = [
      tidemarkRanges(oldWords, (address) => _tidemark_shrink_static(stackPointer, address)),
      tidemarkRanges(oldWords, (address) => _tidemark_shrink_plan(!address)),
    ];
    for (var ranges of alive) {
      for (var i = 0; i < ranges.length; i += 2) {
        var end = Math.min(ranges[i + 1], from.length);
        to.set(from.subarray(ranges[i], end), ranges[i]);
        copied += end - ranges[i];
      }
    }
    return copied;
  },

  $tidemarkAdopt__deps: ['$tidemarkProgram', '$stackRestore', 'emscripten_stack_get_current', '$wasmMemory', '$wasmTable',
                         'tidemark_shrink_commit', '$HEAP8', '$HEAPU8',
#if STACK_OVERFLOW_CHECK
                         'emscripten_stack_init',
#endif
#if STACK_OVERFLOW_CHECK >= 2
                         '$setStackLimits',
#endif
  ],
  // Makes `instance` the one that the program runs in, and the old one unusable. Nothing in it can fail.
  $tidemarkAdopt: (instance, memory) => {
    var program = tidemarkProgram;
    var stackPointer = _emscripten_stack_get_current();
    var oldMemory = wasmMemory;
    var oldTable = program.table;
#if ABORT_ON_WASM_EXCEPTIONS
    var getOfTable = wasmTable.get; // wrappers around gates, which have to stay the same
#endif
    var oldTableLength = wasmTable ? wasmTable.length : 0;
    stackRestore(0); // a frame below this is out of bounds

    // Where the old one is referred to.
    var { module, name } = program.memoryImport;
    program.imports[module][name] = memory;
    program.instance = instance;
    wasmMemory = memory;
    // Where it isn't exported, assertions have a getter there that aborts.
    if (Object.getOwnPropertyDescriptor(Module, 'wasmMemory')?.value === oldMemory) Module['wasmMemory'] = memory;
    HEAP8 = undefined;
    updateMemoryViews();

    var dead = () => {
      throw new WebAssembly.RuntimeError('tidemark: this function belongs to an instance that shrink() has replaced; take it from the Module again');
    };
    for (var cell of program.epochCells) cell.f = dead;

    var exports = instance.exports;
#if ASYNCIFY
    exports = Asyncify.instrumentWasmExports(exports);
#endif
#if ABORT_ON_WASM_EXCEPTIONS
    exports = instrumentWasmExportsWithAbort(exports);
#endif
#if CAN_ADDRESS_2GB
    exports = applySignatureConversions(exports);
#endif
    assignWasmExports(exports);
#if EXPORTED_RUNTIME_METHODS.has('wasmExports')
    Module['wasmExports'] = wasmExports;
#endif

    var lateCells = [...program.lateCells.values()];
    program.lateCells.clear();
    for (var cell of lateCells) {
      var { name, index } = cell.origin;
      cell.f = name !== undefined ? instance.exports[name] : program.table.get(index);
      program.lateCells.set(cell.f, cell);
    }
    if (wasmTable) {
      if (oldTableLength > wasmTable.length) program.table.grow(oldTableLength - wasmTable.length);
      for (var [index, own] of program.ownEntries) program.table.set(index, own?.gate ? own.f : own);
      for (var i = 0; i < oldTableLength; ++i) oldTable.set(i, null);
    }
#if ABORT_ON_WASM_EXCEPTIONS
    wasmTable.get = getOfTable;
#endif

#if STACK_OVERFLOW_CHECK
    _emscripten_stack_init();
#endif
#if STACK_OVERFLOW_CHECK >= 2
    setStackLimits();
#endif
    stackRestore(stackPointer);
    _tidemark_shrink_commit(memory.buffer.byteLength);

    // Growing detaches the buffer: views of it are empty then, as after growth. It makes V8 collect garbage, which is
    // left to the end of the job.
    program.replaced?.grow(0);
    program.replaced = oldMemory;
    queueMicrotask(() => {
      program.replaced?.grow(0);
      program.replaced = null;
    });
  },

  $tidemarkMove__deps: ['$tidemarkProgram', '$tidemarkCopy', '$tidemarkAdopt'],
  // The part of a shrink that can't fail; returns the copied bytes.
  $tidemarkMove: (instance, memory) => {
    var copiedBytes = tidemarkCopy(instance, memory);
    tidemarkAdopt(instance, memory);
    return copiedBytes;
  },

  $tidemarkReport__deps: ['$tidemarkProgram'],
  $tidemarkReport: (report) => {
    for (var listener of [...tidemarkProgram.listeners]) {
      try {
        listener(report);
      } catch (e) {
        err(`tidemark: a listener of onShrink threw ${e}`);
      }
    }
    return report;
  },

  $tidemarkShrink__deps: ['$tidemarkNewMemory', '$tidemarkImportsWith', '$tidemarkMove', '$tidemarkRequireShrinkable',
                          '$tidemarkReport', '$tidemarkCompact', '$tidemarkBenefit', '$TidemarkError', 'tidemark_shrink_prepare'],
  $tidemarkShrink: (options) => {
    options ??= {};
    var begin = performance.now();
    tidemarkRequireShrinkable();
    var allocatedBefore = wasmMemory.buffer.byteLength;
    var report = (copiedBytes) => ({
      'returnedBytes': allocatedBefore - wasmMemory.buffer.byteLength,
      'copiedBytes': copiedBytes,
      'durationMs': performance.now() - begin,
      'allocatedBefore': allocatedBefore,
      'allocatedAfter': wasmMemory.buffer.byteLength,
    });
    if (options['minReturnedBytes'] > 0 && tidemarkBenefit()['returnedBytes'] < options['minReturnedBytes']) return report(0);
    tidemarkCompact(options['compactBudget'] ?? Infinity);
    var memory = tidemarkNewMemory(_tidemark_shrink_prepare() >>> 0);
    var instance;
    try {
      instance = new WebAssembly.Instance(tidemarkProgram.module, tidemarkImportsWith(memory));
    } catch (cause) {
      throw new TidemarkError('out-of-memory', `shrink: no new instance (shrinkSoon() can make one where the engine refuses to on this thread): ${cause}`, { cause });
    }
    return tidemarkReport(report(tidemarkMove(instance, memory)));
  },

  $tidemarkIdle: () =>
    new Promise((resolve) => (globalThis.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 100 }) : setTimeout(resolve, 0))),

  $tidemarkShrinkSoon__deps: ['$tidemarkProgram', '$tidemarkNewMemory', '$tidemarkImportsWith', '$tidemarkMove', '$tidemarkIdle',
                              '$tidemarkRequireShrinkable', '$tidemarkReport', '$tidemarkCompact', '$TidemarkError', 'tidemark_shrink_prepare'],
  // The new instance is made in the background. The program may go on meanwhile: it is moved when that is there.
  $tidemarkShrinkSoon: async (options) => {
    options ??= {};
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
    tidemarkCompact(options['compactBudget'] ?? Infinity);
    var memory = tidemarkNewMemory(_tidemark_shrink_prepare() >>> 0);
    var instance;
    try {
      instance = await WebAssembly.instantiate(tidemarkProgram.module, tidemarkImportsWith(memory));
    } catch (cause) {
      throw new TidemarkError('out-of-memory', `shrinkSoon: no new instance: ${cause}`, { cause });
    }
    await idle();
    var begin = performance.now();
    var allocatedBefore = wasmMemory.buffer.byteLength;
    var more = (_tidemark_shrink_prepare() >>> 0) - memory.buffer.byteLength;
    try {
      if (more > 0) memory.grow(more / {{{ WASM_PAGE_SIZE }}});
    } catch (cause) {
      throw new TidemarkError('out-of-memory', `shrinkSoon: the new memory could not grow: ${cause}`, { cause });
    }
    var copiedBytes = tidemarkMove(instance, memory);
    var allocatedAfter = memory.buffer.byteLength;
    return tidemarkReport({
      'returnedBytes': allocatedBefore - allocatedAfter,
      'copiedBytes': copiedBytes,
      'durationMs': performance.now() - begin,
      'allocatedBefore': allocatedBefore,
      'allocatedAfter': allocatedAfter,
    });
  },

  // --- what can be asked

  $tidemarkBenefit__deps: ['$tidemarkRanges', 'tidemark_shrink_static', 'tidemark_shrink_expect', 'emscripten_stack_get_current', '$HEAPU32'],
  $tidemarkBenefit: () => {
    var copiedBytes = 0;
    var ranges = tidemarkRanges(HEAPU32, (address) => _tidemark_shrink_static(_emscripten_stack_get_current(), address));
    for (var i = 0; i < ranges.length; i += 2) copiedBytes += ranges[i + 1] - ranges[i];
    var expectation = _tidemark_shrink_expect() >>> 2;
    var allocatedBefore = wasmMemory.buffer.byteLength;
    var allocatedAfter = Math.min(Math.max(HEAPU32[expectation], {{{ INITIAL_MEMORY }}}), allocatedBefore);
    return {
      'returnedBytes': allocatedBefore - allocatedAfter,
      'copiedBytes': copiedBytes + HEAPU32[expectation + 1],
      'allocatedBefore': allocatedBefore,
      'allocatedAfter': allocatedAfter,
    };
  },

  $tidemarkStats__deps: ['tidemark_get_heap_stats', 'tidemark_get_size_class_stats', '$stackSave', '$stackAlloc', '$stackRestore', '$HEAPU32'],
  // The structures of tidemark/heap_stats.h, as the npm package reads them too.
  $tidemarkStats: () => {
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

  $tidemarkCompact__deps: ['tidemark_compact', '$HEAPU32'],
  $tidemarkCompact: (budgetMicroseconds) => {
    var words = _tidemark_compact(budgetMicroseconds) >>> 2;
    return { 'movedBytes': HEAPU32[words], 'releasedBytes': HEAPU32[words + 1], 'completed': !!HEAPU32[words + 2] };
  },

  $tidemark__deps: ['$tidemarkStart', '$tidemarkProgram', '$tidemarkShrink', '$tidemarkShrinkSoon', '$tidemarkBenefit', '$tidemarkStats',
                    '$tidemarkCompact', '$TidemarkError'],
  $tidemark__postset: "tidemark['TidemarkError'] = TidemarkError; Module['tidemark'] = tidemark;",
  // Documented in docs/shrink.md.
  $tidemark: {
    'version': '0.1.0',
    'stats': () => tidemarkStats(),
    'compact': (budgetMicroseconds = 2000) => tidemarkCompact(budgetMicroseconds),
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
  },
});

extraLibraryFuncs.push('$tidemark');
