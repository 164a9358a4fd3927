// Module.tidemark.engine: what the npm package drives a program by (tidemark/attach, and its own engine). It stays the
// same object through growth and shrink:
//   exports  the functions below, of the instance that runs now: called without a gate
//   views    typed arrays over the memory that is there now
//   module   the Module, with the Embind classes of bindings/*.cpp
//   moved    functions that are called when blocks have moved, and when the memory has grown or is another one: for views of
//            blocks; they may not call the engine
//   functionAt, setFunction  entries of its function table
//   leastBytes  () => what every memory of the program has from the start: no shrink goes below
/* global addToLibrary, extraLibraryFuncs */

// Raw exports, by their names in C. Each component adds its own.
const tidemarkExports = [
  // heap
  'malloc',
  'free',
  'realloc',
  'tidemark_get_heap_stats',
  'tidemark_get_size_class_stats',
  // monitor and profiler
  'tidemark_monitor_heap_stats',
  'tidemark_monitor_create',
  'tidemark_monitor_set_thresholds',
  'tidemark_monitor_destroy',
  'tidemark_monitor_take',
  'tidemark_monitor_derive',
  'tidemark_meter',
  'tidemark_meter_set_mark',
  'tidemark_meter_reset_peak',
  'tidemark_profiler_sample',
  'tidemark_heap_map',
  'tidemark_heap_map_stack',
  // manager
  'tidemark_manager_set_limits',
  'tidemark_manager_live_bytes',
  'tidemark_manager_tidy',
  'tidemark_manager_get_stats',
  'tidemark_manager_name',
  'tidemark_manager_open_budget',
  'tidemark_manager_budget_stats',
  'tidemark_enter_budget',
  'tidemark_leave_budget',
  'tidemark_credit_budget',
  // structures
  'tidemark_structures_answer',
  'tidemark_structures_scratch',
  'tidemark_structures_scratch_release',
  'tidemark_movable_epoch',
  'tidemark_table_create',
  'tidemark_table_destroy',
  'tidemark_table_find_number',
  'tidemark_table_find',
  'tidemark_table_get_integer',
  'tidemark_table_get_number',
  'tidemark_table_has_integer',
  'tidemark_table_put_integer',
  'tidemark_table_put_numbers',
  'tidemark_table_put',
  'tidemark_table_erase',
  'tidemark_table_clear',
  'tidemark_table_segment',
  'tidemark_table_compact',
  'tidemark_table_relocations',
  'tidemark_table_bytes',
  'tidemark_table_get_many',
  'tidemark_table_has_many',
  'tidemark_table_put_many',
  'tidemark_array_create',
  'tidemark_array_destroy',
  'tidemark_array_resize',
  'tidemark_array_address',
  'tidemark_array_pin',
  'tidemark_array_unpin',
  'tidemark_array_bytes',
  'tidemark_cache_create',
  'tidemark_cache_destroy',
  'tidemark_cache_get',
  'tidemark_cache_get_number',
  'tidemark_cache_put',
  'tidemark_cache_erase',
  'tidemark_cache_clear',
  'tidemark_cache_oldest',
  'tidemark_cache_newest',
  'tidemark_cache_newer',
  'tidemark_cache_older',
  'tidemark_cache_next_expired',
  'tidemark_cache_entry',
  'tidemark_cache_bytes',
  // leaks
  'tidemark_leaks_note_constants',
  'tidemark_leaks_begin',
  'tidemark_leaks_roots',
  'tidemark_leaks_add_roots',
  'tidemark_leaks_step',
  'tidemark_leaks_examine',
  'tidemark_leaks_report',
  'tidemark_leaks_state_of',
  'tidemark_leaks_bytes_at',
  'tidemark_leaks_reclaim',
  'tidemark_leaks_end',
  'tidemark_leaks_samples',
  'tidemark_leaks_growth',
  'tidemark_leaks_census',
  'tidemark_leaks_fragmentation',
  'tidemark_leaks_reachability',
  'tidemark_leaks_resource',
  // tester
  'tidemark_tester_entry',
  'tidemark_tester_begin',
  'tidemark_tester_run',
  'tidemark_tester_figures',
  'tidemark_tester_costs',
  'tidemark_tester_end',
];

addToLibrary({
  // The names are written out for the linker, which may have given the exports others.
  $tidemarkCurrentExports__deps: tidemarkExports,
  $tidemarkCurrentExports: `=(wasmExports) => ({${tidemarkExports.map((name) => `'${name}': wasmExports['${name}']`).join(', ')}})`,

  $tidemarkEngine__deps: ['$tidemark', '$tidemarkProgram', '$tidemarkCurrentExports'],
  $tidemarkEngine__postset: 'tidemarkWatchEngine();',
  $tidemarkEngine: {},

  tidemark_on_moved__deps: ['$tidemarkEngine'],
  tidemark_on_moved: () => {
    for (var moved of tidemarkEngine['moved']) moved();
  },

  $tidemarkWatchEngine__deps: ['$tidemarkEngine', '$tidemarkCurrentExports', '$tidemark', '$tidemarkProgram', 'tidemark_on_moved'],
  $tidemarkWatchEngine: () => {
    var engine = tidemarkEngine;
    tidemark['engine'] = engine;
    Object.assign(engine, { 'exports': {}, 'views': {}, 'moved': [], 'module': Module });
    // The table of the instance that runs now, as it is: not gated, and not carried over by a shrink.
    engine['functionAt'] = (index) => tidemarkProgram.table.get(index);
    engine['setFunction'] = (index, f) => tidemarkProgram.table.set(index, f);
    engine['leastBytes'] = () => tidemarkProgram.leastBytes;
    var update = updateMemoryViews;
    updateMemoryViews = () => {
      update();
      var buffer = wasmMemory.buffer;
      var views = engine['views'];
      views['i8'] = new Int8Array(buffer);
      views['u8'] = new Uint8Array(buffer);
      views['i16'] = new Int16Array(buffer);
      views['u16'] = new Uint16Array(buffer);
      views['i32'] = new Int32Array(buffer);
      views['u32'] = new Uint32Array(buffer);
      views['f32'] = new Float32Array(buffer);
      views['f64'] = new Float64Array(buffer);
      _tidemark_on_moved();
    };
    var assign = assignWasmExports;
    assignWasmExports = (exports) => {
      assign(exports);
      var current = tidemarkCurrentExports(exports);
      for (var name of Object.keys(current)) {
        engine['exports'][name] = tidemarkProgram.cellOfGate.get(current[name])?.f ?? current[name];
      }
    };
  },
});

extraLibraryFuncs.push('$tidemarkWatchEngine', '$tidemarkEngine');
