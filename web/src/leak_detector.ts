// The leak detector: watches modules, detects on demand and now and then, and does against leaks what can't break a program.
import { aFunction, aNumber, required } from './checks.js';
import { collectablesOf } from './collectables.js';
import { type Context, defaultContext } from './context.js';
import { symbolDispose } from './disposable.js';
import { Emitter } from './emitter.js';
import { TidemarkError } from './errors.js';
import { checkedConfig } from './leaks/leak_config.js';
import { Status } from './leaks/leak_engine.js';
import type { ScanKind } from './leaks/leak_findings.js';
import {
  type LeakDetectorConfig,
  type LeakPattern,
  type LeakResult,
  type PreventiveAction,
} from './leaks/leak_result.js';
import { countText, recommendationOf, timeText, timeToLimitMs, worse } from './leaks/leak_text.js';
import { LeakWatch } from './leaks/leak_watch.js';
import type { ScenarioOptions } from './leaks/scenario.js';
import { loadScenario } from './load_scenario.js';
import { shownBytes } from './shown_bytes.js';
import type { WasmModule } from './wasm_module.js';

interface Watching {
  readonly watch: LeakWatch;
  readonly history: LeakResult[];
  /** As it was given; null where a detection was asked for, and no more. */
  given: WasmModule | null;
  /** Stops what runs by itself. */
  readonly stops: (() => void)[];
  /** Of the scan in slices that is under way. */
  slicing: { cancelled: boolean } | null;
  /** A detection of those that run by themselves is. */
  looking: boolean;
  lastDetection: number;
  lastDetectionMs: number;
}

const anAddress = /* @__PURE__ */ aNumber('an address', (value) => value >>> 0 === value);

/** Engines in which a scan in slices is under way: there is room for one, and the next waits for it. */
const scanning = new WeakSet();

/**
 * Detects memory leaks in modules: growth, fragmentation, unreachable blocks, reference cycles, forgotten resources.
 *
 * @throws {TidemarkError} from the constructor: `'invalid-config'`. From every method: `'disposed'` after dispose().
 */
export class MemoryLeakDetector {
  readonly config: Readonly<LeakDetectorConfig>;
  readonly #context: Context;
  readonly #watching = new Map<string, Watching>();
  readonly #events = new Emitter<{ leak: LeakResult }>(['leak']);
  #disposed = false;

  constructor(config: Partial<LeakDetectorConfig> = {}, context: Context = defaultContext()) {
    this.config = checkedConfig(config);
    this.#context = context;
  }

