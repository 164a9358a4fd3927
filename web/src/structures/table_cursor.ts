// Iteration over a table that may change meanwhile.
//
// A cursor stands in front of an entry. Where entries get other numbers, the table begins a new generation, and the old one
// says what became of its positions: a cursor that comes by later follows the generations to the last one. Those that no
// cursor needs are collected.
import type { Table } from './table.js';

/** As RelocationLog of src/structures/relocations.h, in words of 32 bits. */
const wordsOfBits = 128;
const relocationWords = 4 + wordsOfBits;
const relocationsAt = 2;

export const columnOfIntegers = 0;
export const columnOfBoxes = 2;

interface Relocation {
  readonly from: number;
  readonly to: number;
  readonly base: number;
  readonly live: Uint32Array;
}

function bitCount(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export class Generation {
  next: Generation | null = null;
  #relocations: readonly Relocation[] | null = null;

  /** The generation after everything was erased: positions are those of the begin. */
  cleared(): Generation {
    return (this.next = new Generation());
  }

  /** The one after the relocations that stand in the engine's log; this one where there are none. */
  relocated(words: Uint32Array, log: number): Generation {
    const count = words[log] as number;
    if (count === 0) return this;
    const relocations: Relocation[] = [];
    for (let i = 0, at = log + relocationsAt; i < count; ++i, at += relocationWords) {
      relocations.push({
        from: words[at] as number,
        to: words[at + 1] as number,
        base: words[at + 2] as number,
        live: words.slice(at + 4, at + relocationWords),
      });
    }
    this.#relocations = relocations;
    return (this.next = new Generation());
  }

  /** Moves a cursor's position to the generation after this one. */
  translate(cursor: Cursor): void {
    if (this.#relocations === null) {
      cursor.number = -1;
      cursor.next = 0;
      return;
    }
    const relocation = this.#relocations.find(({ from }) => from === cursor.number);
    if (relocation === undefined) return;
    const { live } = relocation;
    let place = relocation.base;
    const whole = cursor.next >>> 5;
    for (let i = 0; i < whole; ++i) place += bitCount(live[i] as number);
    if ((cursor.next & 31) !== 0) place += bitCount((live[whole] as number) & ((1 << (cursor.next & 31)) - 1));
    cursor.number = relocation.to;
    cursor.next = place;
  }
}

export class Cursor {
  // Where it stands: the segment, -1 in front of the first, and the place of the next entry in it.
  number = -1;
  next = 0;
  /** Place of the entry that was taken last. */
  place = 0;
  // The segment, as SegmentView of bindings/structures_table.cpp; addresses are good while isCurrent.
  keyKind = 0;
  valueKind = 0;
  keys = 0;
  values = 0;
  texts = 0;
  dead = 0;
  used = 0;
  #following = -1;
  #generation: Generation;
  #version = -1;
  #memoryGeneration = 0;

  constructor(private readonly table: Table) {
    this.#generation = table.generation;
  }

  /** Whether the addresses are good still. */
  get isCurrent(): boolean {
    return this.#version === this.table.version && this.#memoryGeneration === this.table.memory.generation;
  }

  /** Keys of the segment are integers, and none of its entries was erased. Requires isCurrent. */
  get isOfNumbers(): boolean {
    return this.keyKind === columnOfIntegers && this.dead === 0 && this.values !== 0;
  }

  /** Goes behind the next entry, which is then the one that keyAt() and valueAt() read; false at the end. */
  take(): boolean {
    if (this.isCurrent && this.step()) return true;
    return this.#takeAnywhere();
  }

  /** As take(), where the next place of the same segment has an entry. Requires isCurrent. */
  step(): boolean {
    const place = this.next;
    if (place >= this.used || (this.dead !== 0 && this.isDead(place))) return false;
    this.place = place;
    this.next = place + 1;
    return true;
  }

  #takeAnywhere(): boolean {
    if (!this.isCurrent && !this.#load(this.number)) return false;
    for (;;) {
      for (let place = this.next; place < this.used; ++place) {
        if (!this.isDead(place)) {
          this.place = place;
          this.next = place + 1;
          return true;
        }
      }
      this.next = this.used;
      if (this.#following === -1) return false;
      this.next = 0;
      this.#load(this.#following);
    }
  }

  isDead(place: number): boolean {
    const { dead } = this;
    return dead !== 0 && (((this.table.views.u32[(dead >>> 2) + (place >>> 5)] as number) >>> (place & 31)) & 1) === 1;
  }

  /** False where there is no segment yet. */
  #load(number: number): boolean {
    const { table } = this;
    while (this.#generation.next !== null) {
      this.#generation.translate(this);
      this.#generation = this.#generation.next;
      number = this.number;
    }
    const view = table.memory.exports.tidemark_table_segment(table.address, number) >>> 2;
    if (view === 0) return false;
    const { u32 } = table.views;
    this.keyKind = u32[view] as number;
    this.valueKind = u32[view + 1] as number;
    this.keys = u32[view + 2] as number;
    this.values = u32[view + 3] as number;
    this.texts = u32[view + 4] as number;
    this.dead = u32[view + 5] as number;
    this.used = u32[view + 6] as number;
    this.#following = (u32[view + 7] as number) | 0;
    this.number = u32[view + 8] as number;
    this.#version = table.version;
    this.#memoryGeneration = table.memory.generation;
    return true;
  }
}

/** Has the iterator helpers (map, filter, take …) where the engine has them, and [Symbol.iterator]. */
export const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

/** Over a table, as iterators of Map are; once at its end, it stays there. */
export class TableIterator<T> {
  #cursor: Cursor | null;

  constructor(
    table: Table,
    private readonly read: (cursor: Cursor) => T,
  ) {
    this.#cursor = table.cursor();
  }

  next(): IteratorResult<T, undefined> {
    if (this.#cursor?.take()) return { value: this.read(this.#cursor), done: false };
    this.#cursor = null;
    return { value: undefined, done: true };
  }

  get [Symbol.toStringTag](): string {
    return 'Compact Iterator';
  }
}
Object.setPrototypeOf(TableIterator.prototype, iteratorPrototype);

export const tableIterator = <T>(table: Table, read: (cursor: Cursor) => T): MapIterator<T> =>
  new TableIterator(table, read) as unknown as MapIterator<T>;
