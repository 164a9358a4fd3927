// What lies where in linear memory: a byte for each 4 KiB (src/monitor/heap_map.h).
import type { Engine } from './engine.js';
import { TidemarkError } from './errors.js';

export interface HeapMap {
  /** What most of each 4 KiB is: the numbers of {@link heapMapKinds}, and from 16 on slabs, of size class `cell - 16`. */
  cells: Uint8Array;
  cellBytes: number;
}

export const heapMapKinds = ['free', 'static', 'stack', 'metadata', 'foreign', 'large', 'movable', 'watched'] as const;
export const firstSlabKind = 16;

const cellBytes = 4096;

/** @throws {TidemarkError} `'out-of-memory'`: there is no room for the map itself, a 4096th of the memory */
export function readHeapMap(engine: Engine): HeapMap {
  const { exports } = engine;
  const address = exports.malloc(engine.views.u8.byteLength / cellBytes + 1024) >>> 0;
  if (address === 0) throw new TidemarkError('out-of-memory', 'getHeapMap: there is no memory for the map');
  try {
    const { u8 } = engine.views;
    const count = u8.byteLength / cellBytes;
    exports.tidemark_heap_map(address, count);
    return { cells: u8.slice(address, address + count), cellBytes };
  } finally {
    exports.free(address);
  }
}