  /**
   * Starts to look after a module: samples it, and detects now and then where `continuousMonitoring` is on. Again for the
   * same module: nothing changes.
   *
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`
   */
  startMonitoring(module: WasmModule): void {
    this.#requireAlive();
    const watched = this.#context.modules.acquire(module, this);
    const entry = this.#watching.get(watched.id) ?? this.#enter(watched.id);
    if (entry.given) return;
    entry.given = module;
    const { clock } = this.#context;
    entry.stops.push(clock.every(this.config.intervalMs, () => this.#tick(entry)));
    const stopShrink = entry.watch.module.runtime?.onShrink(() => this.#disturb(entry));
    if (stopShrink) entry.stops.push(stopShrink);
    entry.watch.sample();
  }

  /** Stops to look after a module, and forgets what was seen of it; nothing for one that isn't looked after. */
  stopMonitoring(moduleId: string): void {
    const entry = this.#watching.get(moduleId);
    if (!entry) return;
    this.#disturb(entry);
    for (const stop of entry.stops) stop();
    entry.watch.dispose();
    this.#watching.delete(moduleId);
    this.#context.modules.release(moduleId, this);
  }

  /** The module, as it was given to startMonitoring(), or null. */
  getModule(moduleId: string): WasmModule | null {
    return this.#watching.get(moduleId)?.given ?? null;
  }

  /**
   * Detects now, in one go: a scan of 256 MiB takes a quarter of a second. {@link detectLeaksInSlices} doesn't stop the
   * program for so long.
   *
   * @throws {TidemarkError} `'unknown-module'`
   */
  detectLeaks(moduleId: string): LeakResult {
    const entry = this.#require(moduleId);
    const { watch } = entry;
    const began = this.#context.clock.elapsed();
    watch.sample();
    if (!watch.linked) return this.#conclude(entry, began, 'growth-only', []);
    this.#disturb(entry);
    const running = watch.rules.resources?.wasmOnStack() ?? true;
    const report = watch.rules.scan(watch.roots.keys());
    if (!report) return this.#conclude(entry, began, 'unscanned', watch.resources(false));
    return this.#seen(entry, began, running ? 'approximate' : 'exact', report);
  }

  /** The same, in slices of `sliceMs` between which the program runs: it takes two scans, and believes what both say. */
  async detectLeaksInSlices(moduleId: string): Promise<LeakResult> {
    return this.#detectInSlices(moduleId, true);
  }

  async #detectInSlices(moduleId: string, keepsAlive: boolean): Promise<LeakResult> {
    const entry = this.#require(moduleId);
    const { watch } = entry;
    if (!watch.linked) return this.detectLeaks(moduleId);
    const owner = watch.rules.runtime;
    const isOver = (): boolean => this.#disposed || this.#watching.get(moduleId) !== entry;
    for (let attempt = 0; attempt < 3; ++attempt) {
      while (scanning.has(owner)) await nextTurn(keepsAlive);
      if (isOver()) break;
      this.#disturb(entry);
      watch.sample();
      const slicing = (entry.slicing = { cancelled: false });
      scanning.add(owner);
      let spentMs = 0;
      let status: Status = Status.disturbed;
      const slice = async (step: () => Status): Promise<Status> => {
        await nextTurn(keepsAlive);
        if (slicing.cancelled) return Status.disturbed;
        const began = this.#context.clock.elapsed();
        const said = step();
        spentMs += this.#context.clock.elapsed() - began;
        return said;
      };
      try {
        for (const again of [false, true]) {
          status = await slice(() => watch.rules.begin(again, watch.roots.keys()));
          while (status === Status.more) status = await slice(() => watch.rules.step(this.config.sliceMs));
          if (status !== Status.marked) break;
        }
        if (status === Status.marked) status = await slice(() => watch.rules.examine());
        while (status === Status.more) status = await slice(() => watch.rules.step(this.config.sliceMs));
      } finally {
        scanning.delete(owner);
        entry.slicing = null;
      }
      if (isOver()) break;
      const began = this.#context.clock.elapsed() - spentMs;
      if (status === Status.noMemory) return this.#conclude(entry, began, 'unscanned', watch.resources(false));
      if (status !== Status.done) continue; // the program was moved, or somebody else has scanned
      return this.#seen(entry, began, 'confirmed', watch.rules.report());
    }
    if (isOver() && !keepsAlive) throw new TidemarkError('disposed', `${moduleId}: nobody looks after it any more`);
    return this.detectLeaks(moduleId);
  }

  /**
   * What grows by a multiple of the iterations leaks (as nolanlawson/fuite does it for pages). `run` is called once to warm
   * up, and then `iterations` times.
   *
   * @throws what `run` throws
   */
  async detectLeaksByScenario(
    module: WasmModule | string,
    run: () => unknown,
    options: ScenarioOptions = {},
  ): Promise<LeakResult> {
    this.#requireAlive();
    required('run', run, aFunction);
    const id = typeof module === 'string' ? module : this.#context.modules.acquire(module, this).id;
    const isNew = !this.#watching.has(id);
    const entry = this.#require(id);
    try {
      const began = this.#context.clock.elapsed();
      const { runScenario } = await loadScenario();
      const patterns = await runScenario(entry.watch, run, options);
      if (!entry.watch.linked) return this.#conclude(entry, began, 'growth-only', patterns);
      const result = this.detectLeaks(id);
      if (patterns.length === 0) return result;
      entry.history.pop();
      const others = result.patterns.filter(({ type }) => type !== 'growth' && type !== 'fragmentation');
      return this.#conclude(entry, began, result.coverage, [...patterns, ...others]);
    } catch (error) {
      if (isNew && !entry.given && this.#watching.get(id) === entry) this.stopMonitoring(id);
      throw error;
    }
  }

  /** Results of the past, the latest last. */
  getHistory(moduleId: string): LeakResult[] {
    return [...this.#require(moduleId).history];
  }

  // The functions of the package, by their own names.

  startLeakMonitoring(module: WasmModule): void {
    this.startMonitoring(module);
  }

  stopLeakMonitoring(moduleId: string): void {
    this.stopMonitoring(moduleId);
  }

  detectMemoryLeaks(moduleId: string): LeakResult {
    return this.detectLeaks(moduleId);
  }

  getLeakHistory(moduleId: string): LeakResult[] {
    return this.getHistory(moduleId);
  }

  /** Calls back whenever a leak was found; returns the function that ends that. */
  onLeak(listener: (result: LeakResult) => void): () => void {
    this.#requireAlive();
    return this.#events.on('leak', listener);
  }

  /**
   * Says that somebody holds `address` where the detector can't look: in JavaScript, in a worker, in a file. As often as it
   * is said, it has to be taken back by {@link removeRoot}.
   */
  addRoot(moduleId: string, address: number): void {
    const roots = this.#roots(moduleId, address);
    roots.set(address, (roots.get(address) ?? 0) + 1);
  }

  removeRoot(moduleId: string, address: number): void {
    const roots = this.#roots(moduleId, address);
    const count = roots.get(address) ?? 0;
    if (count > 1) roots.set(address, count - 1);
    else roots.delete(address);
  }

  dispose(): void {
    for (const id of [...this.#watching.keys()]) this.stopMonitoring(id);
    this.#events.clear();
    this.#disposed = true;
  }

  [symbolDispose](): void {
    this.dispose();
  }

  // --- what runs by itself

  #tick(entry: Watching): void {
    // The memory of a scan that is under way is none of the program's.
    const { linked, rules } = entry.watch;
    if (!linked || !scanning.has(rules.runtime)) entry.watch.sample();
    const { clock } = this.#context;
    const pause = Math.max(this.config.detectionIntervalMs, 100 * entry.lastDetectionMs);
    if (
      !this.config.continuousMonitoring ||
      entry.slicing ||
      entry.looking ||
      clock.now() - entry.lastDetection < pause
    )
      return;
    entry.lastDetection = clock.now();
    entry.looking = true;
    this.#detectInSlices(entry.watch.module.id, false)
      .catch((error: unknown) => {
        if (!(error instanceof TidemarkError)) console.error('tidemark: leak detection failed', error);
      })
      .finally(() => (entry.looking = false));
  }

  /** The program was moved, or a scan in one go is to come: what is under way begins anew. */
  #disturb(entry: Watching): void {
    if (entry.slicing) entry.slicing.cancelled = true;
    entry.slicing = null;
    if (entry.watch.linked) entry.watch.rules.end();
  }

  // --- conclusions

  #seen(entry: Watching, began: number, kind: ScanKind, report: Parameters<LeakWatch['take']>[0]): LeakResult {
    const { watch } = entry;
    watch.take(report, kind);
    const patterns = [...watch.unreachable(), ...watch.resources(true)];
    const lost = patterns.some(({ type, verdict }) => verdict === 'leak' && type !== 'resource');
    const actions: PreventiveAction[] = [];
    if (this.config.reclaimUnreachable && lost && kind === 'exact') {
      actions.push(this.#measured(entry, 'reclaim-unreachable', () => watch.rules.reclaim()));
    }
    watch.rules.end();
    return this.#conclude(entry, began, kind === 'approximate' ? 'approximate' : 'full', patterns, actions);
  }

  #conclude(
    entry: Watching,
    began: number,
    coverage: LeakResult['coverage'],
    found: LeakPattern[],
    actions: PreventiveAction[] = [],
  ): LeakResult {
    const { watch, history } = entry;
    const { clock } = this.#context;
    const patterns = [...found, ...watch.growth(), ...watch.fragmentation()].sort((a, b) => rank(b) - rank(a));
    const leaks = patterns.filter(({ verdict }) => verdict === 'leak');
    const hasLeak = leaks.length > 0;
    const severity = leaks.reduce<LeakResult['severity']>((worst, { severity: of }) => worse(worst, of), 'none');
    if (hasLeak && this.config.autoPrevention) actions.push(...this.#prevent(entry, severity));
    const result: LeakResult = {
      moduleId: watch.module.id,
      hasLeak,
      confidence: hasLeak
        ? Math.max(...leaks.map(({ confidence }) => confidence))
        : (1 - Math.max(0.02, ...patterns.map(({ confidence }) => confidence / 2))) * seenOf(watch, coverage),
      severity,
      patterns,
      recommendations: this.#recommendations(entry, patterns, coverage),
      preventiveActions: actions,
      analyzedMs: watch.spanMs,
      samples: watch.samples,
      timestamp: clock.now(),
      coverage,
      durationMs: clock.elapsed() - began,
    };
    entry.lastDetectionMs = result.durationMs;
    history.push(result);
    if (history.length > this.config.maxHistorySize) history.shift();
    if (hasLeak) this.#events.emit('leak', result);
    return result;
  }

  #recommendations(entry: Watching, patterns: LeakPattern[], coverage: LeakResult['coverage']): string[] {
    const said = patterns.map(recommendationOf);
    const rate = Math.max(
      0,
      ...patterns.map(({ verdict, ratePerSecond }) => (verdict === 'leak' ? (ratePerSecond ?? 0) : 0)),
    );
    const { usedBytes, limitBytes } = entry.watch.room;
    const left = timeToLimitMs(usedBytes, limitBytes, rate);
    if (left !== null && left < 30 * 86_400_000) {
      said.unshift(`At this rate the limit of ${shownBytes(limitBytes)} is reached in ${timeText(left)}.`);
    }
    if (entry.watch.seenShare < 1) {
      const { minSamples, detectionWindowMs } = this.config;
      said.push(
        `Growth can't be judged yet: ${countText(entry.watch.samples, 'sample')} in ${countText(entry.watch.spanMs / 1000, 'second')}, and it takes ${minSamples} in ${countText(detectionWindowMs / 2000, 'second')}.`,
      );
    }
    if (coverage === 'growth-only') {
      said.push(
        'This module was not linked with Tidemark: only its growth could be judged. Link it with the runtime to see unreachable blocks, cycles and sites.',
      );
    } else if (coverage === 'unscanned') {
      said.push('There was no memory for a scan: unreachable blocks were not looked for.');
    } else if (coverage === 'approximate') {
      said.push('Functions of the program were running: detect from JavaScript that it has not called to be certain.');
    }
    return said;
  }

  // --- prevention: what a correct program doesn't notice

  #prevent(entry: Watching, severity: LeakResult['severity']): PreventiveAction[] {
    const { watch } = entry;
    if (!watch.linked) return [];
    const collectables = collectablesOf(this.#context).of(watch.module.id);
    const actions: PreventiveAction[] = [];
    const act = (action: PreventiveAction['action'], run: () => void): void => {
      try {
        const done = this.#measured(entry, action, run);
        if (done.reclaimedBytes > 0) actions.push(done);
      } catch (error) {
        console.error('tidemark: leak prevention failed', error); // whoever can't give back stops no detection
      }
    };
    const flush = watch.module.runtime?.engine.module['flushPendingDeletes'];
    if (typeof flush === 'function') act('run-finalizers', () => (flush as () => void)());
    act('purge-expired', () => collectables.forEach((each) => each.purgeExpired?.()));
    act('trim-pools', () => collectables.forEach((each) => each.trim?.()));
    if (severity === 'high' || severity === 'critical') {
      act('evict-caches', () => collectables.forEach((each) => each.evict?.(0.5)));
    }
    act('compact', () => {
      collectables.forEach((each) => each.compact?.());
      watch.module.runtime?.compact();
    });
    return actions;
  }

  #measured(entry: Watching, action: PreventiveAction['action'], run: () => void): PreventiveAction {
    const used = (): number => entry.watch.module.heapStats()?.reservedBytes ?? 0;
    const before = used();
    run();
    return { action, reclaimedBytes: Math.max(0, before - used()), timestamp: this.#context.clock.now() };
  }

  // --- modules

  #roots(moduleId: string, address: number): Map<number, number> {
    required('address', address, anAddress);
    return this.#require(moduleId).watch.roots;
  }

  #requireAlive(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'MemoryLeakDetector: it was disposed of');
  }

  /** A module that somebody has registered can be asked about, too. */
  #require(moduleId: string): Watching {
    this.#requireAlive();
    const known = this.#watching.get(moduleId);
    if (known) return known;
    this.#context.modules.get(moduleId);
    return this.#enter(moduleId);
  }

  #enter(moduleId: string): Watching {
    const watched = this.#context.modules.get(moduleId);
    const entry: Watching = {
      given: null,
      watch: new LeakWatch(watched, this.#context, this.config),
      history: [],
      stops: [watched.whenGone(() => this.stopMonitoring(moduleId))],
      slicing: null,
      looking: false,
      lastDetection: this.#context.clock.now(),
      lastDetectionMs: 0,
    };
    this.#watching.set(moduleId, entry);
    return entry;
  }
}

/** `keepsAlive`: a Node process with nothing else to do waits for it. */
function nextTurn(keepsAlive: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, 0);
    if (!keepsAlive && typeof timer === 'object') (timer as { unref?(): void }).unref?.();
  });
}

/** 0–1: how much of what there is to be looked at has been, for who says that there is no leak. */
const seenOf = ({ seenShare }: LeakWatch, coverage: LeakResult['coverage']): number =>
  coverage === 'full' ? (1 + seenShare) / 2 : coverage === 'approximate' ? (1 + 2 * seenShare) / 3 : seenShare;

const rank = ({ verdict, confidence, bytes }: LeakPattern): number =>
  (verdict === 'leak' ? 2 ** 40 : 0) + Math.min(bytes, 2 ** 39) + confidence;
