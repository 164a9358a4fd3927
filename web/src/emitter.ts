// Listeners by the name of an event. One that throws doesn't stop the others: the error is told where errors are.
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<{ listener: (event: never) => void }>>();

  /** Returns the function that takes the listener out again. The same one may be added twice. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (!listeners) this.#listeners.set(name, (listeners = new Set()));
    const entry = { listener };
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const { listener } of [...(this.#listeners.get(name) ?? [])]) {
      const failed = (error: unknown): void => console.error(`tidemark: a listener of '${String(name)}' threw`, error);
      try {
        catchLater((listener as (event: Events[Name]) => unknown)(event), failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  get count(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  clear(): void {
    this.#listeners.clear();
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What a callback has returned: a promise that is rejected would end a Node program, where nobody waits for it. */
export function catchLater(result: unknown, failed: (error: unknown) => void): void {
  if (isPromise(result)) result.then(undefined, failed);
}
