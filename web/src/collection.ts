// One collection of one module: its phases in their order, in slices that can be taken up again.
//
//   dispose   what waits for its disposal                    all strategies
//   purge     cache entries whose time is over
//   release   empty pages and slabs, to the heap
//   trim      idle pooled objects, spare capacity            balanced, aggressive
//   compact   movable blocks
//   evict     cache entries that can be had again            aggressive
//   pressure  the pressure handlers
//   shrink    memory, to the operating system                where it is allowed; else what was freed since is released
//
// A phase is measured in the heap, before and after each slice of it, by the bytes in live blocks: what the program does in
// between doesn't count. Slabs that were empty before the collection began are counted at its begin, and when they are released.
import type { Collectable } from './collectables.js';
import type { Clock } from './context.js';
import { callFailed, type DisposalQueue } from './disposal.js';
import { catchLater } from './promises.js';
import type { GCConfig, GCStrategy } from './manager_config.js';
import type { ManagedModule } from './managed_module.js';

export interface GCPhase {
  name: string;
  reclaimedBytes: number;
  durationMs: number;
}

/** What a collection has done. All sizes are bytes. */
export interface GCResult {
  moduleId: string;
  strategy: GCStrategy;
  aggressive: boolean;
  /** Given back to the heap: the sum of the phases. */
  reclaimedBytes: number;
  /** Given back to the operating system. */
  returnedBytes: number;
  movedBytes: number;
  /** Of work, without the pauses between slices. */
  durationMs: number;
  phases: GCPhase[];
  /** False where slices are left, or it was cancelled. */
  completed: boolean;
  /** What failed on the way: the phase, and the error. Nothing stops a collection. */
  errors: { phase: string; error: unknown }[];
}

export interface CollectionWork {
  readonly clock: Clock;
  readonly gc: GCConfig;
  readonly queue: DisposalQueue;
  readonly collectables: () => Collectable[];
  readonly runHandlers: () => void;
}

// Of a slice, after which no step begins: our own steps may take a tenth of a millisecond longer than they were told.
const ownShare = 0.6;
const theirShare = 1;
/** Of compaction: whatever has no end takes one pass. */
const longestUs = 1e9;
/** Of the heap's runs, tens of nanoseconds each. */
const tidiedRuns = 2000;
const leastShrinkBytes = 64 * 1024;

/** Yields, after each step, the share of a slice after which the next one is left to the next slice. */
type Steps = Generator<number, void, void>;

export class Collection {
  readonly #result: GCResult;
  readonly #phases: [name: string, steps: () => Steps][];
  #steps: Steps | null = null;
  #sliceMs = Infinity;
  #sliceBegin = 0;
  /** Of slabs that were empty before, and are not released yet. */
  #idleBytes = 0;
  #releasedBytes = 0;
  #cancelled = false;

