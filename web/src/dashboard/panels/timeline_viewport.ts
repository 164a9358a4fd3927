// The stretch of time that the timeline shows: the latest so-and-so long, which moves on, or one that was chosen.
//
// It moves on in steps, by a 25th of itself at most: in between, what is read is drawn into the room that is left at the end,
// and nothing else has to be drawn anew.

const steps = [3600, 1800, 600, 300, 120, 60, 30, 10, 5, 2, 1].map((seconds) => seconds * 1000);

function stepOf(span: number): number {
  return steps.find((step) => step <= span / 25) ?? span / 25;
}

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
    const past = (times[times.length - 1] ?? first) - first;
    const span = this.#span;
    const step = stepOf(Number.isFinite(span) ? span : past);
    const to = first + (step > 0 ? Math.ceil(past / step) * step : 0);
    // Never so short that a few readings would jump about.
    const least = span === Infinity ? 10_000 : Math.min(span, 15_000);
    return { from: Math.max(first, to - span), to: Math.max(to, first + least) };
  }
}
