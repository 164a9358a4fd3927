// Reads the heap of a linked program without allocating in it. What the engine writes down for us it writes where nobody
// has anything: what was there is put back before the program goes on.
import type { Runtime } from '../engine.js';
import { HeapMeter } from '../heap_meter.js';
import { heapStatsFields, type HeapStats } from '../heap_stats.js';
import type { HeapCells } from './source.js';

const cellBytes = 4096;
const statsBytes = heapStatsFields.length * 4;

export type WalkedStats = Pick<HeapStats, (typeof heapStatsFields)[number]>;

export class HeapReader {
  readonly #runtime: Runtime;
  /** Bytes in use and ever allocated: a few reads of memory, no call. */
  readonly meter: HeapMeter;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.meter = new HeapMeter(runtime.engine);
  }

  /** Cost: one step for each run of the heap. */
  stats(): WalkedStats {
    // Written at the end of the walk, so it may lie anywhere but in static data and on the stack: at the end of memory.
    const at = this.#runtime.engine.views.u8.byteLength - statsBytes;
    return this.#borrow(at, statsBytes, () => {
      this.#runtime.engine.exports.tidemark_get_heap_stats(at);
      const { u32 } = this.#runtime.engine.views;
      return Object.fromEntries(heapStatsFields.map((field, i) => [field, u32[at / 4 + i] ?? 0])) as WalkedStats;
    });
  }

  /**
   * What lies where; null while there is no place to write it down in, a 4096th of all memory: neither above the last run nor
   * at the unused end of the stack.
   * Cost: as stats(), and a byte for each 4 KiB.
   */
  map(): HeapCells | null {
    const { topBytes } = this.stats();
    const { engine } = this.#runtime;
    const end = engine.views.u8.byteLength;
    const count = end / cellBytes;
    // Free, or somebody's who is not the heap: the walk, which writes as it goes, reads nothing there.
    const at = topBytes >= count ? end - count : engine.exports.tidemark_heap_map_stack(count) >>> 0;
    if (at === 0) return null;
    return this.#borrow(at, count, () => {
      engine.exports.tidemark_heap_map(at, count);
      return { cells: engine.views.u8.slice(at, at + count), cellBytes };
    });
  }

  #borrow<Result>(at: number, bytes: number, use: () => Result): Result {
    const { engine } = this.#runtime;
    const saved = engine.views.u8.slice(at, at + bytes);
    try {
      return use();
    } finally {
      engine.views.u8.set(saved, at);
    }
  }
}