  constructor(
    readonly module: ManagedModule,
    strategy: GCStrategy,
    private readonly work: CollectionWork,
    incremental: boolean,
  ) {
    const aggressive = strategy === 'aggressive';
    this.#result = {
      ...{ moduleId: module.id, strategy, aggressive, reclaimedBytes: 0, returnedBytes: 0, movedBytes: 0 },
      ...{ durationMs: 0, phases: [], completed: false, errors: [] },
    };
    const { runtime } = module.watched;
    const each = (call: (collectable: Collectable) => unknown) => () => this.#each(call);
    this.#phases = [
      ['dispose', () => this.#dispose()],
      ['purge', each((collectable) => collectable.purgeExpired?.())],
    ];
    if (runtime) this.#phases.push(['release', () => this.#release()]);
    if (strategy === 'conservative') return;
    this.#phases.push(['trim', each((collectable) => collectable.trim?.())]);
    if (work.gc.enableCompaction) {
      this.#phases.push(['compact', () => this.#compact(aggressive || incremental ? Infinity : work.gc.compactionMs)]);
    }
    if (!aggressive) return;
    this.#phases.push(['evict', each((collectable) => collectable.evict?.(1))]);
    this.#phases.push(['pressure', () => this.#pressure()]);
    if (!runtime) return;
    this.#phases.push(work.gc.allowShrink ? ['shrink', () => this.#shrink()] : ['release', () => this.#release()]);
  }

  get aggressive(): boolean {
    return this.#result.aggressive;
  }

  /** As far as it has come. */
  get result(): GCResult {
    const { phases, errors, ...rest } = this.#result;
    return { ...rest, phases: phases.map((phase) => ({ ...phase })), errors: [...errors] };
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Goes on for about so long, at least one step; whether there is nothing left to do. */
  runSlice(budgetMs: number): boolean {
    const { clock } = this.work;
    const result = this.#result;
    const begin = clock.elapsed();
    this.#sliceBegin = begin;
    this.#sliceMs = budgetMs;
    let before = this.module.countedBytes;
    let phaseBegin = begin;
    while (!result.completed && !this.#cancelled) {
      const phase = this.#phases[0];
      if (!phase) {
        result.completed = true;
        break;
      }
      const [name, start] = phase;
      if (!this.#steps) {
        this.#steps = start();
        result.phases.push({ name, reclaimedBytes: 0, durationMs: 0 });
      }
      const share = this.#step(name);
      const done = share === null;
      const late = clock.elapsed() - begin >= budgetMs * (share ?? theirShare);
      if (!done && !late) continue;
      if (done) {
        this.#phases.shift();
        this.#steps = null;
      }
      const now = clock.elapsed();
      const after = this.module.countedBytes;
      const measured = result.phases.at(-1) as GCPhase;
      const reclaimed = Math.max(0, before - after) + this.#releasedBytes;
      this.#releasedBytes = 0;
      measured.reclaimedBytes += reclaimed;
      measured.durationMs += now - phaseBegin;
      result.reclaimedBytes += reclaimed;
      before = after;
      phaseBegin = now;
      if (late && this.#phases.length > 0) break;
    }
    result.durationMs += clock.elapsed() - begin;
    return result.completed || this.#cancelled;
  }

  /** Null where the phase is done. */
  #step(name: string): number | null {
    try {
      const step = this.#steps?.next();
      return !step || step.done ? null : step.value;
    } catch (error) {
      this.#result.errors.push({ phase: name, error });
      return null;
    }
  }

  *#dispose(): Steps {
    let next = 0;
    do {
      const step = this.module.tidy(next, tidiedRuns, false);
      this.#idleBytes += step.idleBytes;
      next = step.next;
      if (next !== 0) yield ownShare;
    } while (next !== 0);
    const failed = (error: unknown): void => void this.#result.errors.push({ phase: 'dispose', error });
    while (this.work.queue.drainOne(this.module.id, failed)) yield theirShare;
  }

  *#each(call: (collectable: Collectable) => unknown): Steps {
    for (const collectable of this.work.collectables()) {
      try {
        catchLater(call(collectable), callFailed);
      } catch (error) {
        this.#result.errors.push({ phase: this.#phases[0]?.[0] ?? '', error });
      }
      yield theirShare;
    }
  }

  /** Slabs that have become empty since the begin count as what has emptied them. */
  *#release(): Steps {
    let next = 0;
    do {
      const step = this.module.tidy(next, tidiedRuns, true);
      const idleBytes = Math.min(step.idleBytes, this.#idleBytes);
      this.#idleBytes -= idleBytes;
      this.#releasedBytes += idleBytes;
      next = step.next;
      if (next !== 0) yield ownShare;
    } while (next !== 0);
  }

  *#compact(budgetMs: number): Steps {
    yield* this.#each((collectable) => collectable.compact?.());
    const { runtime } = this.module.watched;
    const { clock } = this.work;
    const end = clock.elapsed() + budgetMs;
    while (runtime) {
      const now = clock.elapsed();
      const ownMs = this.#sliceMs * ownShare;
      const left = Math.min(end, this.#sliceBegin + ownMs) - now;
      // A large block moves in one piece: most of a slice is there for it in each slice.
      if (Number.isFinite(ownMs) && left < Math.min(ownMs, budgetMs) / 2) {
        if (now >= end) return;
        yield 0;
        continue;
      }
      const { movedBytes, completed } = runtime.compact(Math.max(1, Math.min(left * 1000, longestUs)));
      this.#result.movedBytes += movedBytes;
      if (completed || clock.elapsed() >= end) return;
      yield ownShare;
    }
  }

  // eslint-disable-next-line require-yield -- a step that can't be cut
  *#pressure(): Steps {
    this.work.runHandlers();
  }

  // eslint-disable-next-line require-yield -- neither can this
  *#shrink(): Steps {
    const report = this.module.watched.runtime?.shrink({ minReturnedBytes: leastShrinkBytes });
    this.#result.returnedBytes += report?.returnedBytes ?? 0;
  }
}
