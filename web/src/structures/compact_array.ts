// CompactArray: Array, with its elements in linear memory.
//
// While all elements are numbers, at() and set() are a compare and an access of a view: it is given up wherever it may have become
// wrong, by the engine when blocks have moved, and here when there is less or something else to see. They are written so that
// V8 keeps numbers unboxed: what takes longer, and has been called, may not give the result, but only the index. A negative index
// calls nothing: one such read would make all others slower.
import { defaultContext, type Context } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { TidemarkError } from '../errors.js';
import { arrayIterator } from './array_iterator.js';
import { Cells } from './cells.js';
import { Column, emptyViews, type NumberView } from './column.js';
import { isNumberType, numberTypes, requireNumber, type NumberType } from './element_type.js';
import { requireIterable, requireOptions } from './given.js';
import { aFunction, check, refuse, required } from '../checks.js';
import { relativeIndex } from './relative_index.js';
import { orderOf } from './sort_order.js';
import { orDispose } from './structure.js';
import type { ViewHolder } from './structure_memory.js';

export interface CompactArrayOptions {
  /** A type for all elements: other values are refused, and numbers converted as typed arrays do it. Any by default. */
  type?: NumberType | 'any';
}

/** Callbacks are given what those of Array are. */
type Visit<T, R> = (value: T, index: number, array: CompactArray<T>) => R;

/**
 * Array, with its elements in linear memory: of a fixed type, as many bytes as that has; of any type, 8 bytes, and the
 * characters of strings with 1 to 5 bytes more. What map(), filter(), slice() and the like return is an Array.
 *
 * It has no holes, and no index operator: at(), which takes negative indices too, and set().
 */
