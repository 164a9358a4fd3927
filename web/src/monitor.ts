// The monitor: looks after the memory of any number of modules, in real time.
import { requestCollection } from './collectables.js';
import { defaultContext, type Context } from './context.js';
import { symbolDispose } from './disposable.js';
import { Emitter } from './emitter.js';
import { oneOf, refuseId, required } from './checks.js';
import { TidemarkError } from './errors.js';
import { heapMeterOf } from './heap_meter.js';
import { historyAsCsv, historyAsJson } from './history_export.js';
import { readHeapMap, type HeapMap } from './heap_map.js';
import type { MemoryStats } from './memory_stats.js';
import { MonitoredModule, type Taken } from './monitored_module.js';
import { checkedLimit, monitorConfig, type MonitorConfig, type PartialMonitorConfig } from './monitor_config.js';
import { memoryProfile, type MemoryProfile } from './profile.js';
import { Profiler, type ProfilerOptions } from './profiler.js';
import { warningOf, type MemoryWarning } from './warnings.js';
import type { WasmModule } from './wasm_module.js';

export interface LiveCounters {
  allocated: number;
  used: number | null;
  peakUsed: number | null;
  /** Of all blocks that ever came into use. */
  totalAllocated: number | null;
}

/**
 * Watches over modules: samples at an interval, and at once when malloc of a linked module passes a threshold.
 *
 * Cost: for each sample, one step for each run of the heap. Each module's history is one block in the engine's memory.
 */
export class WasmMemoryMonitor {
  readonly config: Readonly<MonitorConfig>;
  readonly #context: Context;
  readonly #modules = new Map<string, MonitoredModule>();
  readonly #events = new Emitter<{ warning: MemoryWarning; sample: MemoryStats }>(['warning', 'sample']);
  readonly #profilers = new Map<string, Profiler>();
  #disposed = false;

  /** @throws {TidemarkError} `'invalid-config'` */
  constructor(config: PartialMonitorConfig = {}, context: Context = defaultContext()) {
    this.config = Object.freeze(monitorConfig(config));
    this.#context = context;
  }

