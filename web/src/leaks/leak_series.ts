// What was measured, over time, in fixed memory: a few columns of numbers and the times that they share.
//
// Samples that come faster than a two-hundredth of the window take the place of the last one, so that the series always
// reaches back farther than the window, and its end is always now.
//
// What is older is known by floors: the least value of each of equal parts of all the time that there have been samples. When
// there are too many, two become one, and all parts are twice as long from then on.

/** As many as rule 1 takes (src/leaks/rules/growth.h). */
const maxSamples = 256;
const maxFloors = 128;

export class LeakSeries {
  readonly #floorTimes = new Float64Array(maxFloors); // of the first sample in each
  readonly #floors: Float64Array[];
  #floorCount = 0;
  #partMs: number;
  readonly #times = new Float64Array(maxSamples);
  readonly #columns: Float64Array[];
  readonly #leastGapMs: number;
  #count = 0;

  constructor(columns: number, windowMs: number) {
    this.#columns = Array.from({ length: columns }, () => new Float64Array(maxSamples));
    this.#floors = Array.from({ length: columns }, () => new Float64Array(maxFloors));
    this.#leastGapMs = windowMs / 200;
    this.#partMs = windowMs / 15;
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
    if (this.#count > 0 && timeMs < (this.#times[this.#count - 1] ?? 0)) this.#count = this.#floorCount = 0;
    this.#addToFloors(timeMs, values);
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

  #addToFloors(timeMs: number, values: ArrayLike<number>): void {
    const begin = this.#floorTimes[0] ?? 0;
    const partOf = (time: number): number => Math.floor((time - begin) / this.#partMs);
    const last = this.#floorCount - 1;
    const lower = (at: number, column: Float64Array, value: number): void => {
      column[at] = Math.min(column[at] ?? 0, value);
    };
    if (last >= 0 && partOf(this.#floorTimes[last] ?? 0) === partOf(timeMs)) {
      this.#floors.forEach((column, i) => lower(last, column, values[i] ?? 0));
      return;
    }
    if (this.#floorCount === maxFloors) {
      this.#partMs *= 2;
      let to = 0;
      for (let from = 1; from < maxFloors; ++from) {
        const time = this.#floorTimes[from] ?? 0;
        if (partOf(time) === partOf(this.#floorTimes[to] ?? 0)) {
          for (const column of this.#floors) lower(to, column, column[from] ?? 0);
        } else {
          this.#floorTimes[++to] = time;
          for (const column of this.#floors) column[to] = column[from] ?? 0;
        }
      }
      this.#floorCount = to + 1;
      this.#addToFloors(timeMs, values);
      return;
    }
    this.#floorTimes[this.#floorCount] = timeMs;
    this.#floors.forEach((column, i) => (column[this.#floorCount] = values[i] ?? 0));
    ++this.#floorCount;
  }

  get floorCount(): number {
    return this.#floorCount;
  }

  floorTimes(): Float64Array {
    return this.#floorTimes.subarray(0, this.#floorCount);
  }

  floors(index: number): Float64Array {
    return this.#floors[index]?.subarray(0, this.#floorCount) ?? new Float64Array(0);
  }

  times(): Float64Array {
    return this.#times.subarray(0, this.#count);
  }

  column(index: number): Float64Array {
    return this.#columns[index]?.subarray(0, this.#count) ?? new Float64Array(0);
  }

  /** A column as it went, at `most` moments about as far from each other, the last one among them; `long`: from the begin on. */
  trendOf(index: number, most = 60, long = false): { time: number; bytes: number }[] {
    const times = long ? this.floorTimes() : this.times();
    const column = long ? this.floors(index) : this.column(index);
    const each = Math.max(1, Math.ceil(times.length / most));
    const trend: { time: number; bytes: number }[] = [];
    for (let at = (times.length - 1) % each; at < times.length; at += each)
      trend.push({ time: times[at] ?? 0, bytes: column[at] ?? 0 });
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
