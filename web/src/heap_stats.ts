// The structures of tidemark/heap_stats.h, as JavaScript reads them from the memory of a program.
//
// Both are rows of size_t, 4 bytes each on wasm32, in the order of the lists below; web/tests/heap_stats.test.ts compares
// the lists with the header.
import { isObject, refuse } from './checks.js';
import { runtimeOf, type EmscriptenModule } from './engine.js';
import { TidemarkError } from './errors.js';

/** What the heap holds at one moment. All figures are bytes, or counts. */
export interface HeapStats {
  /** The whole linear memory. */
  memoryBytes: number;
  /** The heap's part of it: without static data, the stack, and what others have taken. */
  heapBytes: number;
  /** What stands in the heap's runs: large blocks, slabs with their free blocks, and the heap's own data. */
  reservedBytes: number;
  /** The most that the heap has ever reached up to. */
  peakReservedBytes: number;
  /** Blocks in use, each with the bytes that `malloc_usable_size` gives. */
  liveBytes: number;
  liveBlocks: number;
  /** What can be handed out without growing. */
  freeBytes: number;
  /** The longest free run. */
  largestFreeBytes: number;
  /** The heap's own data, part of `reservedBytes`. */
  metadataBytes: number;
  /** Free memory above the last run. */
  topBytes: number;
  /** 0–1: the share of the free bytes that is not in the longest free run; 0 when nothing is free. */
  fragmentation: number;
  /** Size classes in use, in ascending order, and last the large blocks, of any size, with `blockBytes` 0. */
  sizeClasses: SizeClassStats[];
}

export interface SizeClassStats {
  blockBytes: number;
  liveBlocks: number;
  liveBytes: number;
  freeBlocks: number;
  slabs: number;
}

/**
 * What is needed of an Emscripten Module: link with `-sMALLOC=none libtidemark.a`,
 * `-sEXPORTED_FUNCTIONS=…,_tidemark_get_heap_stats,_tidemark_get_size_class_stats` and
 * `-sEXPORTED_RUNTIME_METHODS=…,HEAPU8,stackSave,stackAlloc,stackRestore`.
 */
export interface LinkedModule {
  readonly HEAPU8: Uint8Array;
  stackSave(): number;
  stackAlloc(byteCount: number): number;
  stackRestore(stack: number): void;
  _tidemark_get_heap_stats(out: number): void;
  _tidemark_get_size_class_stats(out: number, capacity: number): number;
}

const sizeBytes = 4;

export const heapStatsFields = [
  'memoryBytes',
  'heapBytes',
  'reservedBytes',
  'peakReservedBytes',
  'liveBytes',
  'liveBlocks',
  'freeBytes',
  'largestFreeBytes',
  'metadataBytes',
  'topBytes',
] as const;

export const sizeClassFields = ['blockBytes', 'liveBlocks', 'liveBytes', 'freeBlocks', 'slabs'] as const;

const requiredFunctions = [
  '_tidemark_get_heap_stats',
  '_tidemark_get_size_class_stats',
  'stackSave',
  'stackAlloc',
  'stackRestore',
] as const;

/**
 * Reads the statistics of the heap of a program that is linked with Tidemark. It allocates nothing there.
 * Cost: one step for each run of the heap.
 *
 * @throws {TidemarkError} `'invalid-module'`: not an Emscripten Module; `'not-supported'`: one without Tidemark, or
 *   without the exports that {@link LinkedModule} lists
 */
export function readHeapStats(module: LinkedModule | EmscriptenModule): HeapStats {
  const runtime = isObject(module) ? runtimeOf(module as EmscriptenModule) : null;
  if (runtime) return runtime.stats();
  checkModule(module);
  const stack = module.stackSave();
  try {
    const out = module.stackAlloc(heapStatsFields.length * sizeBytes) >>> 0;
    module._tidemark_get_heap_stats(out);
    const stats = readRow(module, out, heapStatsFields);

    const capacity = module._tidemark_get_size_class_stats(0, 0);
    const rowBytes = sizeClassFields.length * sizeBytes;
    const rows = module.stackAlloc(capacity * rowBytes) >>> 0;
    module._tidemark_get_size_class_stats(rows, capacity);
    const sizeClasses = Array.from({ length: capacity }, (_, index) =>
      readRow(module, rows + index * rowBytes, sizeClassFields),
    );
    const fragmentation = stats.freeBytes === 0 ? 0 : 1 - stats.largestFreeBytes / stats.freeBytes;
    return { ...stats, fragmentation, sizeClasses };
  } finally {
    module.stackRestore(stack);
  }
}

function checkModule(module: unknown): asserts module is LinkedModule {
  if (!isObject(module)) refuse('module', module, 'an Emscripten Module', 'invalid-module');
  const given = module as Partial<Record<keyof LinkedModule, unknown>>;
  if (!(given.HEAPU8 instanceof Uint8Array)) {
    throw new TidemarkError(
      'invalid-module',
      'module: HEAPU8 is not there, and an instantiated Emscripten Module that exports it is expected',
    );
  }
  const missing = requiredFunctions.filter((name) => typeof given[name] !== 'function');
  if (missing.length > 0) {
    throw new TidemarkError(
      'not-supported',
      `module: ${missing.join(', ')} not exported, and a program that is linked with Tidemark and exports them is expected`,
    );
  }
}

function readRow<Field extends string>(
  module: LinkedModule,
  address: number,
  fields: readonly Field[],
): Record<Field, number> {
  // The view is made anew each time: growth of the memory detaches older ones.
  const view = new DataView(module.HEAPU8.buffer, address, fields.length * sizeBytes);
  const entries = fields.map((field, index) => [field, view.getUint32(index * sizeBytes, true)] as const);
  return Object.fromEntries(entries) as Record<Field, number>;
}
