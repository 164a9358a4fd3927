// The sampling profiler of one linked module: how densely it samples, and sessions that sample more densely for a while.
import { aFlag, aNumber, checkOptions } from './checks.js';
import type { Clock } from './context.js';
import type { Runtime } from './engine.js';
import type { MonitorConfig } from './monitor_config.js';
import { profilerOf } from './profiler_tables.js';

export interface ProfilerOptions {
  /** Mean bytes between two samples, 512 KiB by default; 0 is exact mode: every allocation. */
  sampleBytes?: number;
  /**
   * The share of the time that sampling may take, 0.005 by default: where a program allocates so fast that it would take
   * more, samples become rarer for as long as that lasts. 0 is no bound.
   */
  maxOverhead?: number;
  /** 'scopes': only the names of tidemark/profile.h, which costs a twentieth; 'native', the default: the whole stack too. */
  stacks?: 'native' | 'scopes';
  /** Of the stack; 48 by default. */
  maxFrames?: number;
  /** Forget what was sampled before; true by default. */
  reset?: boolean;
  /** For the random numbers; from the clock by default. */
  seed?: number;
}

const defaults = { sampleBytes: 512 * 1024, maxOverhead: 0.005, stacks: 'native', maxFrames: 48 } as const;

const checks = {
  sampleBytes: /* @__PURE__ */ aNumber('a number of bytes, or 0 for every allocation,', (value) => value >= 0),
  maxOverhead: /* @__PURE__ */ aNumber('a share from 0 to 1', (value) => value >= 0 && value < 1),
  stacks: ["'native' or 'scopes'", (value: unknown) => value === 'native' || value === 'scopes'],
  maxFrames: /* @__PURE__ */ aNumber('a whole number above 0', (value) => Number.isInteger(value) && value > 0),
  reset: aFlag,
  seed: /* @__PURE__ */ aNumber('a number', (value) => !Number.isNaN(value)),
} as const;

/** Read at each session: a later startMonitoring() changes it. */
interface Monitored {
  readonly config: Pick<MonitorConfig, 'maxProfilingDuration'>;
}

// Sampling is a program's: one monitor that turns it off does so for all.
const running = new WeakMap<Runtime, boolean>();

export class Profiler {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #monitored: Monitored;
  /** How far our clock is ahead of the one that the program's own profiler has. */
  #aheadMs: number;
  #endTimer: (() => void) | null = null;

  constructor(runtime: Runtime, clock: Clock, monitored: Monitored) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#monitored = monitored;
    this.#aheadMs = clock.now() - Date.now();
  }

  /** Milliseconds since 1970, by the clock that was given, from which on the profile speaks. */
  get startedAt(): number {
    return profilerOf(this.#runtime).startedAt + this.#aheadMs;
  }

  get sampling(): boolean {
    return running.get(this.#runtime) ?? true;
  }

  /** Mean bytes between the latest samples: more than was asked for where these would take too much of the time. */
  get meanBytes(): number {
    return profilerOf(this.#runtime).meanBytes;
  }

  /**
   * Begins a session: what was sampled before is forgotten, unless `reset` is false.
   *
   * @throws {TidemarkError} `'invalid-config'`
   */
  start(options: ProfilerOptions = {}): void {
    checkOptions(options, checks, 'invalid-config');
    const { sampleBytes = defaults.sampleBytes, maxOverhead = defaults.maxOverhead } = options;
    const { stacks = defaults.stacks, maxFrames = defaults.maxFrames } = options;
    const tables = profilerOf(this.#runtime);
    if (options.reset ?? true) {
      tables.reset();
      this.#aheadMs = this.#clock.now() - Date.now();
    }
    tables.stacks = stacks;
    tables.maxFrames = maxFrames;
    const seed = options.seed ?? Math.floor(this.#clock.now()) + Math.floor(Math.random() * 2 ** 32);
    this.#runtime.engine.exports.tidemark_profiler_sample(sampleBytes, maxOverhead, seed >>> 0);
    running.set(this.#runtime, true);
    this.#endTimer?.();
    this.#endTimer = this.#clock.every(this.#monitored.config.maxProfilingDuration, () => this.endSession());
  }

  /** Back to the default rate; what was sampled stays, and sampling goes on. */
  endSession(): void {
    if (!this.#endTimer) return;
    this.#endTimer();
    this.#endTimer = null;
    if (this.sampling) this.#sampleByDefault();
  }

  /** No more samples. What was sampled stays, and is still followed until it is freed. */
  stop(): void {
    this.#endTimer?.();
    this.#endTimer = null;
    this.#runtime.engine.exports.tidemark_profiler_sample(-1, 0, 0);
    running.set(this.#runtime, false);
  }

  /** After stop(): samples again, at the default rate. */
  resume(): void {
    if (this.sampling) return;
    running.set(this.#runtime, true);
    this.#sampleByDefault();
  }

  dispose(): void {
    this.endSession();
  }

  #sampleByDefault(): void {
    const tables = profilerOf(this.#runtime);
    tables.stacks = defaults.stacks;
    tables.maxFrames = defaults.maxFrames;
    const seed = Math.floor(Math.random() * 2 ** 32);
    this.#runtime.engine.exports.tidemark_profiler_sample(defaults.sampleBytes, defaults.maxOverhead, seed);
  }
}
