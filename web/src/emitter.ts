// Listeners by the name of an event. One that throws doesn't stop the others: the error is told where errors are.
import { aFunction, oneOf, required } from './checks.js';
import { catchLater } from './promises.js';

export class Emitter<Events extends object> {
  readonly #listeners: ReadonlyMap<keyof Events, Set<{ listener: (event: never) => void }>>;

  constructor(names: readonly (keyof Events & string)[]) {
    this.#listeners = new Map(names.map((name) => [name, new Set()]));
  }

  /**
   * Returns the function that takes the listener out again. The same one may be added twice.
   *
   * @throws {TidemarkError} `'invalid-argument'`
   */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void, what = 'listener'): () => void {
    required('name', name, oneOf([...this.#listeners.keys()] as string[]));
    required(what, listener, aFunction);
    const listeners = this.#of(name);
    const entry = { listener };
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const failed = (error: unknown): void => console.error(`tidemark: a listener of '${String(name)}' threw`, error);
    for (const { listener } of [...this.#of(name)]) {
      try {
        catchLater((listener as (event: Events[Name]) => unknown)(event), failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  get count(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }

  #of(name: keyof Events): Set<{ listener: (event: never) => void }> {
    return this.#listeners.get(name) as Set<{ listener: (event: never) => void }>;
  }
}
