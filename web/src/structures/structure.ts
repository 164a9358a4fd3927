// What all structures have in common: memory of the engine that is given back by dispose(), or, where that was forgotten, by
// the garbage collector.
import type { Context } from '../context.js';
import { TidemarkError } from '../errors.js';
import { symbolDispose } from '../disposable.js';
import { countsOf, type ResourceCounts } from '../resource_ledger.js';

interface Held {
  readonly release: () => void;
  readonly counts: ResourceCounts | null;
}

const forgotten = /* @__PURE__ */ new FinalizationRegistry<Held>(({ release, counts }) => {
  if (counts) {
    --counts.live;
    ++counts.netted;
  }
  release();
});

/** What `make` returns; where it throws, what was made for it is given back at once. */
export function orDispose<T>(made: { dispose(): void }, make: () => T): T {
  try {
    return make();
  } catch (error) {
    made.dispose();
    throw error;
  }
}

export abstract class Structure {
  readonly #name: string;
  readonly #held: Held;
  #disposed = false;

  /**
   * `release` may not refer to the structure, or it would never be collected. With a context, the leak detector knows how
   * many there are.
   */
  protected constructor(name: string, release: () => void, context?: Context) {
    this.#name = name;
    const counts = context ? countsOf(context, name, 'call dispose(), or declare it by `using`') : null;
    if (counts) ++counts.live;
    this.#held = { release, counts };
    forgotten.register(this, this.#held, this);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Gives its memory back. Every other use of it throws from then on; a second dispose() does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    if (this.#held.counts) --this.#held.counts.live;
    this.onDispose();
    this.#held.release();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  /** Forgets what would be used without memory. */
  protected onDispose(): void {}

  protected disposedError(): TidemarkError {
    return new TidemarkError('disposed', `${this.#name}: it was used after dispose()`);
  }
}