export class CompactArray<T> implements Iterable<T> {
  /** What elements below `ready` are read from. */
  protected view: NumberView;
  /** The length, or 0 where the view isn't good. */
  protected ready = 0;
  readonly #cells: Cells | null;
  readonly #column: Column;
  #length = 0;
  /** Told by the engine; nothing but this holds it. */
  readonly #holder: ViewHolder = {
    dropViews: () => {
      this.#isWatched = false;
      this.#dropView();
    },
  };
  readonly #watched = new WeakRef(this.#holder);
  #isWatched = false;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(
    values: Iterable<T> | null = null,
    options: CompactArrayOptions = {},
    context: Context = defaultContext(),
  ) {
    requireIterable('CompactArray: values', values);
    requireOptions('CompactArray', options, ['type']);
    const { type = 'any' } = options;
    if (type === 'any') {
      this.#cells = new Cells('CompactArray', context);
      this.#column = this.#cells.column;
    } else if (isNumberType(type)) {
      this.#cells = null;
      this.#column = new Column('CompactArray', type, context);
    } else {
      refuse('CompactArray: type', type, `one of ${[...numberTypes, 'any'].join(', ')}`, 'invalid-config');
    }
    this.view = emptyViews[this.#column.type];
    orDispose(this, () => {
      for (const value of values ?? []) this.push(value);
    });
  }

  get length(): number {
    if (this.#length === 0) this.#requireMemory();
    return this.#length;
  }

  /** A shorter length drops the last elements; a longer one adds undefined, or 0 where the type is fixed. */
  set length(length: number) {
    if (!Number.isInteger(length) || length < 0) {
      refuse('CompactArray.length', length, 'a length');
    }
    if (length < this.#length) {
      if (this.#cells !== null) for (let i = length; i < this.#length; ++i) this.#cells.release(i);
      this.#length = length;
      if (this.ready > length) this.ready = length;
      return;
    }
    this.#requireMemory();
    this.#reserve(length);
    if (this.#cells !== null) {
      while (this.#length < length) this.push(undefined as T);
      return;
    }
    const first = this.#length;
    this.#length = length;
    this.#dropView(); // its length is that of before
    this.#numbers().fill(0, first);
  }

  at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) {
      place = this.place(index) >>> 0;
      if (this.isMixed) return this.readMixed(place);
    }
    return this.view[place] as T;
  }

  /**
   * Replaces the element at `index`, or adds one where that is the length.
   *
   * @throws {TidemarkError} `'invalid-argument'`: no such index, or not of the fixed type; `'out-of-memory'`
   */
  set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }

  /** The new length. Of several values, all are there afterwards, or none. */
  push(...values: T[]): number {
    if (values.length === 1) this.#write(this.#length, values[0] as T);
    else this.#pushAll(values);
    return this.#length;
  }

  pop(): T | undefined {
    if (this.#length === 0) {
      this.#requireMemory();
      return undefined;
    }
    const value = this.#read(this.#length - 1);
    this.#cells?.release(this.#length - 1);
    --this.#length;
    if (this.ready > this.#length) this.ready = this.#length;
    return value;
  }

  shift(): T | undefined {
    return this.splice(0, 1)[0];
  }

  unshift(...values: T[]): number {
    this.splice(0, 0, ...values);
    return this.#length;
  }

  /** As Array's: takes `count` elements out at `start`, puts `values` there, and returns what it took out. */
  splice(...given: [start: number, count?: number, ...values: T[]]): T[] {
    const [start, count = given.length === 1 ? this.#length : 0, ...values] = given;
    const begin = relativeIndex(start, this.#length);
    const removed = Math.max(0, Math.min(Math.trunc(count) || 0, this.#length - begin));
    const taken = this.slice(begin, begin + removed);
    this.#replace(begin, begin + removed, values);
    return taken;
  }

  fill(value: T, start = 0, end = this.#length): this {
    this.#requireMemory();
    const first = relativeIndex(start, this.#length);
    const last = relativeIndex(end, this.#length);
    if (this.#cells === null) {
      requireNumber('CompactArray: element', value);
      this.#numbers().fill(value, first, last);
    } else if (typeof value === 'string' || value instanceof Uint8Array) {
      if (first < last) this.#replace(first, last, new Array<T>(last - first).fill(value));
    } else {
      for (let i = first; i < last; ++i) this.set(i, value);
    }
    return this;
  }

  reverse(): this {
    if (this.isMixed) this.#cells?.permute(Array.from({ length: this.#length }, (_, i) => this.#length - 1 - i));
    else this.#numbers().reverse();
    return this;
  }

  /** As Array's: without `compare`, by the strings that the elements are; of a fixed type, as typed arrays, by number. */
  sort(compare?: (a: T, b: T) => number): this {
    check('CompactArray.sort: compare', compare, aFunction);
    if (this.#cells === null && compare === undefined) {
      this.#numbers().sort();
      return this;
    }
    const values = this.toArray();
    if (this.isMixed) {
      const order = orderOf(values, compare);
      if (this.#length === order.length) this.#cells?.permute(order);
    } else {
      values.sort(compare);
      for (let i = 0; i < values.length && i < this.#length; ++i) this.set(i, values[i] as T);
    }
    return this;
  }

  clear(): void {
    this.#requireMemory();
    this.#length = 0;
    this.#dropView();
    if (this.#cells !== null) this.#cells.clear();
    else this.#column.trim(0);
  }

  toArray(): T[] {
    return this.slice();
  }

  slice(start = 0, end = this.#length): T[] {
    this.#requireMemory();
    const last = relativeIndex(end, this.#length);
    if (this.#cells === null) {
      return Array.from(this.#numbers().subarray(relativeIndex(start, this.#length), last)) as T[];
    }
    const values: T[] = [];
    for (let i = relativeIndex(start, this.#length); i < last; ++i) values.push(this.at(i) as T);
    return values;
  }

  forEach(visit: Visit<T, void>, thisArg?: unknown): void {
    required('CompactArray: callback', visit, aFunction);
    for (let i = 0, { length } = this; i < length && i < this.#length; ++i)
      visit.call(thisArg, this.at(i) as T, i, this);
  }

  map<R>(visit: Visit<T, R>, thisArg?: unknown): R[] {
    required('CompactArray: callback', visit, aFunction);
    const results: R[] = [];
    this.forEach((value, index) => results.push(visit.call(thisArg, value, index, this)));
    return results;
  }

  filter(keep: Visit<T, unknown>, thisArg?: unknown): T[] {
    required('CompactArray: callback', keep, aFunction);
    const values: T[] = [];
    this.forEach((value, index) => {
      if (keep.call(thisArg, value, index, this)) values.push(value);
    });
    return values;
  }

  reduce(combine: (sum: T, value: T, index: number, array: CompactArray<T>) => T): T;
  reduce<R>(combine: (sum: R, value: T, index: number, array: CompactArray<T>) => R, initial: R): R;
  reduce(
    combine: (sum: never, value: T, index: number, array: CompactArray<T>) => unknown,
    ...initial: unknown[]
  ): unknown {
    required('CompactArray: callback', combine, aFunction);
    let index = 0;
    let sum: unknown = initial[0];
    if (initial.length === 0) {
      if (this.#length === 0) {
        throw new TypeError('CompactArray.reduce: it is empty, and there is no initial value');
      }
      sum = this.at(index++);
    }
    for (const { length } = this; index < length && index < this.#length; ++index) {
      sum = combine(sum as never, this.at(index) as T, index, this);
    }
    return sum;
  }

  find(match: Visit<T, unknown>, thisArg?: unknown): T | undefined {
    return this.#search(match, thisArg)?.[1];
  }

  findIndex(match: Visit<T, unknown>, thisArg?: unknown): number {
    return this.#search(match, thisArg)?.[0] ?? -1;
  }

  some(match: Visit<T, unknown>, thisArg?: unknown): boolean {
    return this.#search(match, thisArg) !== undefined;
  }

  every(match: Visit<T, unknown>, thisArg?: unknown): boolean {
    required('CompactArray: callback', match, aFunction);
    return this.#search((value, index) => !match.call(thisArg, value, index, this)) === undefined;
  }

  indexOf(wanted: T, start = 0): number {
    if (this.#cells === null) return this.#numbers().indexOf(wanted as number, start);
    for (let i = relativeIndex(start, this.length); i < this.#length; ++i) if (this.at(i) === wanted) return i;
    return -1;
  }

  lastIndexOf(...given: [wanted: T, start?: number]): number {
    const { length } = this;
    const [wanted, start = given.length === 1 ? length : 0] = given;
    const last = Math.trunc(start) || 0;
    for (let i = last < 0 ? last + length : Math.min(last, length - 1); i >= 0; --i)
      if (this.at(i) === wanted) return i;
    return -1;
  }

  /** Finds NaN too. */
  includes(wanted: T, start = 0): boolean {
    if (!Number.isNaN(wanted)) return this.indexOf(wanted, start) !== -1;
    const first = relativeIndex(start, this.length);
    return this.some((value, i) => i >= first && Number.isNaN(value));
  }

  join(separator = ','): string {
    return this.toArray().join(separator);
  }

  *keys(): Generator<number, undefined> {
    for (let i = 0; i < this.length; ++i) yield i;
  }

  values(): ArrayIterator<T> {
    return arrayIterator(this);
  }

  *entries(): Generator<[number, T], undefined> {
    for (let i = 0; i < this.length; ++i) yield [i, this.at(i) as T];
  }

  [Symbol.iterator](): ArrayIterator<T> {
    return this.values();
  }

  get [Symbol.toStringTag](): string {
    return 'CompactArray';
  }

  /**
   * The numbers themselves, to read and write: for loops that are to be as fast as those over a typed array. Good until elements are
   * added or removed, or memory grows, is compacted or shrunk: ask for it again after anything that may do so.
   *
   * @throws {TidemarkError} `'not-supported'`: an element is something other than a number, or was
   */
  column(): NumberView {
    this.#requireMemory();
    if (this.isMixed) {
      throw new TidemarkError('not-supported', 'CompactArray.column: elements are not all numbers; use at() and set()');
    }
    return this.#numbers();
  }

  /** Bytes that it holds in linear memory, all room included. */
  get memoryUsage(): number {
    return this.#cells === null ? this.#column.bytes : this.#cells.bytes;
  }

  /** Gives back all room that is kept for growth. */
  compact(): void {
    this.#requireMemory();
    this.#dropView();
    if (this.#cells !== null) this.#cells.trim(this.#length);
    else this.#column.trim(this.#length);
  }

  dispose(): void {
    this.#length = 0;
    this.#dropView();
    if (this.#cells !== null) this.#cells.dispose();
    else this.#column.dispose();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  /** Whether elements are something other than numbers. */
  protected get isMixed(): boolean {
    return this.#cells?.isMixed === true;
  }

  /** The place of an element, as at() takes its index, and a good view, where there are numbers only; -1 where there is none. */
  protected place(index: number): number {
    const length = this.#length;
    index = Math.trunc(index) || 0;
    if (index < 0) index += length;
    if (!(index >= 0 && index < length)) {
      this.#requireMemory();
      return -1;
    }
    if (!this.isMixed) this.#makeView();
    return index;
  }

  protected readMixed(place: number): T | undefined {
    return place < this.#length ? (this.#cells?.read(place) as T) : undefined;
  }

  /** set() of what isn't there yet, or no number, or where the view isn't good. */
  protected setAnyIndex(index: number, value: T): void {
    const length = this.#length;
    if (!(index >= 0 && index <= length && Number.isInteger(index))) {
      refuse('CompactArray.set: index', index, `0 … ${length}`);
    }
    this.#write(index, value);
  }

  /** Index and value of the first that matches, of those that are there now: as they were when it was asked of them. */
  #search(match: Visit<T, unknown>, thisArg?: unknown): [index: number, value: T] | undefined {
    required('CompactArray: callback', match, aFunction);
    for (let i = 0, { length } = this; i < length && i < this.#length; ++i) {
      const value = this.at(i) as T;
      if (match.call(thisArg, value, i, this)) return [i, value];
    }
    return undefined;
  }

  /** Requires 0 <= index < length. */
  #read(index: number): T {
    if (this.#cells?.isMixed) return this.#cells.read(index) as T;
    const column = this.#column;
    if (!column.isCurrent) column.refresh();
    return column.view[index] as T;
  }

  /** Requires 0 <= index <= length. */
  #write(index: number, value: T): void {
    const length = this.#length;
    if (this.#cells === null) requireNumber('CompactArray: element', value);
    if (index === length) this.#reserve(length + 1);
    if (this.#cells !== null) {
      this.#cells.write(index, value, length);
    } else {
      if (!this.#column.isCurrent) this.#column.refresh();
      this.#column.view[index] = value as number;
    }
    if (index === length) ++this.#length;
    if (this.isMixed) this.#dropView();
    else this.#makeView();
  }

  #reserve(count: number): void {
    if (count <= this.#column.capacity) return;
    this.#dropView();
    this.#column.reserve(count, this.#length);
  }

  #dropView(): void {
    this.ready = 0;
    this.view = emptyViews[this.#column.type];
  }

  #makeView(): void {
    const column = this.#column;
    if (!column.isCurrent) column.refresh();
    this.view = column.view;
    this.ready = this.#length;
    if (this.#isWatched) return;
    this.#isWatched = true;
    column.memory.watch(this.#watched);
  }

  /** The elements of a fixed type, until the next call of the engine. */
  #numbers(): NumberView {
    if (!this.#column.isCurrent) this.#column.refresh();
    return this.#column.view.subarray(0, this.#length);
  }

  #requireMemory(): void {
    if (this.#column.disposed) this.#column.refresh();
  }

  /** All of them, or none. */
  #pushAll(values: readonly T[]): void {
    const length = this.#length;
    this.#requireMemory();
    try {
      for (const value of values) this.#write(this.#length, value);
    } catch (error) {
      if (this.#length > length) this.length = length;
      throw error;
    }
  }

  /** In place of the elements from `begin` to `end`, whose texts and references go. What can be refused comes first. */
  #replace(begin: number, end: number, values: readonly T[]): void {
    const length = this.#length;
    this.#pushAll(values);
    const column = this.#column;
    if (!column.isCurrent) column.refresh();
    const { view } = column;
    const added = view.slice(length, length + values.length) as Float64Array<ArrayBuffer>;
    if (this.#cells !== null) for (let i = begin; i < end; ++i) this.#cells.release(i);
    view.copyWithin(begin + values.length, end, length);
    view.set(added, begin);
    this.#length = length - (end - begin) + values.length;
    this.#dropView();
  }
}
