// One module under a manager: what is in use there, its limits, and what can be done for it.
import type { Collectables } from './collectables.js';
import type { GCResult } from './collection.js';
import type { Engine } from './engine.js';
import { AllocationHistory } from './allocation_policy.js';
import type { MemoryLimits } from './manager_config.js';
import { PressureGauge } from './pressure.js';
import type { WasmModule, WatchedModule } from './wasm_module.js';

declare module './engine.js' {
  interface EngineExports {
    tidemark_manager_set_limits(hardBytes: number, criticalBytes: number, softBytes: number): number;
    tidemark_manager_live_bytes(): number;
    tidemark_manager_tidy(from: number, maxRuns: number, releases: number): number;
    tidemark_manager_get_stats(): number;
    tidemark_manager_name(): number;
    tidemark_manager_open_budget(): number;
    tidemark_manager_budget_stats(budget: number): number;
    tidemark_enter_budget(budget: number): number;
    tidemark_leave_budget(): number;
    tidemark_credit_budget(budget: number, bytes: number): void;
  }
  interface Engine {
    /** Called inside of malloc: level and reason as tidemark/manager.h numbers them. Must not throw. */
    onPressure?: ((level: number, reason: number, wantedBytes: number) => void) | null;
  }
}

type Listener = (level: number, reason: number, wantedBytes: number) => void;
interface Owner {
  limits: MemoryLimits;
  listener: Listener;
}

// Managers of one program: the least hard limit is the program's, and all of them hear of its pressure.
const ownersOf = new WeakMap<Engine, Map<object, Owner>>();

const mostBytes = 2 ** 32 - 1;
const bytesOf = (limit: number): number => (limit > mostBytes ? 0 : Math.floor(limit));

function apply(engine: Engine): void {
  const owners = [...(ownersOf.get(engine)?.values() ?? [])];
  const [least] = owners.map(({ limits }) => limits).sort((a, b) => a.hardLimit - b.hardLimit);
  // A module that is gone can't be told.
  engine.exports.tidemark_manager_set_limits?.(
    least ? bytesOf(least.hardLimit) : 0,
    least ? bytesOf(least.criticalLimit) : 0,
    least ? bytesOf(least.softLimit) : 0,
  );
}

export class ManagedModule {
  readonly gauge: PressureGauge;
  readonly history: AllocationHistory;
  readonly gc: { runs: number; reclaimedBytes: number; last: GCResult | null } = {
    runs: 0,
    reclaimedBytes: 0,
    last: null,
  };
  /** When the last collection began; monotonic. */
  lastCollection = -Infinity;
  /** A handler is running inside of malloc: nothing else may be started there. */
  busy = false;

  constructor(
    readonly watched: WatchedModule,
    /** As it was registered. */
    readonly given: WasmModule,
    public limits: MemoryLimits,
    private readonly collectables: Collectables,
    now: number,
  ) {
    this.gauge = new PressureGauge(limits);
    this.history = new AllocationHistory(now);
    this.history.observe(this.countedBytes, now);
  }

  get id(): string {
    return this.watched.id;
  }

  /** Bytes in live blocks; null where nobody knows. */
  get used(): number | null {
    const { runtime, recorded } = this.watched;
    if (runtime) return runtime.engine.exports.tidemark_manager_live_bytes() >>> 0;
    return recorded.known ? recorded.liveBytes : null;
  }

  /** What limits count: of a module that can't be seen, what was recorded. */
  get countedBytes(): number {
    return this.used ?? 0;
  }

  /** The largest block for which a limit has room that leaves so many bytes: src/heap/size_class.h, and grains of 256 bytes. */
  largestWithin(left: number): number {
    const step = !this.watched.runtime ? 1 : left > 2048 ? 256 : Math.max(8, 2 ** (28 - Math.clz32(left)));
    return Math.max(0, Math.floor(left / step) * step);
  }

  /** What pressure is measured by: where blocks aren't known, the memory. */
  get filledBytes(): number {
    return this.used ?? this.watched.allocatedBytes;
  }

  /**
   * One step over the heap of a linked module, from `from` on, 0 at first: counts the slabs that have no block in use, or
   * gives them back. Returns where to go on, 0 at the end, and how many bytes they were.
   */
  tidy(from: number, maxRuns: number, releases: boolean): { next: number; idleBytes: number } {
    const engine = this.watched.runtime?.engine;
    if (!engine) return { next: 0, idleBytes: 0 };
    const words = engine.exports.tidemark_manager_tidy(from, maxRuns, releases ? 1 : 0) >>> 2;
    return { next: engine.views.u32[words] as number, idleBytes: engine.views.u32[words + 1] as number };
  }

  /** What the module could give back, as far as that is known: caches, pools, and what its heap keeps unused. */
  get spareBytes(): number {
    const { runtime } = this.watched;
    const inHeap = runtime ? Math.max(0, this.watched.allocatedBytes - this.countedBytes) : 0;
    return this.collectables.of(this.id).reduce((sum, { spareBytes = 0 }) => sum + spareBytes, inHeap);
  }

  /** Has malloc of a linked module keep to `limits`, and tell of its pressure. */
  enforce(owner: object, limits: MemoryLimits, listener: Listener): void {
    const engine = this.watched.runtime?.engine;
    if (!engine) return;
    let owners = ownersOf.get(engine);
    if (!owners) {
      const all = new Map<object, Owner>();
      ownersOf.set(engine, (owners = all));
      engine.onPressure = (level, reason, wanted) => {
        for (const { listener } of [...all.values()]) listener(level, reason, wanted);
      };
    }
    const before = owners.get(owner)?.limits;
    owners.set(owner, { limits, listener });
    if (before !== limits) apply(engine);
  }

  stopEnforcing(owner: object): void {
    const engine = this.watched.runtime?.engine;
    if (engine && ownersOf.get(engine)?.delete(owner)) apply(engine);
  }
}
