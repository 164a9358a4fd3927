// CompactSet: Set, with its content in linear memory.
import { defaultContext, type Context } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { aFunction, isObject, required, type Check } from '../checks.js';
import { codecOf, requireNumber, type Codec, type NumberType } from './element_type.js';
import { filled, requireIterable, requireNumbers, requireOptions } from './given.js';
import { hasMany, putMany, type Numbers } from './many.js';
import { Table } from './table.js';
import { tableIterator, type Cursor } from './table_cursor.js';

export interface CompactSetOptions {
  /** A type for all elements: other values are refused, and numbers converted as typed arrays do it. Any by default. */
  type?: NumberType | 'any';
}

/** What the operations on two sets take: a Set, a Map, or anything that has these. */
export interface SetLike<T> {
  readonly size: number;
  has(value: T): boolean;
  keys(): Iterator<T>;
}

const aSet: Check = [
  'a Set, or something with size, has() and keys(),',
  (value) => {
    const { size, has, keys } = (isObject(value) ? value : {}) as Partial<SetLike<unknown>>;
    return typeof size === 'number' && typeof has === 'function' && typeof keys === 'function';
  },
];
const requireSet = (given: unknown): void => required('CompactSet: other', given, aSet);

/**
 * Set, with numbers, strings, booleans, null and undefined in linear memory. Any other element is kept by reference.
 *
 * Cost: 7 bytes an integer of 32 bits, 12 any other number, and for strings 8 and their characters.
 */
export class CompactSet<T> {
  readonly #table: Table;
  readonly #codec: Codec | null;
  readonly #options: CompactSetOptions;
  readonly #context: Context;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(values: Iterable<T> | null = null, options: CompactSetOptions = {}, context: Context = defaultContext()) {
    requireIterable('CompactSet: values', values);
    requireOptions('CompactSet', options, ['type']);
    this.#codec = codecOf('CompactSet: type', options.type, true);
    this.#options = options;
    this.#context = context;
    this.#table = new Table('CompactSet', context, false);
    filled(this, () => {
      for (const value of values ?? []) this.add(value);
    });
  }

  get size(): number {
    const { size } = this.#table;
    if (size === 0) this.#table.requireMemory();
    return size;
  }

  has(value: T): boolean {
    return this.#table.has(this.#encode(value));
  }

  /** @throws {TidemarkError} `'out-of-memory'`, and then nothing has changed; `'invalid-argument'`, by a fixed type */
  add(value: T): this {
    if (this.#codec !== null) requireNumber('CompactSet.add: value', value);
    this.#table.put(this.#encode(value), 0);
    return this;
  }

  delete(value: T): boolean {
    return this.#table.erase(this.#encode(value));
  }

  clear(): void {
    this.#table.clear();
  }

  forEach(callback: (value: T, again: T, set: CompactSet<T>) => void, thisArg?: unknown): void {
    required('CompactSet.forEach: callback', callback, aFunction);
    const cursor = this.#table.cursor();
    while (cursor.take()) {
      do {
        const value = this.#read(cursor);
        callback.call(thisArg, value, value, this);
      } while (cursor.isCurrent && cursor.step());
    }
  }

  values(): SetIterator<T> {
    this.#table.requireMemory();
    return tableIterator(this.#table, (cursor) => this.#read(cursor));
  }

  keys(): SetIterator<T> {
    return this.values();
  }

  entries(): SetIterator<[T, T]> {
    this.#table.requireMemory();
    return tableIterator(this.#table, (cursor) => {
      const value = this.#read(cursor);
      return [value, value];
    });
  }

  [Symbol.iterator](): SetIterator<T> {
    return this.values();
  }

  get [Symbol.toStringTag](): string {
    return 'CompactSet';
  }

  union(other: SetLike<T>): CompactSet<T> {
    requireSet(other);
    const result = this.#copy();
    for (const value of valuesOf(other)) result.add(value);
    return result;
  }

  intersection(other: SetLike<T>): CompactSet<T> {
    requireSet(other);
    return this.#filter((value) => other.has(value));
  }

  difference(other: SetLike<T>): CompactSet<T> {
    requireSet(other);
    return this.#filter((value) => !other.has(value));
  }

  symmetricDifference(other: SetLike<T>): CompactSet<T> {
    requireSet(other);
    const result = this.#copy();
    for (const value of valuesOf(other)) {
      if (this.has(value)) result.delete(value);
      else result.add(value);
    }
    return result;
  }

  isSubsetOf(other: SetLike<T>): boolean {
    requireSet(other);
    if (this.size > other.size) return false;
    for (const value of this) if (!other.has(value)) return false;
    return true;
  }

  isSupersetOf(other: SetLike<T>): boolean {
    requireSet(other);
    if (this.size < other.size) return false;
    for (const value of valuesOf(other)) if (!this.has(value)) return false;
    return true;
  }

  isDisjointFrom(other: SetLike<T>): boolean {
    requireSet(other);
    for (const value of this) if (other.has(value)) return false;
    return true;
  }

  /** Adds many numbers in one call of the engine. */
  addMany(values: Numbers): this {
    requireNumbers('CompactSet: values', values);
    putMany(this.#table, this.#encodeAll(values), null);
    return this;
  }

  /** 1 where a number is there, else 0; in one call of the engine. */
  hasMany(values: Numbers): Uint8Array<ArrayBuffer> {
    requireNumbers('CompactSet: values', values);
    return hasMany(this.#table, this.#encodeAll(values));
  }

  /** Bytes that it holds in linear memory, its index and all room included. */
  get memoryUsage(): number {
    return this.#table.bytes;
  }

  /** Gives back all room that is kept for growth, and what erased elements have left. */
  compact(): void {
    this.#table.compact();
  }

  dispose(): void {
    this.#table.dispose();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  #copy(): CompactSet<T> {
    return new CompactSet<T>(this, this.#options, this.#context);
  }

  #filter(keep: (value: T) => boolean): CompactSet<T> {
    const result = new CompactSet<T>(null, this.#options, this.#context);
    for (const value of this) if (keep(value)) result.add(value);
    return result;
  }

  #encode(value: T): unknown {
    return this.#codec !== null && typeof value === 'number' ? this.#codec.encode(value) : value;
  }

  #encodeAll(values: Numbers): Numbers {
    const codec = this.#codec;
    if (codec === null || codec.isPlain) return values;
    return Float64Array.from(values, (value) => {
      requireNumber('CompactSet: value', value);
      return codec.encode(value);
    });
  }

  #read(cursor: Cursor): T {
    const value = this.#table.keyAt(cursor);
    return (this.#codec === null ? value : this.#codec.decode(value as number)) as T;
  }
}

function* valuesOf<T>(set: SetLike<T>): Generator<T> {
  const iterator = set.keys();
  for (let step = iterator.next(); !step.done; step = iterator.next()) yield step.value;
}
