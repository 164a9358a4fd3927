// One module under a monitor: its samples, its history, and what is to be told of them.
import { setAlarm } from './alarm.js';
import type { Context } from './context.js';
import { measure, statsOf, utilizationOf, type MemoryStats } from './memory_stats.js';
import type { MonitorConfig } from './monitor_config.js';
import { MonitorMemory, type Derived, type Level } from './monitor_memory.js';
import type { WatchedModule } from './wasm_module.js';

export interface Taken {
  stats: MemoryStats;
  /** The level to warn of; 'none' mostly. */
  level: Level;
}

export class MonitoredModule {
  readonly module: WatchedModule;
  limit: number | null;
  config: MonitorConfig;
  readonly startedAt: number;
  readonly #context: Context;
  readonly #memory: MonitorMemory;
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

  /** The sample in which most was in use. */
  peak(): MemoryStats {
    const history = this.history();
    const filled = (stats: MemoryStats): number => stats.used ?? stats.allocated;
    return history.reduce((peak, stats) => (filled(stats) > filled(peak) ? stats : peak), history[0] ?? this.now());
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
    return statsOf(this.module.id, sample, { allocated: peakAllocated, used: peakUsed }, this.#pressure(sample));
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
