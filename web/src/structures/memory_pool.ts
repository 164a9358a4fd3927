// MemoryPool: JavaScript objects that are used again in place of being collected.
import { aFunction, check, notNegative } from '../checks.js';
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
  readonly #inUse = new WeakSet<T>();
  readonly #known = new WeakSet<T>();
  readonly #counts = { created: 0, inUse: 0, reused: 0, discarded: 0, peakInUse: 0, leaked: 0 };
  readonly #lost: FinalizationRegistry<undefined>;
  readonly #unregister: () => void;
  #maxSize: number;
  #disposed = false;

  /** @throws {TidemarkError} `'invalid-config'` */
  constructor(factory: () => T, reset?: (object: T) => void, maxSize = 100, context: Context = defaultContext()) {
    check('MemoryPool: factory', factory ?? null, aFunction, 'invalid-config');
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
    this.#unregister = () => {
      leaveCollectables();
      leaveLedger();
      forgotten.unregister(this);
    };
  }

  acquire(): T {
    this.#requireAlive();
    const counts = this.#counts;
    let object = this.#idle.pop();
    if (object === undefined) object = this.#make();
    else ++counts.reused;
    this.#inUse.add(object);
    this.#lost.register(object, undefined, object);
    counts.peakInUse = Math.max(counts.peakInUse, ++counts.inUse);
    return object;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: the object isn't the pool's, or was released already */
  release(object: T): void {
    this.#requireAlive();
    if (!this.#inUse.has(object)) {
      const why = this.#known.has(object) ? 'which was released already' : 'which is not of this pool';
      throw new TidemarkError('invalid-argument', `MemoryPool.release: object: ${shown(object)}, ${why}`);
    }
    this.#inUse.delete(object); // first: `reset` may call release(), too
    try {
      this.#reset?.(object);
    } catch (error) {
      this.#inUse.add(object);
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
    const object = this.acquire();
    let result: R;
    try {
      result = use(object);
    } catch (error) {
      this.release(object);
      throw error;
    }
    if (result instanceof Promise) {
      return result.finally(() => {
        this.release(object);
      }) as R;
    }
    this.release(object);
    return result;
  }

  /** Makes `count` objects ahead, up to `maxSize` that wait. */
  prefill(count: number): void {
    this.#requireAlive();
    while (this.#idle.length < Math.min(count, this.#maxSize)) this.#idle.push(this.#make());
  }

  /** Lets waiting objects go, all but `kept`. */
  trim(kept = 0): void {
    this.#idle.length = Math.min(this.#idle.length, kept);
  }

  get size(): number {
    return this.#idle.length;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  set maxSize(maxSize: number) {
    check('MemoryPool.maxSize', maxSize ?? null, notNegative);
    this.#maxSize = maxSize;
    this.trim(maxSize);
  }

  get stats(): MemoryPoolStats {
    return { ...this.#counts, idle: this.#idle.length, maxSize: this.#maxSize };
  }

  dispose(): void {
    this.#disposed = true;
    this.trim();
    this.#unregister();
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
