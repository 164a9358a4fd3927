// What was measured, over time, in fixed memory: a few columns of numbers and the times that they share.
//
// Samples that come faster than a two-hundredth of the window take the place of the last one, so that the series always
// reaches back farther than the window, and its end is always now.
import { maxSamples } from './leak_engine.js';

export class LeakSeries {
  readonly #times = new Float64Array(maxSamples);
  readonly #columns: Float64Array[];
  readonly #leastGapMs: number;
  #count = 0;

  constructor(columns: number, windowMs: number) {
    this.#columns = Array.from({ length: columns }, () => new Float64Array(maxSamples));
    this.#leastGapMs = windowMs / 200;
  }

  get count(): number {
    return this.#count;
  }

  /** Milliseconds between the first sample and the last. */
  get spanMs(): number {
    return this.#count < 2 ? 0 : (this.#times[this.#count - 1] ?? 0) - (this.#times[0] ?? 0);
  }

  /** A clock that was set back begins anew. */
  add(timeMs: number, values: ArrayLike<number>): void {
    if (this.#count > 0 && timeMs < (this.#times[this.#count - 1] ?? 0)) this.#count = 0;
    const replaces = this.#count > 1 && timeMs - (this.#times[this.#count - 2] ?? 0) < this.#leastGapMs;
    if (replaces) {
      --this.#count;
    } else if (this.#count === maxSamples) {
      this.#times.copyWithin(0, 1);
      for (const column of this.#columns) column.copyWithin(0, 1);
      --this.#count;
    }
    this.#times[this.#count] = timeMs;
    this.#columns.forEach((column, i) => (column[this.#count] = values[i] ?? 0));
    ++this.#count;
  }

  times(): Float64Array {
    return this.#times.subarray(0, this.#count);
  }

  column(index: number): Float64Array {
    return this.#columns[index]?.subarray(0, this.#count) ?? new Float64Array(0);
  }

  /** A column as it went, at `most` moments about as far from each other, the last one among them. */
  trendOf(index: number, most = 60): { time: number; bytes: number }[] {
    const column = this.column(index);
    const each = Math.max(1, Math.ceil(this.#count / most));
    const trend: { time: number; bytes: number }[] = [];
    for (let at = (this.#count - 1) % each; at < this.#count; at += each)
      trend.push({ time: this.#times[at] ?? 0, bytes: column[at] ?? 0 });
    return trend;
  }

  /** How much a column has changed within the last `windowMs`. */
  changeOf(index: number, windowMs: number): number {
    const column = this.column(index);
    const begin = (this.#times[this.#count - 1] ?? 0) - windowMs;
    let first = 0;
    while (first < this.#count - 1 && (this.#times[first] ?? 0) < begin) ++first;
    return (column[this.#count - 1] ?? 0) - (column[first] ?? 0);
  }
}
