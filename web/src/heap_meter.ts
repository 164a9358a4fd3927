// The meter of a linked program's heap (src/monitor/heap_meter.h), read word by word from its memory: no call is made.
import type { Engine } from './engine.js';

declare module './engine.js' {
  interface EngineExports {
    tidemark_meter(): number;
    tidemark_meter_set_mark(liveBytes: number): void;
    tidemark_meter_reset_peak(): void;
    tidemark_get_heap_stats(out: number): void;
    tidemark_get_size_class_stats(out: number, capacity: number): number;
    tidemark_heap_map(cells: number, count: number): void;
    tidemark_heap_map_stack(count: number): number;
  }
}

// Words from the meter's address on: of each 64 bits the lower one, where both are of interest (src/monitor/block_counts.h).
const freed = 0;
const leftBytes = 3;
const armedBytes = 5;
const freedLarge = 6;
const before = 8; // 64 bits
const peak = 10;

export class HeapMeter {
  readonly #engine: Engine;
  readonly #word: number;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#word = (engine.exports.tidemark_meter() >>> 0) / 4; // static data: shrink and growth leave it there
  }

  /** Bytes in live blocks. */
  get liveBytes(): number {
    return (this.#read(before) + this.#takenBytes() - this.#read(freed) - this.#read(freedLarge)) >>> 0;
  }

  /** Of all blocks that ever came into use. */
  get totalBytes(): number {
    return this.#read(before) + this.#read(before + 1) * 2 ** 32 + this.#takenBytes();
  }

  /** The most bytes in live blocks that were seen whenever malloc left its fast path. */
  get peakLiveBytes(): number {
    return Math.max(this.#read(peak), this.liveBytes);
  }

  #takenBytes(): number {
    return (this.#read(armedBytes) - this.#read(leftBytes)) & ~7;
  }

  #read(word: number): number {
    return this.#engine.views.u32[this.#word + word] as number;
  }
}

const ofEngines = new WeakMap<Engine, HeapMeter>();

/** The one meter of an engine. */
export function heapMeterOf(engine: Engine): HeapMeter {
  let meter = ofEngines.get(engine);
  if (!meter) ofEngines.set(engine, (meter = new HeapMeter(engine)));
  return meter;
}
