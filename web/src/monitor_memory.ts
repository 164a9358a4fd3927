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

const fields = [
  'timeMs',
  'allocated',
  'used',
  'reserved',
  'free',
  'largestFree',
  'limit',
  'liveBlocks',
  'totalBytes',
  'releasable',
  'growthRate',
  'allocationRate',
  'efficiency',
] as const satisfies (keyof Derived)[];
const measuredFields = 10;
const peakAllocated = fields.length;
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
    return Array.from({ length: this.historyCount }, (_, index) => this.#read(first + index * fields.length));
  }

  dispose(): void {
    this.#engine.exports.tidemark_monitor_destroy(this.#address);
    this.#address = 0;
  }

  #double(index: number): number {
    return this.#engine.views.f64[this.#address / 8 + index] as number;
  }

  #write(measured: Measured): void {
    const { f64 } = this.#engine.views;
    const row = this.#address / 8;
    for (let i = 0; i < measuredFields; ++i) f64[row + i] = measured[fields[i] as keyof Measured] ?? NaN;
  }

  #read(row: number): Derived {
    const { f64 } = this.#engine.views;
    return Object.fromEntries(
      fields.map((field, index) => [field, known(f64[row + index] as number)]),
    ) as unknown as Derived;
  }
}
