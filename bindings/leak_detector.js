// What the leak detector must know of JavaScript: which blocks it holds, and what it has forgotten to give back.
// Module.tidemark.resources, for web/src/leak_detector.ts.
//
//   held      blocks that JavaScript has from malloc and has not freed: roots
//   returned  what exported functions have returned and may be an address: roots, for JavaScript may have kept it
//   given     what functions such as emscripten_set_timeout were given, and Embind's registrations: roots
//   objects   live Embind wrappers, each with the class and the pointer: roots
//   classes   by name of the class: how many wrappers live, which were collected without delete(), and which of those
//             Embind has deleted then (smart pointers)
//
// Cost   A malloc and free of JavaScript's: a comparison each where one follows the other, a Set entry else. An exported
//        function: a comparison, and an entry of a table for numbers that may be addresses. An Embind object: about a microsecond.
/* global addToLibrary, extraLibraryFuncs, LibraryManager */

// Functions of Emscripten that hand addresses to JavaScript for it to keep: Embind's registrations, the arguments of main
// loops, timers and listeners. Who doesn't use them doesn't get them by this.
for (const [name, f] of Object.entries(LibraryManager.library)) {
  if (typeof f != 'function' || name.includes('__', 1)) continue;
  if (!/^(_embind_register_|emscripten_(set_|async_|request_|idb_|start_fetch|websocket_set_|promise_))/.test(name)) continue;
  const { library } = LibraryManager;
  const own = `_${name} = tidemarkGivenAway(_${name})`;
  const before = library[`${name}__postset`];
  if (typeof before == 'function') continue;
  library[`${name}__postset`] = before ? `${before};${own}` : own;
  library[`${name}__deps`] = [...(library[`${name}__deps`] ?? []), '$tidemarkGivenAway'];
}
if ('$attachFinalizer' in LibraryManager.library) {
  LibraryManager.library.$attachFinalizer__deps = [...LibraryManager.library.$attachFinalizer__deps, '$tidemarkTrackObjects'];
}

