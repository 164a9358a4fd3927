// MemoryPool: JavaScript objects that are used again in place of being collected.
import { aFunction, check, notNegative, refuse, required } from '../checks.js';
import { defaultContext, type Context } from '../context.js';
import { collectablesOf } from '../collectables.js';
import { symbolDispose } from '../disposable.js';
import { shown, TidemarkError } from '../errors.js';
import { resourceLedgerOf } from '../resource_ledger.js';

/** A pool that is collected takes its figures with it. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry<() => void>((leave) => leave());

export interface MemoryPoolStats {
  /** Objects that the factory has made. */
  created: number;
  /** Acquired, and not yet released. */
  inUse: number;
  /** Waiting to be acquired. */
  idle: number;
  /** Acquired without the factory's help. */
  reused: number;
  /** Released when `maxSize` were waiting already, and left to the garbage collector. */
  discarded: number;
  peakInUse: number;
  /** Collected by the garbage collector while they were in use: nobody can release them any more. */
  leaked: number;
  maxSize: number;
}

/**
 * Objects by a factory; `reset` makes a released one as new. Of released objects, `maxSize` are kept.
 *
 * An object that is lost, without having been released, is not held alive by the pool: it is counted in `leaked`.
 */
export class MemoryPool<T extends object> {
  readonly #factory: () => T;
  readonly #reset: ((object: T) => void) | undefined;
  readonly #idle: T[] = [];
  /** Which acquisition it is in use for. */
  readonly #inUse = new WeakMap<T, number>();
  readonly #known = new WeakSet<T>();
  readonly #counts = { created: 0, inUse: 0, reused: 0, discarded: 0, peakInUse: 0, leaked: 0 };
  readonly #lost: FinalizationRegistry<undefined>;
  readonly #leave: readonly (() => void)[];
  #maxSize: number;
  #disposed = false;

  /** @throws {TidemarkError} `'invalid-config'` */
  constructor(factory: () => T, reset?: (object: T) => void, maxSize = 100, context: Context = defaultContext()) {
    required('MemoryPool: factory', factory, aFunction, 'invalid-config');
    check('MemoryPool: reset', reset, aFunction, 'invalid-config');
    check('MemoryPool: maxSize', maxSize, notNegative, 'invalid-config');
    this.#factory = factory;
    this.#reset = reset;
    this.#maxSize = maxSize;
    const counts = this.#counts;
    this.#lost = new FinalizationRegistry(() => {
      --counts.inUse;
      ++counts.leaked;
    });
    const { id } = context.defaultModule;
    const leaveCollectables = collectablesOf(context).register(this, id);
    const leaveLedger = resourceLedgerOf(context).register(
      {
        kind: factory.name ? `pooled object of ${factory.name}()` : 'pooled object',
        remedy: 'call release() of the pool, or borrow by with()',
        get live() {
          return counts.inUse;
        },
        get netted() {
          return counts.leaked;
        },
      },
      id,
    );
    forgotten.register(this, leaveLedger, this);
    // No function of this constructor refers to the pool: the ledger keeps what they share, and would keep it, too.
    this.#leave = [leaveCollectables, leaveLedger];
  }

  acquire(): T {
    this.#requireAlive();
    const counts = this.#counts;
    let object = this.#idle.pop();
    if (object === undefined) object = this.#make();
    else ++counts.reused;
    this.#inUse.set(object, counts.created + counts.reused);
    this.#lost.register(object, undefined, object);
    counts.peakInUse = Math.max(counts.peakInUse, ++counts.inUse);
    return object;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: the object isn't the pool's, or was released already */
  release(object: T): void {
    this.#requireAlive();
    const acquisition = this.#inUse.get(object);
    if (acquisition === undefined) {
      const given = this.#known.has(object) ? 'was released already' : 'is not of this pool';
      refuse('MemoryPool.release: object', object, `one in use (this ${given})`);
    }
    this.#inUse.delete(object); // first: `reset` may call release(), too
    try {
      this.#reset?.(object);
    } catch (error) {
      this.#inUse.set(object, acquisition);
      throw error;
    }
    this.#lost.unregister(object);
    --this.#counts.inUse;
    if (this.#idle.length < this.#maxSize) {
      this.#idle.push(object);
    } else {
      ++this.#counts.discarded;
    }
  }

  /** Acquires an object for the time that `use` takes, a promise's too. */
  with<R>(use: (object: T) => R): R {
    required('MemoryPool.with: use', use, aFunction);
    const object = this.acquire();
    const acquisition = this.#inUse.get(object);
    // `use` may have released it, and it may be another's since.
    const giveBack = (): void => {
      if (!this.#disposed && this.#inUse.get(object) === acquisition) this.release(object);
    };
    let result: R;
    try {
      result = use(object);
    } catch (error) {
      giveBack();
      throw error;
    }
    if (result instanceof Promise) return result.finally(giveBack) as R;
    giveBack();
    return result;
  }

  /** Makes `count` objects ahead, up to `maxSize` that wait. */
  prefill(count: number): void {
    this.#requireAlive();
    required('MemoryPool.prefill: count', count, notNegative);
    while (this.#idle.length < Math.min(count, this.#maxSize)) this.#idle.push(this.#make());
  }

  /** Lets waiting objects go, all but `kept`. */
  trim(kept = 0): void {
    required('MemoryPool.trim: kept', kept, notNegative);
    this.#idle.length = Math.min(this.#idle.length, Math.ceil(kept));
  }

  get size(): number {
    return this.#idle.length;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  set maxSize(maxSize: number) {
    required('MemoryPool.maxSize', maxSize, notNegative);
    this.#maxSize = maxSize;
    this.trim(maxSize);
  }

  get stats(): MemoryPoolStats {
    return { ...this.#counts, idle: this.#idle.length, maxSize: this.#maxSize };
  }

  dispose(): void {
    this.#disposed = true;
    this.trim();
    forgotten.unregister(this);
    for (const leave of this.#leave) leave();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  #make(): T {
    const object = this.#factory();
    if ((typeof object !== 'object' && typeof object !== 'function') || (object as unknown) === null) {
      throw new TidemarkError(
        'invalid-argument',
        `MemoryPool: the factory made ${shown(object)}, and an object is expected`,
      );
    }
    if (this.#known.has(object)) {
      throw new TidemarkError('invalid-argument', 'MemoryPool: the factory made an object that the pool has already');
    }
    this.#known.add(object);
    ++this.#counts.created;
    return object;
  }

  #requireAlive(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'MemoryPool: it was used after dispose()');
  }
}
