// Reads the heap of a linked program without allocating in it. A map the engine writes down for us where nobody has
// anything: what was there is put back before the program goes on.
import type { Runtime } from '../engine.js';
import { HeapMeter } from '../heap_meter.js';
import { heapStatsFields, type HeapStats } from '../heap_stats.js';
import type { HeapCells } from './source.js';

const cellBytes = 4096;

export type CountedStats = Pick<HeapStats, (typeof heapStatsFields)[number]>;

export class HeapReader {
  readonly #runtime: Runtime;
  /** Bytes in use and ever allocated: a few reads of memory, no call. */
  readonly meter: HeapMeter;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.meter = new HeapMeter(runtime.engine);
  }

  /**
   * All as of now, but for the longest free stretch, which is what surely is free in one piece (src/monitor/known_stats.h).
   * `exactly`: that too. Cost: some reads; then, one step for each run of the heap.
   */
  stats(exactly: boolean): CountedStats {
    const { exports, views } = this.#runtime.engine;
    const at = (exports.tidemark_monitor_heap_stats(exactly ? 1 : 0) >>> 0) / 4;
    return Object.fromEntries(heapStatsFields.map((field, i) => [field, views.u32[at + i] ?? 0])) as CountedStats;
  }

  /**
   * What lies where; null while there is no place to write it down in, a 4096th of all memory: neither above the last run nor
   * at the unused end of the stack.
   * Cost: one step for each run of the heap, and a byte for each 4 KiB.
   */
  map(): HeapCells | null {
    const { topBytes } = this.stats(false);
    const { engine } = this.#runtime;
    const end = engine.views.u8.byteLength;
    const count = end / cellBytes;
    // Free, or somebody's who is not the heap: the walk, which writes as it goes, reads nothing there.
    const at = topBytes >= count ? end - count : engine.exports.tidemark_heap_map_stack(count) >>> 0;
    if (at === 0) return null;
    const saved = engine.views.u8.slice(at, at + count);
    try {
      engine.exports.tidemark_heap_map(at, count);
      return { cells: engine.views.u8.slice(at, at + count), cellBytes };
    } finally {
      engine.views.u8.set(saved, at);
    }
  }
}