  /**
   * Starts to look after a module, or changes how it is done; its history and peaks stay then.
   *
   * @param limit  bytes that per cents are of; without one there are no warnings
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`, `'invalid-config'`, `'out-of-memory'`
   */
  startMonitoring(module: WasmModule, limit?: number | null, options: PartialMonitorConfig = {}): void {
    this.#requireAlive();
    const bytes = checkedLimit(limit);
    const config = monitorConfig(options, this.config);
    const watched = this.#context.modules.acquire(module, this);
    const before = this.#modules.get(watched.id);
    let monitored: MonitoredModule;
    if (before) {
      monitored = before;
      monitored.configure(config);
      if (limit !== undefined) monitored.limit = bytes;
    } else {
      try {
        monitored = new MonitoredModule(watched, bytes, config, this.#context, (taken) =>
          queueMicrotask(() => this.#tell(monitored, taken)),
        );
      } catch (error) {
        this.#context.modules.release(watched.id, this);
        throw error;
      }
      this.#modules.set(watched.id, monitored);
    }
    if (watched.runtime && !config.profiling) this.profiler(watched.id).stop();
    else if (watched.runtime) this.profiler(watched.id).resume();
    monitored.schedule(() => this.#sample(monitored));
    this.#sample(monitored);
  }

  /** Stops, and frees what was held for the module; nothing when it wasn't looked after. */
  stopMonitoring(moduleId: string): void {
    const monitored = this.#modules.get(moduleId);
    if (!monitored) return;
    this.#modules.delete(moduleId);
    monitored.dispose();
    this.#profilers.get(moduleId)?.dispose();
    this.#profilers.delete(moduleId);
    this.#context.modules.release(moduleId, this);
    for (const observer of [...this.#observers]) if (observer.moduleId === moduleId) observer.end();
  }

  isMonitoring(moduleId: string): boolean {
    return this.#modules.has(moduleId);
  }

  get monitoredModules(): string[] {
    return [...this.#modules.keys()];
  }

  /**
   * As things are now. Cost: below a microsecond. `largestFree`, and what follows from it, is what surely is free in one
   * piece: where free neighbours have not been joined yet, {@link sample} may know of a longer stretch.
   *
   * @throws {TidemarkError} `'unknown-module'`
   */
  getMemoryStats(moduleId: string): MemoryStats {
    return this.#get(moduleId).now();
  }

  /** What malloc counts of a module, without asking it: a few reads of memory. For those who look very often. */
  getLiveCounters(moduleId: string): LiveCounters {
    const { module } = this.#get(moduleId);
    const { allocatedBytes: allocated, recorded } = module;
    if (module.runtime) {
      const meter = heapMeterOf(module.runtime.engine);
      return { allocated, used: meter.liveBytes, peakUsed: meter.peakLiveBytes, totalAllocated: meter.totalBytes };
    }
    return recorded.known
      ? { allocated, used: recorded.liveBytes, peakUsed: recorded.peakLiveBytes, totalAllocated: recorded.totalBytes }
      : { allocated, used: null, peakUsed: null, totalAllocated: null };
  }

  /** What is alive, by size and by where it was allocated, since monitoring started, or since the last profiling session. */
  getMemoryProfile(moduleId: string): MemoryProfile {
    const monitored = this.#get(moduleId);
    const now = this.#context.clock.now();
    return memoryProfile(monitored.module, {
      durationMs: now - (this.#profilers.get(moduleId)?.startedAt ?? monitored.startedAt),
      peak: monitored.peak(),
      clock: this.#context.clock,
    });
  }

  /** The profiler of a linked module: rates, exact mode, sessions. @throws {TidemarkError} `'not-supported'` */
  profiler(moduleId: string): Profiler {
    const monitored = this.#get(moduleId);
    const { module } = monitored;
    let profiler = this.#profilers.get(moduleId);
    if (!profiler) {
      if (module.runtime === null) {
        throw new TidemarkError('not-supported', `profiler: "${moduleId}" is not linked with Tidemark's runtime`);
      }
      profiler = new Profiler(module.runtime, this.#context.clock, monitored);
      this.#profilers.set(moduleId, profiler);
    }
    return profiler;
  }

  /** Begins a session, which ends by itself after `maxProfilingDuration`. */
  startProfiling(moduleId: string, options?: ProfilerOptions): void {
    this.profiler(moduleId).start(options);
  }

  stopProfiling(moduleId: string): MemoryProfile {
    const profile = this.getMemoryProfile(moduleId);
    this.profiler(moduleId).endSession();
    return profile;
  }

  /** What lies where in a linked module's memory; null for others. */
  getHeapMap(moduleId: string): HeapMap | null {
    const { runtime } = this.#get(moduleId).module;
    return runtime && readHeapMap(runtime.engine);
  }

  /** The samples of the past, the oldest first. */
  getHistory(moduleId: string): MemoryStats[] {
    return this.#get(moduleId).history();
  }

  /** The last hundred warnings, the oldest first. */
  getWarnings(moduleId: string): MemoryWarning[] {
    return [...this.#get(moduleId).warnings];
  }

  exportHistory(moduleId: string, format: 'json' | 'csv' = 'json'): string {
    required('format', format, oneOf(['json', 'csv']));
    const history = this.getHistory(moduleId);
    return format === 'csv' ? historyAsCsv(history) : historyAsJson(history);
  }

  /** Takes a sample now. */
  sample(moduleId: string): MemoryStats {
    return this.#sample(this.#get(moduleId));
  }

  /** Calls back when a threshold is passed; returns the function that ends that. */
  onWarning(callback: (warning: MemoryWarning) => void): () => void {
    this.#requireAlive();
    return this.#events.on('warning', callback, 'callback');
  }

  /** Calls back with every sample; returns the function that ends that. */
  onSample(callback: (stats: MemoryStats) => void): () => void {
    this.#requireAlive();
    return this.#events.on('sample', callback, 'callback');
  }

  /** Every sample as it is taken, of one module or of all, until monitoring stops or the loop is left. */
  observe(moduleId?: string): AsyncIterableIterator<MemoryStats> {
    if (moduleId !== undefined) this.#get(moduleId);
    const observer = new SampleObserver(
      moduleId,
      this.onSample((stats) => observer.add(stats)),
      () => this.#observers.delete(observer),
    );
    this.#observers.add(observer);
    return observer;
  }
  readonly #observers = new Set<SampleObserver>();

  /** Stops all monitoring. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const id of this.monitoredModules) this.stopMonitoring(id);
    for (const observer of [...this.#observers]) observer.end();
    this.#events.clear();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  #requireAlive(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'WasmMemoryMonitor: it was used after dispose()');
  }

  #get(moduleId: string): MonitoredModule {
    this.#requireAlive();
    const monitored = this.#modules.get(moduleId);
    if (monitored) return monitored;
    return refuseId(moduleId, 'module that is monitored', this.monitoredModules);
  }

  #sample(monitored: MonitoredModule): MemoryStats {
    const { clock } = this.#context;
    const begin = clock.elapsed();
    const taken = monitored.take();
    if (monitored.config.performanceEntries) {
      performance.measure('tidemark', {
        start: Math.max(begin, 0),
        end: Math.max(clock.elapsed(), 0),
        detail: taken.stats,
      });
    }
    this.#tell(monitored, taken);
    return taken.stats;
  }

  #tell(monitored: MonitoredModule, { stats, level }: Taken): void {
    if (this.#modules.get(stats.moduleId) !== monitored) return;
    this.#events.emit('sample', stats);
    if (level !== 'none') {
      const warning = warningOf(level, monitored.config.thresholds[level], stats);
      monitored.addWarning(warning);
      this.#events.emit('warning', warning);
    }
    if (monitored.collectionDue(stats)) requestCollection(this.#context, stats.moduleId);
  }
}

/** Whoever reads slower than samples come finds them all, in order, up to the latest thousand. */
class SampleObserver implements AsyncIterableIterator<MemoryStats> {
  static readonly #mostKept = 1000;
  readonly moduleId: string | undefined;
  readonly #unsubscribe: () => void;
  readonly #onEnd: () => void;
  readonly #kept: MemoryStats[] = [];
  readonly #waiting: ((result: IteratorResult<MemoryStats>) => void)[] = [];
  #ended = false;

  constructor(moduleId: string | undefined, unsubscribe: () => void, onEnd: () => void) {
    this.moduleId = moduleId;
    this.#unsubscribe = unsubscribe;
    this.#onEnd = onEnd;
  }

  add(stats: MemoryStats): void {
    if (this.moduleId !== undefined && stats.moduleId !== this.moduleId) return;
    const waiting = this.#waiting.shift();
    if (waiting) waiting({ value: stats, done: false });
    else if (this.#kept.push(stats) > SampleObserver.#mostKept) this.#kept.shift();
  }

  end(): void {
    this.#ended = true;
    this.#unsubscribe();
    this.#onEnd();
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<MemoryStats>> {
    const value = this.#kept.shift();
    if (value) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<MemoryStats>> {
    this.#kept.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