addToLibrary({
  $tidemarkResources__postset: 'tidemarkMakeResources();',
  $tidemarkResources__deps: ['$tidemarkMakeResources'],
  $tidemarkResources: {
    last: 0, // the block that came from malloc last: most are freed before the next one comes
    registry: null,
  },

  // What others read, in a function, as in tidemark.js.
  $tidemarkMakeResources: () => {
    Object.assign(tidemarkResources, {
      'held': new Set(),
      'returned': new Int32Array(65536), // sets of 4, the last that came first; 0 where none has come
      'given': new Set(),
      'objects': new Set(),
      'classes': new Map(),
      // How many detectors want stacks of where objects are created: of the first of each class, and of one of 64 then.
      'watching': 0,
    });
  },

  $tidemarkHold__deps: ['$tidemarkResources'],
  $tidemarkHold: (block) => {
    var resources = tidemarkResources;
    if (resources.last) resources['held'].add(resources.last);
    resources.last = block >>> 0;
    return block;
  },

  $tidemarkLetGo__deps: ['$tidemarkResources'],
  $tidemarkLetGo: (block) => {
    var resources = tidemarkResources;
    block >>>= 0;
    if (block == resources.last) resources.last = 0;
    else resources['held'].delete(block);
  },

  $tidemarkReturned__deps: ['$tidemarkResources'],
  // No block begins below the first KiB, nor at an address that is no multiple of 8. Of the addresses that share a set the
  // last four are known: with a thousand in use, one in ten thousand programs would lose one.
  $tidemarkReturned: (value) => {
    if (typeof value == 'number' && (value & 7) == 0 && (value > 1023 || value < 0)) {
      var table = tidemarkResources['returned'];
      var address = value | 0;
      var set = (Math.imul(address, 0x9e3779b1) >>> 18) << 2;
      if (table[set] != address && table[set + 1] != address && table[set + 2] != address && table[set + 3] != address) {
        table[set + 3] = table[set + 2];
        table[set + 2] = table[set + 1];
        table[set + 1] = table[set];
        table[set] = address;
      }
    }
    return value;
  },

  $tidemarkGivenAway__deps: ['$tidemarkResources'],
  $tidemarkGivenAway: (f) =>
    Object.assign((...args) => {
      for (var value of args) {
        if (typeof value == 'number' && (value > 1023 || value < 0) && (value & 7) == 0) tidemarkResources['given'].add(value >>> 0);
      }
      return f(...args);
    }, f),

  $tidemarkNoteConstants__deps: ['$tidemarkProgram', 'tidemark_leaks_note_constants',
#if STACK_OVERFLOW_CHECK >= 2
                                 'emscripten_stack_init', 'emscripten_stack_get_base', 'emscripten_stack_get_end',
#endif
  ],
  // By the instance itself: with assertions, what is handed out refuses to run before constructors have. A program of several
  // modules has no gates, and `exports` are the instance's own. In a function of its own, so that no closure that lives longer
  // holds the first instance, and its memory with it.
  $tidemarkNoteConstants: (exports) => {
    var instanceExports = tidemarkProgram.instance?.exports ?? exports;
    var raw = (f, name) => instanceExports[tidemarkProgram.cellOfGate.get(f)?.origin.name ?? name];
#if STACK_OVERFLOW_CHECK >= 2
    _emscripten_stack_init();
    raw(___set_stack_limits, '__set_stack_limits')(_emscripten_stack_get_base(), _emscripten_stack_get_end());
#endif
    raw(_tidemark_leaks_note_constants, 'tidemark_leaks_note_constants')();
  },

  $tidemarkTrackBlocks__deps: ['$tidemarkHold', '$tidemarkLetGo', '$tidemarkReturned', '$tidemarkProgram', '$tidemarkWatchEngine', '$tidemarkEngine',
                               'malloc', 'free', 'realloc', '$tidemarkNoteConstants'],
  $tidemarkTrackBlocks__postset: 'tidemarkTrackBlocks();',
  // After everybody else who stands in front of assignWasmExports: what they hand out is what is watched.
  $tidemarkTrackBlocks: () => {
    var exported = null; // what Module has had first, and keeps through a shrink
    var assign = assignWasmExports;
    assignWasmExports = (exports) => {
      assign(exports);
      var watched = (malloc, free, realloc) => ({
        'malloc': (bytes) => tidemarkHold(malloc(bytes)),
        'free': (block) => {
          tidemarkLetGo(block);
          return free(block);
        },
        'realloc': (block, bytes) => {
          var moved = realloc(block, bytes);
          if (moved || !bytes) tidemarkLetGo(block);
          return tidemarkHold(moved);
        },
      });
      if (!exported) tidemarkNoteConstants(exports);
      var own = watched(_malloc, _free, _realloc);
      _malloc = own['malloc'];
      _free = own['free'];
      _realloc = own['realloc'];
      var engine = tidemarkEngine['exports'];
      Object.assign(engine, watched(engine['malloc'], engine['free'], engine['realloc']));
      for (let name of Object.keys(engine)) {
        let create = engine[name];
        if (/_create$/.test(name)) engine[name] = (...args) => tidemarkReturned(create(...args));
      }
      if (exported) return;
      exported = watched(Module['_malloc'], Module['_free'], Module['_realloc']);
      if (Module['_calloc']) {
        let calloc = Module['_calloc'];
        exported['calloc'] = (count, bytes) => tidemarkHold(calloc(count, bytes));
      }
      for (let key of Object.keys(Module)) {
        let f = Module[key];
        if (key[0] != '_' || typeof f != 'function' || /^__|^_emscripten_|^_tidemark_/.test(key)) continue;
        let watcher = exported[key.slice(1)];
        var cell = tidemarkProgram.cellOfGate.get(f);
        if (!watcher) {
          // Of a function that takes any number, the length is 0, too.
          switch (f.length) {
            case 1: watcher = (a) => tidemarkReturned(f(a)); break;
            case 2: watcher = (a, b) => tidemarkReturned(f(a, b)); break;
            case 3: watcher = (a, b, c) => tidemarkReturned(f(a, b, c)); break;
            default: watcher = (...args) => tidemarkReturned(f(...args));
          }
          // The table hands out the same: addFunction() knows it by that where WebAssembly has it in the table already.
          if (cell?.gate === f) cell.gate = watcher;
        }
        Module[key] = watcher;
        // So that addFunction() still finds the function of WebAssembly behind it.
        if (cell) tidemarkProgram.cellOfGate.set(watcher, cell);
      }
    };
  },

  $tidemarkClass__deps: ['$tidemarkResources'],
  $tidemarkClass: (name) => {
    var classes = tidemarkResources['classes'];
    var known = classes.get(name);
    if (!known) classes.set(name, (known = { 'live': 0, 'created': 0, 'netted': 0, 'forgotten': [], 'forgottenCount': 0, 'stacks': new Map() }));
    return known;
  },

  $tidemarkTrackObject__deps: ['$tidemarkResources', '$tidemarkClass'],
  $tidemarkTrackObject: (handle) => {
    var resources = tidemarkResources;
    var record = handle.$$;
    var name = record.ptrType.registeredClass.name;
    var known = tidemarkClass(name);
    known['live']++;
    var created = known['created']++;
    var stack = null;
    if (resources['watching'] && (created < 8 || created % 64 == 0)) {
      stack = new Error().stack;
      known['stacks'].set(stack, (known['stacks'].get(stack) ?? 0) + 1);
      if (known['stacks'].size > 32) known['stacks'].delete(known['stacks'].keys().next().value);
    }
    var token = { 'name': name, 'stack': stack, 'record': record };
    record.tidemark = token;
    resources['objects'].add(token);
    if (globalThis.FinalizationRegistry) {
      resources.registry ??= new FinalizationRegistry((token) => {
        if (token['then']) return token['then']();
        if (!resources['objects'].delete(token)) return;
        var known = tidemarkClass(token['name']);
        var record = token['record'];
        known['live']--;
        if (record.smartPtr) {
          known['netted']++; // Embind's own finalizer deletes it
        } else if (record.ptr && record.count.value > 0) {
          known['forgottenCount']++;
          known['forgotten'].push({ 'address': record.ptr >>> 0, 'stack': token['stack'] });
          if (known['forgotten'].length > 16384) known['forgotten'].shift();
        }
      });
      resources.registry.register(handle, token, token);
    }
  },

  $tidemarkUntrackObject__deps: ['$tidemarkResources', '$tidemarkClass'],
  $tidemarkUntrackObject: (handle) => {
    var resources = tidemarkResources;
    var token = handle.$$?.tidemark;
    if (!token || !resources['objects'].delete(token)) return;
    resources.registry?.unregister(token);
    tidemarkClass(token['name'])['live']--;
  },

  $tidemarkTrackObjects__deps: ['$tidemarkTrackObject', '$tidemarkUntrackObject'],
  $tidemarkTrackObjects__postset: 'tidemarkTrackObjects();',
  // Embind calls these for every wrapper that is made and deleted, and replaces both when it first does.
  $tidemarkTrackObjects: () => {
    var attach = attachFinalizer;
    var detach = detachFinalizer;
    var ownAttach = (handle) => {
      var attached = attach(handle);
      if (attachFinalizer != ownAttach) {
        attach = attachFinalizer;
        attachFinalizer = ownAttach;
      }
      if (detachFinalizer != ownDetach) {
        detach = detachFinalizer;
        detachFinalizer = ownDetach;
      }
      tidemarkTrackObject(handle);
      return attached;
    };
    var ownDetach = (handle) => {
      tidemarkUntrackObject(handle);
      return detach(handle);
    };
    attachFinalizer = ownAttach;
    detachFinalizer = ownDetach;
  },

  $tidemarkStartResources__deps: ['$tidemark', '$tidemarkResources', '$tidemarkTrackBlocks', '$tidemarkWasmOnStack', '$UTF8ToString'],
  $tidemarkStartResources__postset: 'tidemarkStartResources();',
  $tidemarkStartResources: () => {
    var resources = tidemarkResources;
    tidemark['resources'] = resources;
    /** Calls visit(address) for everything that JavaScript holds. */
    resources['roots'] = (visit) => {
      if (resources.last) visit(resources.last);
      resources['held'].forEach(visit);
      for (var address of resources['returned']) if (address) visit(address >>> 0);
      resources['given'].forEach(visit);
      resources['objects'].forEach(({ 'record': record }) => {
        if (record.ptr) visit(record.ptr >>> 0);
        if (record.smartPtr) visit(record.smartPtr >>> 0);
      });
#if ASYNCIFY == 1
      if (Asyncify.currData) visit(Asyncify.currData >>> 0);
#endif
    };
    // By the registry of the objects: what was collected at the same time has been told of when anybody else's turn comes.
    resources['onCollected'] = (who, then) => {
      resources.registry?.unregister(who);
      if (then) resources.registry?.register({}, { 'then': then }, who);
    };
    resources['wasmOnStack'] = () => tidemarkWasmOnStack();
    resources['values'] = () => (typeof emval_handles == 'undefined' ? 0 : emval_handles.length / 2 - 5 - emval_freelist.length);
    resources['text'] = (address) => UTF8ToString(address);
  },
});

extraLibraryFuncs.push('$tidemarkStartResources', '$tidemarkTrackBlocks');
