// What every entry point exports besides functions.
export type { TidemarkApi } from './api.js';
export type { Clock } from './context.js';
export type {
  EmscriptenModule,
  Engine,
  EngineExports,
  EngineViews,
  Runtime,
  ShrinkOptions,
  ShrinkReport,
} from './engine.js';
export { TidemarkError, type TidemarkErrorCode } from './errors.js';
export { readHeapStats, type HeapStats, type LinkedModule, type SizeClassStats } from './heap_stats.js';
export type { EngineSource, MemoryOptions } from './load_engine.js';
export type { WasmModule } from './wasm_module.js';
export { ColumnArray, type ColumnTypes, type RecordOf } from './structures/column_array.js';
export type { NumberView } from './structures/column.js';
export { CompactArray, type CompactArrayOptions } from './structures/compact_array.js';
export { CompactMap, type CompactMapOptions } from './structures/compact_map.js';
export { CompactSet, type CompactSetOptions, type SetLike } from './structures/compact_set.js';
export type { NumberType } from './structures/element_type.js';
export type { Numbers } from './structures/many.js';
export { MemoryPool, type MemoryPoolStats } from './structures/memory_pool.js';
