import type { Clock } from 'tidemark';

/** Time that passes when a test says so. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  readonly #timers = new Set<{ due: number; ms: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }
  elapsed(): number {
    return this.#now;
  }
  every(ms: number, callback: () => void): () => void {
    const timer = { due: this.#now + ms, ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass, and calls back what is due in it, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#now = next.due;
      next.due += next.ms;
      next.callback();
    }
    this.#now = end;
  }
}
