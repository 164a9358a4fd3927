// The collections of a manager: which is under way, what is left of it, and when the next may begin.
import type { Collectables } from './collectables.js';
import { Collection, type GCResult } from './collection.js';
import type { Clock } from './context.js';
import type { DisposalQueue } from './disposal.js';
import { TidemarkError } from './errors.js';
import type { ManagedModule } from './managed_module.js';
import type { GCStrategy, ResolvedConfig } from './manager_config.js';

export interface CollectionsWork {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly queue: DisposalQueue;
  readonly collectables: Collectables;
  readonly runHandlers: (managed: ManagedModule) => void;
  readonly finished: (managed: ManagedModule, result: GCResult) => void;
}

export class Collections {
  readonly #running = new Map<ManagedModule, { collection: Collection; stop: () => void }>();
  /** Of those whose slice is under way: what it calls may come back here. */
  readonly #inSlice = new Map<ManagedModule, Collection>();

  constructor(private readonly work: CollectionsWork) {}

  /**
   * With `incrementalGC`, this is the first slice.
   *
   * @throws {TidemarkError} `'busy'`: called by a handler within malloc, or by what a collection of the module calls
   */
  start(managed: ManagedModule, strategy: GCStrategy): GCResult {
    if (managed.busy || this.isCollecting(managed)) {
      throw new TidemarkError('busy', `triggerGC: "${managed.id}" is waiting for what has called this`);
    }
    const { gc } = this.work.config;
    const collection = this.#begin(managed, strategy);
    if (this.#slice(managed, collection, gc.incrementalGC ? gc.sliceMs : Infinity))
      return this.#finish(managed, collection);
    this.#continueLater(managed, collection);
    return collection.result;
  }

  /** From begin to end, whatever `incrementalGC` says; null where a collection has called for it. */
  startWhole(managed: ManagedModule, strategy: GCStrategy): GCResult | null {
    if (this.isCollecting(managed)) return null;
    const collection = this.#begin(managed, strategy);
    this.#slice(managed, collection, Infinity);
    return this.#finish(managed, collection);
  }

  /** An automatic collection, unless there was one a moment ago. */
  request(managed: ManagedModule): boolean {
    const { gc } = this.work.config;
    if (managed.busy || this.#running.has(managed) || this.isCollecting(managed)) return false;
    if (this.work.clock.elapsed() - managed.lastCollection < gc.minGCInterval) return false;
    const urgent = managed.filledBytes >= (managed.limits.hardLimit * gc.aggressiveGCThreshold) / 100;
    this.start(managed, urgent ? 'aggressive' : gc.strategy);
    return true;
  }

  /** Ends an incremental collection where it is; whether there was one. */
  cancel(managed: ManagedModule): boolean {
    const inSlice = this.#inSlice.get(managed);
    if (inSlice) {
      inSlice.cancel(); // it ends when the step that has called this is done
      return true;
    }
    const running = this.#running.get(managed);
    if (!running) return false;
    running.stop();
    running.collection.cancel();
    this.#running.delete(managed);
    this.#finish(managed, running.collection);
    return true;
  }

  /** Whether one of its slices is what runs now. */
  isCollecting(managed: ManagedModule): boolean {
    return this.#inSlice.has(managed);
  }

  #slice(managed: ManagedModule, collection: Collection, ms: number): boolean {
    this.#inSlice.set(managed, collection);
    try {
      return collection.runSlice(ms);
    } finally {
      this.#inSlice.delete(managed);
    }
  }

  #begin(managed: ManagedModule, strategy: GCStrategy): Collection {
    this.cancel(managed);
    managed.lastCollection = this.work.clock.elapsed();
    const { clock, queue, collectables, runHandlers, config } = this.work;
    const work = {
      clock,
      gc: config.gc,
      queue,
      collectables: () => collectables.of(managed.id),
      runHandlers: () => runHandlers(managed),
    };
    return new Collection(managed, strategy, work, config.gc.incrementalGC);
  }

  #continueLater(managed: ManagedModule, collection: Collection): void {
    const { config } = this.work;
    const { sliceMs } = config.gc;
    const running = { collection, stop: () => {} };
    const schedule = (): (() => void) =>
      config.idle((remaining) => {
        if (this.#slice(managed, collection, Math.min(sliceMs, Math.max(remaining(), sliceMs / 4)))) {
          this.#running.delete(managed);
          this.#finish(managed, collection);
        } else if (this.#running.get(managed) === running) {
          running.stop = schedule();
        }
      });
    this.#running.set(managed, running);
    running.stop = schedule();
  }

  #finish(managed: ManagedModule, collection: Collection): GCResult {
    const { result } = collection;
    managed.gc.runs += 1;
    managed.gc.reclaimedBytes += result.reclaimedBytes;
    managed.gc.last = result;
    this.work.finished(managed, result);
    return result;
  }
}
