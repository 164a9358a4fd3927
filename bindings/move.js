// Moves the running program to a new instance of the same WebAssembly.Module, with another memory. What made the old instance
// this program is carried over: static data, the part of the stack in use, live pages of the heap, the stack pointer, and the
// function table's entries of JavaScript. Constructors are not run again.
/* global addToLibrary */

addToLibrary({
  $tidemarkMemoryPlace__deps: ['$tidemarkProgram'],
  $tidemarkMemoryPlace: () => {
    var { module } = tidemarkProgram;
#if IMPORTED_MEMORY
    var places = WebAssembly.Module.imports(module);
#else
    var places = WebAssembly.Module.exports(module);
#endif
    return (tidemarkProgram.memoryPlace ??= places.find((place) => place.kind == 'memory'));
  },

  $tidemarkNewImports__deps: ['$tidemarkProgram', '$tidemarkMemoryPlace'],
  // The imports of a new instance. A memory that is imported has to be filled with zeros by the instance itself, and is
  // touched by that as far as static data reach: so the program better has a memory of its own, and exports it.
  $tidemarkNewImports: () => {
    var { imports } = tidemarkProgram;
#if IMPORTED_MEMORY
    var { module, name } = tidemarkMemoryPlace();
    var memory = new WebAssembly.Memory({
      'initial': {{{ INITIAL_MEMORY / WASM_PAGE_SIZE }}},
      'maximum': {{{ (ALLOW_MEMORY_GROWTH ? MAXIMUM_MEMORY : INITIAL_MEMORY) / WASM_PAGE_SIZE }}},
    });
    // Copied by name: `imports` may be a proxy.
    return { ...imports, [module]: { ...imports[module], [name]: memory } };
#else
    return imports;
#endif
  },

  $tidemarkNewMemory__deps: ['$tidemarkMemoryPlace'],
  // The memory of `instance`, made with `imports`.
  $tidemarkNewMemory: (instance, imports) => {
    var { module, name } = tidemarkMemoryPlace();
#if IMPORTED_MEMORY
    return imports[module][name];
#else
    return instance.exports[name];
#endif
  },

  $tidemarkGrowTo__deps: ['$TidemarkError'],
  $tidemarkGrowTo: (memory, leastBytes) => {
    var more = leastBytes - memory.buffer.byteLength;
    if (more <= 0) return;
    try {
      memory.grow(more / {{{ WASM_PAGE_SIZE }}});
    } catch (cause) {
      throw new TidemarkError('out-of-memory', `shrink: no new memory of ${leastBytes} bytes: ${cause}`, { cause });
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

  $tidemarkAlive__deps: ['$tidemarkRanges', 'tidemark_shrink_plan', 'tidemark_shrink_static', 'emscripten_stack_get_current', '$HEAPU32'],
  // What has to be copied: two lists of ranges.
  $tidemarkAlive: () => {
    var stackPointer = _emscripten_stack_get_current();
    return [
      tidemarkRanges(HEAPU32, (address) => _tidemark_shrink_static(stackPointer, address)),
      tidemarkRanges(HEAPU32, (address) => _tidemark_shrink_plan(!address)),
    ];
  },

  $tidemarkWrittenData__deps: ['$tidemarkProgram', '$tidemarkRanges', 'tidemark_shrink_static', 'emscripten_stack_get_current',
#if EVAL_CTORS
                               'tidemark_shrink_written',
#endif
#if STACK_OVERFLOW_CHECK >= 2
                               'emscripten_stack_get_base', 'emscripten_stack_get_end', '$setStackLimits',
#endif
  ],
  // Where data segments write something other than zero: a new instance, in which nothing has run, says it.
  $tidemarkWrittenData: (instance, memory) => {
    var program = tidemarkProgram;
    if (program.writtenData) return program.writtenData;
    var words = new Uint32Array(memory.buffer);
    var stackPointer = _emscripten_stack_get_current();
    var ofInstance = (gate, name) => instance.exports[program.cellOfGate.get(gate)?.origin.name ?? name];
#if STACK_OVERFLOW_CHECK >= 2
    ofInstance(___set_stack_limits, '__set_stack_limits')(_emscripten_stack_get_base(), _emscripten_stack_get_end());
#endif
    var writtenStatic = ofInstance(_tidemark_shrink_static, 'tidemark_shrink_static');
    program.writtenData = tidemarkRanges(words, (address) => writtenStatic(stackPointer, address));
#if EVAL_CTORS
    var writtenHeap = ofInstance(_tidemark_shrink_written, 'tidemark_shrink_written');
    program.writtenData.push(...tidemarkRanges(words, (address) => writtenHeap(address, program.leastBytes)));
#endif
    return program.writtenData;
  },

  $tidemarkTouch__deps: ['$tidemarkAlive', '$tidemarkIdle', '$tidemarkWrittenData'],
  // Touches the pages of a new memory that will be copied to, a few at each idle moment: the system's work for a page that
  // is touched first is most of the time that a copy takes.
  $tidemarkTouch: async (instance, memory) => {
    tidemarkWrittenData(instance, memory);
    var to = new Uint8Array(memory.buffer);
    var touched = 0;
    for (var ranges of tidemarkAlive()) {
      for (var i = 0; i < ranges.length; i += 2) {
        for (var page = ranges[i]; page < ranges[i + 1]; page += 4096) {
          to[page] = to[page];
          if (++touched % 512 == 0) await tidemarkIdle();
        }
      }
    }
  },

  $tidemarkPieces__deps: ['$tidemarkAlive'],
  // What has to be copied, as views of the memory.
  $tidemarkPieces: () => {
    var from = new Uint8Array(wasmMemory.buffer);
    var pieces = [];
    for (var ranges of tidemarkAlive()) {
      for (var i = 0; i < ranges.length; i += 2) pieces.push(from.subarray(ranges[i], ranges[i + 1]));
    }
    return pieces;
  },

  // Copies them into a new memory, in which static data are written; returns the bytes.
  $tidemarkCopy: (memory, pieces, written) => {
    var to = new Uint8Array(memory.buffer);
    var copied = 0;
    // Static data may have become zero, and so is what is free on the heap.
    for (var i = 0; i < written.length; i += 2) to.fill(0, written[i], written[i + 1]);
    for (var i = 0; i < pieces.length; ++i) {
      to.set(pieces[i], pieces[i].byteOffset);
      copied += pieces[i].length;
    }
    return copied;
  },

  $tidemarkCollect__deps: ['$tidemarkProgram'],
  // Makes the engine look for garbage, which the memory that a shrink has replaced is, and which it may not do by itself
  // while the program is idle. V8 begins to look when a memory of 64 MiB has been made, JavaScriptCore when there are several;
  // these are never touched, and garbage too. What the stack still holds by accident is garbage at one of the next attempts.
  $tidemarkCollect: (replaced) => {
    var memory = new WeakRef(replaced);
    var delays = [50, 200, 400, 800, 1600, 3200];
    var count = 1;
    var soon = (work, delay) => {
      tidemarkProgram.collecting = setTimeout(work, delay);
      tidemarkProgram.collecting.unref?.();
    };
    var look = () => {
      // Until the end of this job, deref() holds what it returns.
      if (memory.deref() && delays.length) soon(press, 1);
    };
    var press = () => {
      try {
        for (var i = 0; i < count; ++i) new WebAssembly.Memory({ 'initial': 1025, 'maximum': 1025 });
      } catch {
        // Where there is no room for it, the engine looks for garbage anyhow.
      }
      count = 8;
      soon(look, delays.shift());
    };
    if (!globalThis.setTimeout) return;
    clearTimeout(tidemarkProgram.collecting);
    soon(look, delays.shift());
  },

  // Views of a memory are empty then, as after growth. It makes V8 collect garbage, and is left to the end of the job.
  $tidemarkDetach: (memory) => {
#if GROWABLE_ARRAYBUFFERS
    memory?.toFixedLengthBuffer?.(); // of a resizable buffer, which stays through growth
#endif
    if (memory) WebAssembly.Memory.prototype.grow.call(memory, 0);
  },

#if ASYNCIFY == 1
  // What is suspended is resumed by calling the function that it was entered by, which Asyncify knows by identity.
  $tidemarkCarryAsyncify: (before, after) => {
    for (var name of Object.keys(before)) {
      var f = before[name];
      Asyncify.funcWrappers.delete(f);
      var id = Asyncify.callstackFuncToId.get(f);
      if (id === undefined) continue;
      Asyncify.callstackFuncToId.delete(f);
      Asyncify.callstackFuncToId.set(after[name], id);
      Asyncify.callStackIdToFunc.set(id, after[name]);
    }
  },
#endif

  $tidemarkGateInstance__deps: ['$tidemarkProgram', '$tidemarkGateExports'],
  // Gates for the exports of a new instance, in which the glue code's wrappers are, if it has such; and what will be the late
  // cells by function, but for those of the table.
  $tidemarkGateInstance: (instance) => {
    var exports = instance.exports;
#if ASYNCIFY == 1
    exports = Asyncify.instrumentWasmExports(exports);
#endif
#if ABORT_ON_WASM_EXCEPTIONS
    exports = instrumentWasmExportsWithAbort(exports);
#endif
#if CAN_ADDRESS_2GB
    exports = applySignatureConversions(exports);
#endif
    var gated = tidemarkGateExports(instance, exports);
    gated.lateCells = new Map();
    for (var cell of tidemarkProgram.lateCells.values()) {
      if (cell.origin.name !== undefined) gated.lateCells.set(instance.exports[cell.origin.name], cell);
    }
    return gated;
  },

  // What is kept of an old instance refers to these: outside of tidemarkAdopt(), so that it holds nothing of the next one.
  $tidemarkDead: () => {
    throw new WebAssembly.RuntimeError('tidemark: this function belongs to an instance that shrink() has replaced; take it from the Module again');
  },
  $tidemarkForward: (memory, table) => {
    Object.defineProperty(memory, 'buffer', { get: () => wasmMemory.buffer });
    memory.grow = (pages) => wasmMemory.grow(pages); // as it goes on through growth
    if (table) Object.defineProperty(table, 'length', { get: () => wasmTable.length }); // its functions do (gates.js)
  },

  $tidemarkAdopt__deps: ['$tidemarkProgram', '$tidemarkCollect', '$tidemarkDead', '$tidemarkForward', '$tidemarkDetach', '$tidemarkGateInstance', '$tidemarkTakeExports', '$stackRestore', 'emscripten_stack_get_current', '$wasmMemory', '$wasmTable',
                         'tidemark_shrink_commit', '$HEAP8', '$HEAPU8',
#if ASYNCIFY == 1
                         '$tidemarkCarryAsyncify',
#endif
#if STACK_OVERFLOW_CHECK >= 2
                         'emscripten_stack_init', '$setStackLimits',
#endif
  ],
  // Makes `instance` the one that the program runs in, and the old one unusable. Nothing in it can fail. `gated`: its exports
  // (tidemarkGateInstance), unless they have to wait for this.
  $tidemarkAdopt: (instance, memory, gated) => {
    var program = tidemarkProgram;
    var stackPointer = _emscripten_stack_get_current();
    var oldMemory = wasmMemory;
    var oldTable = program.table;
    var oldWasmTable = wasmTable;
#if ASYNCIFY == 1
    var oldExports = program.instance.exports;
#endif
#if ABORT_ON_WASM_EXCEPTIONS
    var getOfTable = wasmTable.get; // wrappers around gates, which have to stay the same
#endif
    var oldTableLength = wasmTable ? wasmTable.length : 0;
#if STACK_OVERFLOW_CHECK >= 2
    ___set_stack_limits(-1, 0); // of which the next line would else be a violation
#endif
    stackRestore(0); // a frame below this is out of bounds

    // Where the old one is referred to.
#if IMPORTED_MEMORY
    var { module, name } = program.memoryPlace;
    program.imports[module][name] = memory;
#endif
    program.instance = instance;
    wasmMemory = memory;
    // Where it isn't exported, assertions have a getter there that aborts.
    if (Object.getOwnPropertyDescriptor(Module, 'wasmMemory')?.value === oldMemory) Module['wasmMemory'] = memory;
    HEAP8 = undefined;
    updateMemoryViews();

    program.epochCells.forEach((cell) => (cell.f = tidemarkDead));

#if ASYNCIFY == 1
    tidemarkCarryAsyncify(oldExports, instance.exports);
#endif
    gated ??= tidemarkGateInstance(instance);
    tidemarkTakeExports(gated);
#if EXPORTED_RUNTIME_METHODS.has('wasmExports')
    Module['wasmExports'] = wasmExports;
#endif

    gated.lateCells.forEach((cell, f) => (cell.f = f));
    program.lateCells.forEach((cell) => {
      if (cell.origin.name !== undefined) return;
      cell.f = program.table.get(cell.origin.index);
      gated.lateCells.set(cell.f, cell);
    });
    program.lateCells = gated.lateCells;
    if (wasmTable) {
      if (oldTableLength > wasmTable.length) program.table.grow(oldTableLength - wasmTable.length);
      for (var [index, own] of program.ownEntries) program.table.set(index, own?.gate ? own.f : own);
      for (var i = 0; i < oldTableLength; ++i) oldTable.set(i, null);
    }
#if ABORT_ON_WASM_EXCEPTIONS
    wasmTable.get = getOfTable;
#endif

#if STACK_OVERFLOW_CHECK >= 2
    _emscripten_stack_init(); // for what comes before the commit, which carries the limits over
    setStackLimits();
#endif
    stackRestore(stackPointer);
    _tidemark_shrink_commit(memory.buffer.byteLength);

    tidemarkDetach(program.replaced);
    program.replaced = oldMemory;
    tidemarkForward(oldMemory, oldWasmTable);

    Promise.resolve().then(() => {
      tidemarkDetach(program.replaced);
      program.replaced = null;
      tidemarkCollect(oldMemory);
    });
  },

  $tidemarkMove__deps: ['$tidemarkProgram', '$tidemarkGrowTo', '$tidemarkPieces', '$tidemarkWrittenData', '$tidemarkCopy', '$tidemarkAdopt', '$tidemarkGateInstance'],
  // Moves the program to an instance with a memory of at least so many bytes; returns the copied bytes. Once the memory is
  // there, nothing can fail. It grows as late as possible: of more than 64 MiB, V8 looks for garbage from then on, on
  // threads that take turns with this one where there are few cores; and when another 64 KiB of objects have been made, it
  // may finish here, so objects are made before, and what follows has no iterators.
  $tidemarkMove: (instance, memory, leastBytes) => {
    var written = tidemarkWrittenData(instance, memory);
    var pieces = tidemarkPieces();
    var gated;
#if ASYNCIFY != 1
    gated = tidemarkGateInstance(instance);
#endif
    tidemarkGrowTo(memory, leastBytes);
    var copiedBytes = tidemarkCopy(memory, pieces, written);
    tidemarkAdopt(instance, memory, gated);
    return copiedBytes;
  },
});
