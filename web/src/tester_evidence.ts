// What a module's memory shows from outside, before, during and after a test.

/** Changes that are the test's, in a module whose own code may run between the slices of the test. */
export class HeapBalance {
  readonly #look: () => { live: number; held: number };
  #base: { live: number; held: number } | null = null;
  #left: { live: number; held: number } | null = null;
  #othersLive = 0;
  #othersHeld = 0;

  constructor(look: () => { live: number; held: number }) {
    this.#look = look;
  }

  /** From here on, what changes is counted. */
  start(): void {
    this.#base = this.#look();
    this.#left = null;
  }

  /** The module's own code may run now, until resume(). */
  pause(): void {
    if (this.#base) this.#left = this.#look();
  }

  resume(): void {
    if (!this.#left) return;
    const now = this.#look();
    this.#othersLive += now.live - this.#left.live;
    this.#othersHeld += now.held - this.#left.held;
    this.#left = null;
  }

  read(): { live: number; held: number } {
    if (!this.#base) return { live: 0, held: 0 };
    const now = this.#look();
    return {
      live: now.live - this.#base.live - this.#othersLive,
      held: now.held - this.#base.held - this.#othersHeld,
    };
  }
}

/**
 * Bytes by which the highest address rose over the second half of the rounds, when it rose in three of four of them: the
 * same operations, done again and again, stay where they are in a heap that gets everything back. 0 otherwise.
 */
export function risingBytes(highest: readonly number[]): number {
  const half = highest.slice(Math.floor(highest.length / 2));
  if (half.length < 4) return 0;
  let rises = 0;
  const [first = 0] = half;
  let before = first;
  for (const address of half.slice(1)) {
    if (address > before) rises++;
    before = address;
  }
  return rises >= (half.length - 1) * 0.75 ? before - first : 0;
}
