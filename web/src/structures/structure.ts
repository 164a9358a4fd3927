// What all structures have in common: memory of the engine that is given back by dispose(), or, where that was forgotten, by
// the garbage collector.
import { TidemarkError } from '../errors.js';
import { symbolDispose } from '../disposable.js';

const forgotten = new FinalizationRegistry<() => void>((release) => release());

export abstract class Structure {
  readonly #name: string;
  readonly #release: () => void;
  #disposed = false;

  /** `release` may not refer to the structure, or it would never be collected. */
  protected constructor(name: string, release: () => void) {
    this.#name = name;
    this.#release = release;
    forgotten.register(this, release, this);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Gives its memory back. Every other use of it throws from then on; a second dispose() does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.onDispose();
    this.#release();
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
