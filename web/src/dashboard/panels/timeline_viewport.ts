// The stretch of time that the timeline shows: the latest so-and-so long, which moves on, or one that was chosen.

export class Viewport {
  #span = 60_000;
  #fixed: { from: number; to: number } | null = null;

  /** The latest `span` milliseconds; Infinity is all. */
  follow(span: number): void {
    this.#span = span;
    this.#fixed = null;
  }

  fix(from: number, to: number): void {
    this.#fixed = { from, to };
  }

  /** Of readings at these times, ascending. */
  range(times: Float64Array): { from: number; to: number } {
    if (this.#fixed) return this.#fixed;
    const first = times[0] ?? 0;
    const last = times[times.length - 1] ?? first;
    // Never so short that a few readings would jump about.
    if (this.#span === Infinity) return { from: first, to: Math.max(last, first + 10_000) };
    return last - first < this.#span
      ? { from: first, to: Math.max(last, first + Math.min(this.#span, 15_000)) }
      : { from: last - this.#span, to: last };
  }
}
