// The memory manager: limits, pressure, budgets, collection of many modules (docs/limits.md).
import { checkSize, explain, type AllocationExplanation } from './allocation_policy.js';
import { Budgets, type BudgetReport, type BudgetScope } from './budgets.js';
import {
  aFunction,
  aLimit,
  anObject,
  aString,
  check,
  checkOptions,
  isObject,
  notNegative,
  oneOf,
  refuse,
  required,
} from './checks.js';
import { addCollector, collectablesOf, type Collectable, type Collectables } from './collectables.js';
import type { GCResult } from './collection.js';
import { defaultContext, type Context } from './context.js';
import { symbolDispose } from './disposable.js';
import { callFailed, DisposableNet, DisposalQueue, type DisposableRegistration } from './disposal.js';
import { Emitter } from './emitter.js';
import { TidemarkError } from './errors.js';
import { ManagedModule } from './managed_module.js';
import { ManagedModules } from './managed_modules.js';
import { mergeLimits, resolveConfig, strategies, type GCConfig, type GCStrategy } from './manager_config.js';
import type { MemoryLimits, MemoryManagerConfig, ResolvedConfig } from './manager_config.js';
import { Collections } from './manager_collections.js';
import type { ManagerEvents, ReliefReport } from './manager_events.js';
import { Relief } from './manager_relief.js';
import { PressureHandlers } from './pressure.js';
import type { PressureHandler, PressureHandlerOptions, PressureHandlerReport, PressureLevel } from './pressure.js';
import { resourceLedgerOf } from './resource_ledger.js';
import { aggregate, type AggregateStats } from './aggregate_stats.js';
import type { WasmModule } from './wasm_module.js';

export class WasmMemoryManager {
  readonly #config: ResolvedConfig;
  readonly #context: Context;
  readonly #collectables: Collectables;
  readonly #modules: ManagedModules;
  readonly #events = new Emitter<ManagerEvents>(['gc', 'pressure', 'over-budget', 'handler', 'limit']);
  readonly #handlers = new PressureHandlers((problem) => this.#events.emit('handler', problem));
  readonly #queue = new DisposalQueue();
  readonly #net: DisposableNet;
  readonly #budgets: Budgets;
  readonly #collections: Collections;
  readonly #relief: Relief;
  #stopTimer: (() => void) | null = null;
  #stopCollector: (() => void) | null = null;
  #stopTelling: (() => void) | null = null;
  #stopDraining: (() => void) | null = null;
  #disposed = false;

