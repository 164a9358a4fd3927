// One C++ Monitor (src/monitor/monitor.h) in the engine's memory: the row of doubles through which samples go in, and what
// follows from them comes out. Its history is one block there, of a size that is fixed when it is made.
import type { Engine } from './engine.js';
import { TidemarkError } from './errors.js';

declare module './engine.js' {
  interface EngineExports {
    tidemark_monitor_create(capacity: number, low: number, medium: number, high: number, critical: number): number;
    tidemark_monitor_set_thresholds(monitor: number, low: number, medium: number, high: number, critical: number): void;
    tidemark_monitor_destroy(monitor: number): void;
    tidemark_monitor_take(monitor: number): number;
    tidemark_monitor_derive(monitor: number): void;
  }
}

/** src/monitor/sample.h; what isn't known is null. */
export interface Measured {
  timeMs: number;
  allocated: number;
  used: number | null;
  reserved: number | null;
  free: number | null;
  largestFree: number | null;
  limit: number | null;
  liveBlocks: number | null;
  totalBytes: number | null;
  releasable: number | null;
}

export interface Derived extends Measured {
  growthRate: number;
  allocationRate: number | null;
  efficiency: number;
}

const sampleFields = 13;
const peakAllocated = sampleFields;
const peakUsed = peakAllocated + 1;
const nextMark = peakUsed + 1;
const history = nextMark + 1;
const historyCount = history + 1;

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

export interface MonitorThresholds {
  low: number;
  medium: number;
  high: number;
  critical: number;
}

export const levels = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

export class MonitorMemory {
  readonly #engine: Engine;
  #address: number;

  /** @throws {TidemarkError} `'out-of-memory'` */
  constructor(engine: Engine, capacity: number, { low, medium, high, critical }: MonitorThresholds) {
    this.#engine = engine;
    this.#address = engine.exports.tidemark_monitor_create(capacity, low, medium, high, critical) >>> 0;
    if (this.#address === 0) {
      throw new TidemarkError('out-of-memory', `maxHistorySize: no memory for ${capacity} samples`);
    }
  }

  /** From now on. */
  set thresholds({ low, medium, high, critical }: MonitorThresholds) {
    this.#engine.exports.tidemark_monitor_set_thresholds(this.#address, low, medium, high, critical);
  }

  /** Takes a sample in; returns what it leads to, and the level to warn of. */
  take(measured: Measured): { level: Level; sample: Derived } {
    this.#write(measured);
    const level = levels[this.#engine.exports.tidemark_monitor_take(this.#address)] ?? 'none';
    return { level, sample: this.#read(this.#address / 8) };
  }

  /** What a sample would lead to. */
  derive(measured: Measured): Derived {
    this.#write(measured);
    this.#engine.exports.tidemark_monitor_derive(this.#address);
    return this.#read(this.#address / 8);
  }

  get peakAllocated(): number {
    return this.#double(peakAllocated);
  }
  get peakUsed(): number | null {
    return known(this.#double(peakUsed));
  }
  /** Bytes in use from which on a warning is due; null when none is. */
  get nextMark(): number | null {
    const bytes = this.#double(nextMark);
    return Number.isFinite(bytes) ? bytes : null;
  }
  get historyCount(): number {
    return this.#double(historyCount);
  }

  /** The samples of the past, the oldest first. */
  history(): Derived[] {
    const first = this.#double(history) / 8;
    return Array.from({ length: this.historyCount }, (_, index) => this.#read(first + index * sampleFields));
  }

  dispose(): void {
    this.#engine.exports.tidemark_monitor_destroy(this.#address);
    this.#address = 0;
  }

  #double(index: number): number {
    return this.#engine.views.f64[this.#address / 8 + index] as number;
  }

  // In the order of Sample, field by field: a loop over names takes ten times as long.

  #write(measured: Measured): void {
    const { f64 } = this.#engine.views;
    const row = this.#address / 8;
    f64[row] = measured.timeMs;
    f64[row + 1] = measured.allocated;
    f64[row + 2] = measured.used ?? NaN;
    f64[row + 3] = measured.reserved ?? NaN;
    f64[row + 4] = measured.free ?? NaN;
    f64[row + 5] = measured.largestFree ?? NaN;
    f64[row + 6] = measured.limit ?? NaN;
    f64[row + 7] = measured.liveBlocks ?? NaN;
    f64[row + 8] = measured.totalBytes ?? NaN;
    f64[row + 9] = measured.releasable ?? NaN;
  }

  #read(row: number): Derived {
    const { f64 } = this.#engine.views;
    return {
      timeMs: f64[row] as number,
      allocated: f64[row + 1] as number,
      used: known(f64[row + 2] as number),
      reserved: known(f64[row + 3] as number),
      free: known(f64[row + 4] as number),
      largestFree: known(f64[row + 5] as number),
      limit: known(f64[row + 6] as number),
      liveBlocks: known(f64[row + 7] as number),
      totalBytes: known(f64[row + 8] as number),
      releasable: known(f64[row + 9] as number),
      growthRate: f64[row + 10] as number,
      allocationRate: known(f64[row + 11] as number),
      efficiency: f64[row + 12] as number,
    };
  }
}
