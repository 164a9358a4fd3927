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
// A phase is measured in the heap, before and after each slice of it: what the program does in between doesn't count.
import type { Collectable } from './collectables.js';
import type { Clock } from './context.js';
import type { DisposalQueue } from './disposal.js';
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

// Compaction looks at the clock by itself, and may take a little longer than it was told.
const compactionStepMs = 0.5;
/** Of a slice, after which no step of compaction begins. */
const compactionShare = 0.7;
const leastShrinkBytes = 64 * 1024;

type Step = Generator<void, void, void>;

export class Collection {
  readonly #result: GCResult;
  readonly #phases: [name: string, steps: () => Step][];
  #steps: Step | null = null;
  #deadline = Infinity;
  #compactionEnd = Infinity;
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
    const each = (call: (collectable: Collectable) => void) => () => this.#each(call);
    this.#phases = [
      ['dispose', () => this.#dispose()],
      ['purge', each((collectable) => collectable.purgeExpired?.())],
    ];
    if (runtime) this.#phases.push(['release', () => this.#release()]);
    if (strategy === 'conservative') return;
    this.#phases.push(['trim', each((collectable) => collectable.trim?.())]);
    if (work.gc.enableCompaction) {
      this.#phases.push([
        'compact',
        () => this.#compact(aggressive ? Infinity : incremental ? Infinity : work.gc.compactionMs),
      ]);
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
    this.#deadline = begin + budgetMs;
    this.#compactionEnd = begin + budgetMs * compactionShare;
    let before = this.module.heldBytes;
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
      const done = this.#step(name);
      const late = clock.elapsed() >= (name === 'compact' ? this.#compactionEnd : this.#deadline);
      if (!done && !late) continue;
      if (done) {
        this.#phases.shift();
        this.#steps = null;
      }
      const now = clock.elapsed();
      const after = this.module.heldBytes;
      const measured = result.phases.at(-1) as GCPhase;
      const reclaimed = Math.max(0, before - after);
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

  #step(name: string): boolean {
    try {
      return this.#steps?.next().done ?? true;
    } catch (error) {
      this.#result.errors.push({ phase: name, error });
      return true;
    }
  }

  *#dispose(): Step {
    const failed = (error: unknown): void => void this.#result.errors.push({ phase: 'dispose', error });
    while (this.work.queue.drainOne(this.module.id, failed)) yield;
  }

  *#each(call: (collectable: Collectable) => void): Step {
    for (const collectable of this.work.collectables()) {
      try {
        call(collectable);
      } catch (error) {
        this.#result.errors.push({ phase: this.#phases[0]?.[0] ?? '', error });
      }
      yield;
    }
  }

  // eslint-disable-next-line require-yield -- a step that can't be cut
  *#release(): Step {
    this.module.watched.runtime?.engine.exports.tidemark_manager_release();
  }

  *#compact(budgetMs: number): Step {
    for (const collectable of this.work.collectables()) {
      collectable.compact?.();
      yield;
    }
    const { runtime } = this.module.watched;
    const { clock } = this.work;
    const end = clock.elapsed() + budgetMs;
    while (runtime) {
      const left = Math.min(end, this.#compactionEnd) - clock.elapsed();
      const { movedBytes, completed } = runtime.compact(Math.max(1, Math.min(left, compactionStepMs) * 1000));
      this.#result.movedBytes += movedBytes;
      if (completed || clock.elapsed() >= end) return;
      yield;
    }
  }

  // eslint-disable-next-line require-yield
  *#pressure(): Step {
    this.work.runHandlers();
  }

  // eslint-disable-next-line require-yield
  *#shrink(): Step {
    const report = this.module.watched.runtime?.shrink({ minReturnedBytes: leastShrinkBytes });
    this.#result.returnedBytes += report?.returnedBytes ?? 0;
  }
}