  /** @throws {TidemarkError} `'invalid-config'` */
  constructor(config: MemoryManagerConfig = {}, context: Context = defaultContext()) {
    this.#config = resolveConfig(config);
    this.#context = context;
    this.#collectables = collectablesOf(context);
    this.#net = new DisposableNet((cleanup) => this.disposeLater(cleanup));
    this.#modules = new ManagedModules({
      owner: this,
      onMalloc: (managed, level, reason, wanted) => this.#relief.onMalloc(managed, level, reason, wanted),
      expectedBytes: (id) => this.#handlers.expectedBytes(id),
    });
    this.#budgets = new Budgets(
      () => this.#modules,
      (event) => this.#events.emit('over-budget', event),
    );
    this.#collections = new Collections({
      config: this.#config,
      clock: context.clock,
      queue: this.#queue,
      collectables: this.#collectables,
      runHandlers: (managed) => this.#relief.runHandlers(managed, 'gc', 'critical', 0, () => false),
      finished: (managed, result) => {
        this.#events.emit('gc', result);
        this.#relief.tell(managed);
      },
    });
    this.#relief = new Relief({
      config: this.#config,
      events: this.#events,
      handlers: this.#handlers,
      collections: this.#collections,
      modules: this.#modules,
    });
  }

  /** What is in force where a module has no limits of its own. */
  get config(): { limits: MemoryLimits; gc: GCConfig } {
    return { limits: { ...this.#config.limits }, gc: { ...this.#config.gc } };
  }

  // --- modules

  /**
   * Looks after a module from now on; again for the same module changes its limits.
   *
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`, `'invalid-config'`
   */
  registerModule(module: WasmModule, limits: Partial<MemoryLimits> = {}): void {
    this.#requireOpen();
    const merged = mergeLimits(limits, this.#config.limits);
    const watched = this.#context.modules.acquire(module, this);
    let managed = this.#modules.find(watched.id);
    if (managed) {
      managed.limits = merged;
      managed.gauge.configure(merged);
    } else {
      managed = new ManagedModule(watched, module, merged, this.#collectables, this.#now());
      this.#modules.add(managed);
    }
    this.#modules.enforce(managed);
    this.#start();
    this.#relief.look(managed);
  }

  /** Stops looking after a module, and takes its limits away; nothing where it isn't registered. */
  unregisterModule(moduleId: string): void {
    const managed = this.#modules.find(moduleId);
    if (!managed) return;
    this.cancelGC(moduleId);
    this.#modules.remove(managed);
    this.#context.modules.release(moduleId, this);
    if (this.#modules.size === 0) this.#stop();
  }

  has(moduleId: string): boolean {
    return this.#modules.find(moduleId) !== undefined;
  }

  /** The module, as it was registered, or null where it isn't. */
  getModule(moduleId: string): WasmModule | null {
    return this.#modules.find(moduleId)?.given ?? null;
  }

  /** @throws {TidemarkError} `'unknown-module'` */
  getLimits(moduleId: string): MemoryLimits {
    return { ...this.#get(moduleId).limits };
  }

  /** Of all modules together; null takes it away. Where it is reached, who can spare most is asked first. */
  setTotalLimit(bytes: number | null): void {
    this.#requireOpen();
    if (bytes !== null) required('bytes', bytes, aLimit);
    this.#modules.totalLimit = bytes ?? Infinity;
  }

  get totalLimit(): number | null {
    const { totalLimit } = this.#modules;
    return Number.isFinite(totalLimit) ? totalLimit : null;
  }

  // --- allocations

  /**
   * Whether all limits allow an allocation. Changes nothing.
   *
   * @throws {TidemarkError} `'unknown-module'`, `'invalid-argument'`
   */
  canAllocate(moduleId: string, size: number): boolean {
    return this.explainAllocation(moduleId, size).allowed;
  }

  /** As canAllocate(), and says which limit refuses, and what each would leave. */
  explainAllocation(moduleId: string, size: number): AllocationExplanation {
    const managed = this.#get(moduleId);
    checkSize(size);
    const { limits, history } = managed;
    const now = this.#now();
    const used = managed.countedBytes;
    return explain(moduleId, size, {
      maxAllocationSize: limits.maxAllocationSize,
      hardLimit: managed.largestWithin(limits.hardLimit - used),
      totalLimit: managed.largestWithin(this.#modules.totalLimit - this.#modules.totalUsed),
      growthRateLimit: history.growthLeft(used, now, limits),
      quota: history.quotaLeft(now, limits),
    });
  }

  /**
   * Counts an allocation: in the quota, and, where the module's blocks can't be seen, in its use. It is what happened:
   * nothing refuses it.
   */
  recordAllocation(moduleId: string, size: number): void {
    const managed = this.#get(moduleId);
    checkSize(size);
    const now = this.#now();
    this.#budgets.settle();
    managed.history.observe(managed.countedBytes, now);
    managed.history.allocated(size, now, managed.limits);
    if (!managed.watched.runtime) managed.watched.recorded.allocate(size);
    this.#budgets.settle();
    this.#relief.look(managed);
  }

  /** @throws {TidemarkError} `'invalid-argument'`: more than was recorded, of a module whose blocks can't be seen */
  recordDeallocation(moduleId: string, size: number): void {
    const managed = this.#get(moduleId);
    checkSize(size);
    this.#budgets.settle();
    if (!managed.watched.runtime) managed.watched.recorded.free(size);
    this.#budgets.settle();
    this.#relief.look(managed);
  }

  // --- pressure

  /** Registers a handler; returns the function that takes it out again. */
  onPressure(handler: PressureHandler, options?: PressureHandlerOptions): () => void {
    this.#requireOpen();
    return this.#handlers.add(handler, options);
  }

  getPressure(moduleId: string): PressureLevel {
    const managed = this.#get(moduleId);
    this.#relief.look(managed);
    return managed.gauge.level;
  }

  /** What each handler has given so far. */
  getPressureHandlers(): PressureHandlerReport[] {
    return this.#handlers.reports();
  }

  /**
   * Makes room: calls handlers, waits for each, and collects. Of one module, or of all, those first that can spare most.
   *
   * @param wantedBytes  enough; by default, everything that can be had
   */
  async relieve(moduleId?: string, wantedBytes = Infinity): Promise<ReliefReport[]> {
    check('wantedBytes', wantedBytes, notNegative);
    const modules = moduleId === undefined ? this.#modules.bySpare() : [this.#get(moduleId)];
    const reports: ReliefReport[] = [];
    let missing = wantedBytes;
    for (const managed of modules) {
      if (missing <= 0) break;
      const report = await this.#relief.relieve(managed, missing);
      missing -= report.reclaimedBytes;
      reports.push(report);
    }
    return reports;
  }

  // --- budgets

  /** @param limitBytes  null for none */
  setBudget(name: string, limitBytes: number | null): void {
    this.#requireOpen();
    this.#budgets.setLimit(name, limitBytes);
  }

  /**
   * Charges what `body` allocates, less what it frees, to a budget. Of an asynchronous function, that is the part up to its
   * first await: what runs in between is not its own.
   */
  withBudget<T>(name: string, body: () => T): T {
    required('body', body, aFunction);
    const scope = this.enterBudget(name);
    try {
      return body();
    } finally {
      scope.leave();
    }
  }

  /** As withBudget(), where there is no one function: leave it, or `using`. */
  enterBudget(name: string): BudgetScope {
    this.#requireOpen();
    return this.#budgets.enter(name);
  }

  /** Takes bytes off a budget whose blocks were freed outside of its scope. */
  creditBudget(name: string, bytes: number, moduleId: string = this.#context.defaultModule.id): void {
    checkSize(bytes);
    this.#budgets.credit(name, bytes, this.#get(moduleId));
  }

  getBudgets(): BudgetReport[] {
    this.#requireOpen();
    return this.#budgets.report();
  }

  // --- collection

  /**
   * Collects. With `incrementalGC`, this is the first slice, and what is left follows in idle time; the 'gc' event has the
   * whole result.
   *
   * @throws {TidemarkError} `'unknown-module'`, `'invalid-argument'`, `'busy'`: called by a handler within malloc, or by what a
   *   collection of the module calls
   */
  triggerGC(moduleId: string, aggressive: boolean | { strategy?: GCStrategy } = false): GCResult {
    const managed = this.#get(moduleId);
    if (isObject(aggressive)) checkOptions(aggressive, { strategy: oneOf(strategies) });
    else if (typeof aggressive !== 'boolean') refuse('aggressive', aggressive, 'true, false or { strategy }');
    const given = typeof aggressive === 'object' ? aggressive.strategy : aggressive ? 'aggressive' : undefined;
    return this.#collections.start(managed, given ?? this.#config.gc.strategy);
  }

  /** Ends an incremental collection where it is; whether there was one. The next begins anew. */
  cancelGC(moduleId: string): boolean {
    const managed = this.#modules.find(moduleId);
    return managed !== undefined && this.#collections.cancel(managed);
  }

  /** Collections so far, and the last one. */
  getGCStats(moduleId: string): { runs: number; reclaimedBytes: number; last: GCResult | null } {
    return { ...this.#get(moduleId).gc };
  }

  /** Has collections of a module ask an object; it isn't kept alive. */
  registerCollectable(collectable: Collectable, moduleId: string = this.#context.defaultModule.id): () => void {
    required('collectable', collectable, anObject);
    for (const name of ['purgeExpired', 'trim', 'compact', 'evict'] as const) {
      check(`collectable.${name}`, (collectable as Record<string, unknown>)[name], aFunction);
    }
    required('moduleId', moduleId, aString);
    return this.#collectables.register(collectable, moduleId);
  }

  // --- disposal

  /** What is collected without having been disposed of is disposed of later. `dispose` must not refer to `object`. */
  registerDisposable(object: object, dispose: () => unknown): DisposableRegistration {
    this.#requireOpen();
    return this.#net.register(object, dispose);
  }

  /** At the next collection of the module, or when there is time. */
  disposeLater(cleanup: () => unknown, moduleId: string = this.#context.defaultModule.id): void {
    required('cleanup', cleanup, aFunction);
    required('moduleId', moduleId, aString);
    this.#queue.push(moduleId, cleanup);
    this.#stopDraining ??= this.#config.idle(() => {
      this.#stopDraining = null;
      this.#drain();
    });
  }

  // --- reports

  getAggregateStats(): AggregateStats {
    this.#requireOpen();
    return aggregate([...this.#modules], this.totalLimit);
  }

  /** Returns the function that takes the listener out again. */
  on<Name extends keyof ManagerEvents>(name: Name, listener: (event: ManagerEvents[Name]) => void): () => void {
    this.#requireOpen();
    return this.#events.on(name, listener);
  }

  /** Unregisters all modules and forgets all handlers and listeners. */
  dispose(): void {
    if (this.#disposed) return;
    for (const id of [...this.#modules.ids]) this.unregisterModule(id);
    this.#stopDraining?.();
    this.#stopDraining = null;
    this.#handlers.clear();
    this.#events.clear();
    this.#disposed = true;
    this.#drain();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  // --- inside

  #now(): number {
    return this.#context.clock.elapsed();
  }

  #get(moduleId: string): ManagedModule {
    this.#requireOpen();
    return this.#modules.get(moduleId);
  }

  #requireOpen(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'WasmMemoryManager: it was used after dispose()');
  }

  #start(): void {
    this.#stopTelling ??= resourceLedgerOf(this.#context).registerAll(this.#context.defaultModule.id, [
      ['pressure handler', this.#handlers, 'call the function that onPressure() has returned'],
      ['listener of a memory manager', this.#events, 'call the function that on() has returned'],
    ]);
    this.#stopTimer ??= this.#context.clock.every(this.#config.checkIntervalMs, () => this.#tick());
    this.#stopCollector ??= addCollector(this.#context, {
      request: (id) => {
        const managed = this.#modules.find(id);
        return managed !== undefined && this.#collections.request(managed);
      },
      hardLimitOf: (id) => {
        const limit = this.#modules.find(id)?.limits.hardLimit ?? Infinity;
        return Number.isFinite(limit) ? limit : null;
      },
    });
  }

  #stop(): void {
    this.#stopTimer?.();
    this.#stopCollector?.();
    this.#stopTelling?.();
    this.#stopTimer = this.#stopCollector = this.#stopTelling = null;
  }

  #tick(): void {
    this.#budgets.settle();
    for (const managed of [...this.#modules]) {
      if (!this.#modules.manages(managed)) continue; // who was told of another one has taken it out
      managed.history.observe(managed.countedBytes, this.#now());
      if (Number.isFinite(this.#modules.totalLimit)) this.#modules.enforce(managed);
      this.#relief.look(managed);
    }
  }

  /** All that waits, of whichever module. */
  #drain(): void {
    for (const id of this.#queue.moduleIds) while (this.#queue.drainOne(id, callFailed));
  }
}
