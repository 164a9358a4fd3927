// What the package drives a program by: Module.tidemark of a program that was linked with the runtime (bindings/*.js).
// The packaged engine is such a program too.
import { TidemarkError } from './errors.js';
import type { HeapStats } from './heap_stats.js';

/**
 * Functions of the engine, by their names in C. Each component declares its own here
 * (`declare module './engine.js' { interface EngineExports { … } }`). A call may grow the memory.
 */
export interface EngineExports {
  malloc(bytes: number): number;
  free(address: number): void;
  realloc(address: number, bytes: number): number;
}

/** Typed arrays over the whole memory. Growth and shrink replace the fields: read them anew after every call. */
export interface EngineViews {
  readonly i8: Int8Array<ArrayBuffer>;
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly i16: Int16Array<ArrayBuffer>;
  readonly u16: Uint16Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly f32: Float32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
}

export interface Engine {
  readonly exports: EngineExports;
  /** Empty until the program has been started. */
  readonly views: EngineViews;
  /** Called when blocks have moved, and when the memory has grown or is another one. They may not call the engine. */
  readonly moved: (() => void)[];
  readonly module: EmscriptenModule;
  /** What every memory of the program has from the start: no shrink goes below. */
  leastBytes(): number;
}

/** What a shrink did. All figures are bytes, but for `durationMs`. */
export interface ShrinkReport {
  returnedBytes: number;
  copiedBytes: number;
  durationMs: number;
  allocatedBefore: number;
  allocatedAfter: number;
}

export interface ShrinkOptions {
  /** Do nothing when less would come back. */
  minReturnedBytes?: number;
  /** Microseconds for movable blocks to be moved together first; all of them by default. */
  compactBudget?: number;
}

/** Module.tidemark, as docs/shrink.md describes it. */
export interface Runtime {
  readonly version: string;
  readonly engine: Engine;
  stats(): HeapStats;
  compact(budgetMicroseconds?: number): { movedBytes: number; releasedBytes: number; completed: boolean };
  benefit(): Omit<ShrinkReport, 'durationMs'>;
  shrink(options?: ShrinkOptions): ShrinkReport;
  shrinkSoon(options?: ShrinkOptions): Promise<ShrinkReport>;
  onShrink(listener: (report: ShrinkReport) => void): () => void;
}

/** An Emscripten Module, with what the package may find in one. */
export interface EmscriptenModule {
  readonly tidemark?: Runtime;
  readonly HEAPU8?: Uint8Array;
  readonly HEAP8?: Int8Array;
  readonly wasmMemory?: WebAssembly.Memory;
  [name: string]: unknown;
}

/** The runtime of a Module, or null where it was linked without. */
export function runtimeOf(module: EmscriptenModule): Runtime | null {
  const runtime = module.tidemark;
  return typeof runtime === 'object' && runtime !== null && typeof runtime.engine === 'object' ? runtime : null;
}

/** @throws {TidemarkError} `'busy'`: the script has been read, and its WebAssembly isn't there yet */
export function requireStarted({ engine }: Runtime, id: string): void {
  if (!('u8' in engine.views)) {
    throw new TidemarkError('busy', `module: "${id}" has not been started yet`);
  }
}
