// Gates: how functions of the program reach JavaScript, so that none of them calls into an instance that a shrink has
// replaced. A gate is a JavaScript function with the function that it stands for in a cell.
//   late gates   what the Module and the table hand out, and the glue code's own variables, which a program's JavaScript may
//                keep; a shrink fills their cells with the new instance's functions
//   epoch gates  what wasmExports holds; a shrink closes them for good
/* global addToLibrary, LibraryManager */

// The arrow function that a gate with such parameters is.
const tidemarkGate = (parameters) =>
#if WASM_EXCEPTIONS
  `(${parameters}) => { try { return cell.f(${parameters}); } catch (e) { throw tidemarkNoteThrown(e); } }`;
#else
  `(${parameters}) => cell.f(${parameters})`;
#endif

addToLibrary({
#if WASM_EXCEPTIONS
  $tidemarkMakeGate__deps: ['$tidemarkNoteThrown'],
#endif
  // The number of parameters is known of WebAssembly functions, and calls through as many named ones cost nothing.
  $tidemarkMakeGate: `=(cell, parameterCount) => {
    switch (parameterCount) {
      ${['', 'a', 'a, b', 'a, b, c', 'a, b, c, d', 'a, b, c, d, e', 'a, b, c, d, e, f'].map((names, i) => `case ${i}: return ${tidemarkGate(names)};`).join('\n      ')}
      default: return ${tidemarkGate('...args')};
    }
  }`,

  $tidemarkProgram__deps: ['$wasmTable', '$wasmMemory'],
  // What is known of the program and of the instance that it runs in.
  $tidemarkProgram: {
    module: null,
    imports: null,
    instance: null,
    memoryPlace: null, // what the WebAssembly.Module calls its memory: { name }, and { module } where it is imported
    leastBytes: 0, // of any memory that the module is instantiated with
    writtenData: null, // [begin, end, …]: where data segments write something other than zero
    lateCells: new Map(), // from a function of the instance to the cell of its late gate
    cellOfGate: new WeakMap(), // from a gate of either kind to its cell
    epochCells: [], // of the instance's epoch gates
    assignExports: null, // the glue code's own assignWasmExports
    exportCells: new Map(), // from the name of an export to the cell of its late gate
    moduleKeys: new Map(), // from a property of Module to the cell of the late gate there
    tableGates: [], // by index
    table: null, // the functions of the table itself: get, set, grow
    ownEntries: new Map(), // from an index to what JavaScript has set there: a cell, a function that is no part of the instance, or null
    listeners: new Set(),
    soon: null, // the promise of shrinkSoon()
    collecting: null, // the timer of tidemarkCollect()
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
    var { tableGates, ownEntries, cellOfGate } = program;
    program.table = { get: table.get.bind(table), set: table.set.bind(table), grow: table.grow.bind(table) };
    var remember = (index, f) => {
      tableGates[index] = undefined;
      if (!f) {
        ownEntries.set(index, null);
        return f;
      }
      var cell = program.lateCells.get(f) ?? cellOfGate.get(f);
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

  $tidemarkGateExports__deps: ['$tidemarkProgram', '$tidemarkMakeGate', '$tidemarkLateGate', '$tidemarkExportGate'],
  // Gates for what `instance` exports, which need not be the program's yet: { epoch, late } by name, the cells of the former,
  // and what the cells of the latter will hold, as [cell, function, …]. `exports` may be wrappers around its exports.
  $tidemarkGateExports: (instance, exports) => {
    var { exportCells } = tidemarkProgram;
    var gated = { epoch: {}, late: {}, epochCells: [], lateFunctions: [] };
    for (var name of Object.keys(exports)) {
      var f = exports[name];
      gated.epoch[name] = gated.late[name] = f;
      if (typeof f != 'function') continue;
      var isRaw = f === instance.exports[name];
      var epochCell = tidemarkExportGate(f, name, isRaw ? f.length : -1);
      gated.epochCells.push(epochCell);
      gated.epoch[name] = epochCell.gate;
      var lateCell = exportCells.get(name);
      if (!lateCell) exportCells.set(name, (lateCell = isRaw ? tidemarkLateGate(f, { name }) : tidemarkExportGate(f, name, -1)));
      gated.lateFunctions.push(lateCell, f);
      gated.late[name] = lateCell.gate;
    }
    return gated;
  },

  $tidemarkExportGate__deps: ['$tidemarkProgram', '$tidemarkMakeGate'],
  $tidemarkExportGate: (f, name, parameterCount) => {
    var cell = { f, origin: { name }, gate: null };
    cell.gate = tidemarkMakeGate(cell, parameterCount);
    tidemarkProgram.cellOfGate.set(cell.gate, cell);
    return cell;
  },

  $tidemarkTakeExports__deps: ['$tidemarkProgram', '$tidemarkExportGate', '$tidemarkWatchTable'],
  // Makes what tidemarkGateExports() returned the program's, as the glue code's assignWasmExports does with bare exports.
  $tidemarkTakeExports: (gated) => {
    var program = tidemarkProgram;
    var { cellOfGate, moduleKeys } = program;
    program.epochCells = gated.epochCells;
    for (var i = 0; i < gated.lateFunctions.length; i += 2) gated.lateFunctions[i].f = gated.lateFunctions[i + 1];

    var first = moduleKeys.size == 0;
    var keys = first ? Object.keys(Module) : [...moduleKeys.keys()];
    var before = keys.map((key) => Module[key]);
    program.assignExports(gated.late);
    if (first) keys = Object.keys(Module); // what is new comes last
    for (var i = 0; i < keys.length; ++i) {
      var key = keys[i];
      var assigned = Module[key];
      if (assigned === before[i] || typeof assigned != 'function') continue;
      var known = moduleKeys.get(key);
      var isLate = cellOfGate.has(assigned);
      if (known) {
        if (!isLate) known.f = assigned;
        Module[key] = before[i];
        continue;
      }
      // With assertions, the glue code puts wrappers of its own there.
      known = isLate ? cellOfGate.get(assigned) : tidemarkExportGate(assigned, undefined, -1);
      moduleKeys.set(key, known);
      Module[key] = known.gate;
    }
    wasmExports = gated.epoch;
    if (wasmTable) tidemarkWatchTable(wasmTable);
  },

#if !ALLOW_MEMORY_GROWTH && !WASMFS
  // Of a memory that can't grow, files may own a part (--embed-file does that): have them copy it, as they do of one that can.
  $tidemarkWatchFiles: () => {
    if (typeof MEMFS == 'undefined') return;
    var { write } = MEMFS.stream_ops;
    MEMFS.stream_ops.write = (stream, buffer, offset, length, position, canOwn) =>
      write(stream, buffer, offset, length, position, canOwn && buffer.buffer !== HEAP8.buffer);
    if (MEMFS.ops_table) MEMFS.ops_table.file.stream.write = MEMFS.stream_ops.write;
  },
#endif

  $tidemarkWatchFunctions__deps: ['$tidemarkProgram', '$tidemarkLateGate'],
  $tidemarkWatchFunctions__postset: 'tidemarkWatchFunctions();',
  // What wasmExports holds is the same function as in the table: emscripten_get_exported_function() looks for it there.
  $tidemarkWatchFunctions: () => {
    var program = tidemarkProgram;
    var add = addFunction;
    addFunction = (f, signature) => {
      var origin = program.cellOfGate.get(f)?.origin;
      var raw = origin && program.instance.exports[origin.name];
      return add(raw ? tidemarkLateGate(raw, origin).gate : f, signature);
    };
  },

  $tidemarkStart__deps: ['$tidemarkProgram', '$tidemarkGateExports', '$tidemarkTakeExports',
#if !ALLOW_MEMORY_GROWTH && !WASMFS
                         '$tidemarkWatchFiles',
#endif
  ],
#if !(MAIN_MODULE || SPLIT_MODULE || ASYNCIFY == 2)
  $tidemarkStart__postset: 'tidemarkStart();',
#endif
  // Has the glue code's functions tell what it doesn't keep: the WebAssembly.Module, and the imports.
  $tidemarkStart: () => {
#if !ALLOW_MEMORY_GROWTH && !WASMFS
    tidemarkWatchFiles();
#endif
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
    program.assignExports = assignWasmExports;
    assignWasmExports = (exports) => {
      tidemarkTakeExports(tidemarkGateExports(program.instance, exports));
#if IMPORTED_MEMORY
      program.leastBytes = {{{ INITIAL_MEMORY }}};
#else
      program.leastBytes ||= wasmMemory.buffer.byteLength;
#endif
    };
  },
});

LibraryManager.library['$addFunction__deps'].push('$tidemarkWatchFunctions');
