// The readings that the timeline draws, in columns of a fixed size: hours take no more memory than minutes.
//
// When there is no room for one more, the older half is thinned where it is densest for its age: of two neighbours the one stays in
// which more memory was filled. Recent times are kept in full, older ones ever more coarsely, so that each stretch of the past has its
// share; the first reading and the highest peak are never lost.
import type { Reading } from './source.js';

const columns = ['time', 'used', 'reserved', 'allocated', 'limit'] as const;
export type Column = (typeof columns)[number];

export class Track {
  readonly #columns: Record<Column, Float64Array>;
  #count = 0;

  /** Of at least 6 readings. */
  constructor(readonly capacity = 2048) {
    const make = (): Float64Array => new Float64Array(capacity);
    this.#columns = { time: make(), used: make(), reserved: make(), allocated: make(), limit: make() };
  }

  get count(): number {
    return this.#count;
  }

  /** What is not known is NaN. */
  column(name: Column): Float64Array {
    return this.#columns[name].subarray(0, this.#count);
  }

  get lastTime(): number {
    return this.#count === 0 ? NaN : (this.#columns.time[this.#count - 1] ?? NaN);
  }

  /** A reading that isn't later than the last one is dropped. */
  add(reading: Reading): void {
    if (reading.time <= this.lastTime) return;
    if (this.#count === this.capacity) this.#thin();
    const at = this.#count++;
    for (const name of columns) this.#columns[name][at] = reading[name] ?? NaN;
  }

  /** A place where the lines are broken: nothing was read for a while. */
  addGap(time: number): void {
    if (this.#count === 0 || Number.isNaN(this.#columns.allocated[this.#count - 1])) return;
    if (this.#count === this.capacity) this.#thin();
    const at = this.#count++;
    for (const name of columns) this.#columns[name][at] = name === 'time' ? time : NaN;
  }

  /** Index of the reading nearest to a time; -1 when there is none. */
  nearest(time: number): number {
    const times = this.column('time');
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && Math.abs((times[low - 1] ?? 0) - time) < Math.abs((times[low] ?? 0) - time)) --low;
    return times.length === 0 ? -1 : low;
  }

  #thin(): void {
    const old = this.#count >> 1;
    const filled = (at: number): number => {
      const used = this.#columns.used[at] ?? NaN;
      return Number.isNaN(used) ? (this.#columns.allocated[at] ?? NaN) : used;
    };
    const timeAt = (at: number): number => this.#columns.time[at] ?? NaN;
    /** Of two neighbours: how much of their age lies between those beside them. */
    const sparsity = (at: number): number => (timeAt(at + 1) - timeAt(at - 1)) / (this.lastTime - timeAt(at));
    const pairs = Array.from({ length: (old - 1) >> 1 }, (_, i) => sparsity(2 * i + 1)).sort((a, b) => a - b);
    const most = pairs[pairs.length >> 1] ?? Infinity;
    let kept = 0;
    const keep = (from: number): void => {
      for (const name of columns) this.#columns[name][kept] = this.#columns[name][from] ?? NaN;
      ++kept;
    };
    keep(0); // since when there are readings
    for (let at = 1; at < old; at += 2) {
      const isDense = at + 1 < old && sparsity(at) <= most;
      const isLater = isDense && (filled(at + 1) >= filled(at) || Number.isNaN(filled(at)));
      keep(isLater ? at + 1 : at);
      if (!isDense && at + 1 < old) keep(at + 1);
    }
    for (const name of columns) this.#columns[name].copyWithin(kept, old, this.#count);
    this.#count = kept + this.#count - old;
  }
}
