// Heap maps of the past, in bounded memory: stretches of one kind are kept as one number, and when there are too many maps
// every other one of the older half is dropped.
import type { HeapCells } from './source.js';

export interface PastMap {
  time: number;
  cellBytes: number;
  cellCount: number;
  /** Kind in the upper 8 bits, how many cells in the lower 24. */
  stretches: Uint32Array;
}

export class MapReplay {
  readonly #maps: PastMap[] = [];
  #stretchCount = 0;
  /** The most cells that there ever were: the picture keeps its scale when memory shrinks. */
  mostCells = 0;

  constructor(
    readonly mostMaps = 240,
    readonly mostStretches = 1 << 20,
  ) {}

  get count(): number {
    return this.#maps.length;
  }

  at(index: number): PastMap | undefined {
    return this.#maps[index];
  }

  all(): readonly PastMap[] {
    return this.#maps;
  }

  /** Returns the map as it is kept. Cost: one step a cell. One that is the same as the one before is not kept again. */
  add(time: number, { cells, cellBytes }: HeapCells): PastMap {
    this.mostCells = Math.max(this.mostCells, cells.length);
    const stretches = encode(cells);
    const last = this.#maps.at(-1);
    if (last?.cellCount === cells.length && same(last.stretches, stretches)) return last;
    const map = { time, cellBytes, cellCount: cells.length, stretches };
    this.push(map);
    return map;
  }

  push(map: PastMap): void {
    this.mostCells = Math.max(this.mostCells, map.cellCount);
    this.#maps.push(map);
    this.#stretchCount += map.stretches.length;
    while (this.#maps.length > 2 && (this.#maps.length > this.mostMaps || this.#stretchCount > this.mostStretches)) {
      const older = this.#maps.length >> 1;
      const kept = this.#maps.filter((_, index) => index >= older || index % 2 === 0);
      if (kept.length === this.#maps.length) kept.shift();
      this.#maps.splice(0, this.#maps.length, ...kept);
      this.#stretchCount = kept.reduce((sum, { stretches: { length } }) => sum + length, 0);
    }
  }
}

let scratch = new Uint32Array(1 << 14);

export function encode(cells: Uint8Array): Uint32Array {
  let count = 0;
  for (let at = 0; at < cells.length;) {
    const kind = cells[at] ?? 0;
    let end = at + 1;
    while (end < cells.length && cells[end] === kind && end - at < 0xffffff) ++end;
    if (count === scratch.length) {
      const larger = new Uint32Array(scratch.length * 2);
      larger.set(scratch);
      scratch = larger;
    }
    scratch[count++] = ((kind << 24) | (end - at)) >>> 0;
    at = end;
  }
  return scratch.slice(0, count);
}

export function decode({ stretches, cellCount }: PastMap): Uint8Array {
  const cells = new Uint8Array(cellCount);
  let at = 0;
  for (const stretch of stretches) {
    const end = at + (stretch & 0xffffff);
    cells.fill(stretch >>> 24, at, end);
    at = end;
  }
  return cells;
}

function same(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
  return true;
}
