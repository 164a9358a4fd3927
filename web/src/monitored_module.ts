// One module under a monitor: its samples, its history, and what is to be told of them.
import { setAlarm } from './alarm.js';
import type { Context } from './context.js';
import { heapMeterOf } from './heap_meter.js';
import { measure, statsOf, utilizationOf, type MemoryStats } from './memory_stats.js';
import type { MonitorConfig } from './monitor_config.js';
import { MonitorMemory, type Derived, type Level } from './monitor_memory.js';
import type { MemoryWarning } from './warnings.js';
import type { WatchedModule } from './wasm_module.js';

export interface Taken {
  stats: MemoryStats;
  /** The level to warn of; 'none' mostly. */
  level: Level;
}

const keptWarnings = 100;

/**
 * The most bytes that were live since the program began, or since its blocks are recorded: what was counted, or what a sample
 * saw between two counts. Null where nobody knows.
 */
function peakUsedOf({ runtime, recorded }: WatchedModule, sampled: number | null): number | null {
  const counted = runtime ? heapMeterOf(runtime.engine).peakLiveBytes : recorded.known ? recorded.peakLiveBytes : null;
  return counted === null ? sampled : Math.max(counted, sampled ?? 0);
}

export class MonitoredModule {
  readonly module: WatchedModule;
  limit: number | null;
  config: MonitorConfig;
  readonly startedAt: number;
  readonly #context: Context;
  readonly warnings: MemoryWarning[] = [];
  #memory: MonitorMemory;
  readonly #onAlarm: (taken: Taken) => void;
  #stopTimer: () => void = () => {};
  #collecting = false;

  constructor(
    module: WatchedModule,
    limit: number | null,
    config: MonitorConfig,
    context: Context,
    onAlarm: (taken: Taken) => void,
  ) {
    this.module = module;
    this.limit = limit;
    this.config = config;
    this.startedAt = context.clock.now();
    this.#context = context;
    this.#memory = new MonitorMemory(context.engine, config.maxHistorySize, config.thresholds);
    this.#onAlarm = onAlarm;
  }

  /**
   * From now on by another configuration; history, peaks, and what was warned of stay.
   *
   * @throws {TidemarkError} `'out-of-memory'`, and nothing has changed
   */
  configure(config: MonitorConfig): void {
    if (config.maxHistorySize !== this.config.maxHistorySize) {
      const memory = new MonitorMemory(this.#context.engine, config.maxHistorySize, this.config.thresholds);
      for (const sample of this.#memory.history()) memory.take(sample);
      this.#memory.dispose();
      this.#memory = memory;
    }
    this.#memory.thresholds = config.thresholds;
    this.config = config;
  }

  /** The last hundred are kept. */
  addWarning(warning: MemoryWarning): void {
    this.warnings.push(warning);
    if (this.warnings.length > keptWarnings) this.warnings.shift();
  }

  /** Calls back every `intervalMs` from now on. */
  schedule(tick: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#context.clock.every(this.config.intervalMs, tick);
  }

  take(): Taken {
    const { level, sample } = this.#memory.take(measure(this.module, this.#context.clock.now(), this.limit, true));
    this.#setAlarm();
    return { stats: this.#stats(sample), level };
  }

  /** As things are now; nothing is kept. */
  now(): MemoryStats {
    return this.#stats(this.#memory.derive(measure(this.module, this.#context.clock.now(), this.limit, false)));
  }

  get samples(): number {
    return this.#memory.historyCount;
  }

  history(): MemoryStats[] {
    let allocated = 0;
    let used: number | null = null;
    return this.#memory.history().map((sample) => {
      allocated = Math.max(allocated, sample.allocated);
      if (sample.used !== null) used = Math.max(used ?? 0, sample.used);
      return statsOf(this.module.id, sample, { allocated, used }, this.#pressure(sample));
    });
  }

  /** The sample in which most was in use, the present one included. */
  peak(): MemoryStats {
    const filled = (stats: MemoryStats): number => stats.used ?? stats.allocated;
    const isComparable = (stats: MemoryStats, now: MemoryStats): boolean =>
      (stats.used === null) === (now.used === null);
    const now = this.now();
    return this.history()
      .filter((stats) => isComparable(stats, now))
      .reduce((peak, stats) => (filled(stats) >= filled(peak) ? stats : peak), now);
  }

  /** Whether `gcThreshold` has been reached, for the first time since the use was below it. */
  collectionDue(stats: MemoryStats): boolean {
    const reached = stats.utilization !== null && stats.utilization >= this.config.gcThreshold;
    const due = reached && !this.#collecting && this.config.autoGC;
    this.#collecting = reached;
    return due;
  }

  dispose(): void {
    this.#stopTimer();
    if (this.module.runtime) setAlarm(this.module.runtime, this, null, () => {});
    this.#memory.dispose();
  }

  #stats(sample: Derived): MemoryStats {
    const { peakAllocated, peakUsed } = this.#memory;
    const peaks = { allocated: peakAllocated, used: peakUsedOf(this.module, peakUsed) };
    return statsOf(this.module.id, sample, peaks, this.#pressure(sample));
  }

  #pressure(sample: Derived): Level {
    const utilization = utilizationOf(sample);
    if (utilization === null) return 'none';
    const { thresholds } = this.config;
    if (utilization >= thresholds.critical) return 'critical';
    if (utilization >= thresholds.high) return 'high';
    if (utilization >= thresholds.medium) return 'medium';
    return utilization >= thresholds.low ? 'low' : 'none';
  }

  #setAlarm(): void {
    const { runtime } = this.module;
    if (runtime === null) return;
    // Called inside of malloc: the sample is taken there and then, and told afterwards.
    setAlarm(runtime, this, this.limit === null ? null : this.#memory.nextMark, () => this.#onAlarm(this.take()));
  }
}
