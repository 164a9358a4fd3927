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
