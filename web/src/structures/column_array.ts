// ColumnArray: an array of records, one column of linear memory for each field.
import { defaultContext, type Context } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { aFunction, anObject, isObject, refuse, required } from '../checks.js';
import { Column, type NumberView } from './column.js';
import { isNumberType, numberTypes, requireNumber, type NumberType } from './element_type.js';
import { relativeIndex } from './relative_index.js';
import { orDispose } from './structure.js';

/** Names of fields, and the types of their columns. */
export type ColumnTypes = Readonly<Record<string, NumberType>>;
export type RecordOf<Types extends ColumnTypes> = { [Name in keyof Types]: number };

type Visit<Types extends ColumnTypes, R> = (record: RecordOf<Types>, index: number, array: ColumnArray<Types>) => R;

/**
 * What createCompactArray({ x: 'f32', id: 'u32' }) makes: a record costs the bytes of its fields. Records go in and come out
 * as copies: changing one changes nothing here. What map(), filter() and slice() return is an Array.
 */
export class ColumnArray<Types extends ColumnTypes> implements Iterable<RecordOf<Types>> {
  readonly #names: readonly (keyof Types & string)[];
  readonly #columns: readonly Column[];
  #length = 0;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(types: Types, context: Context = defaultContext()) {
    required('ColumnArray: columns', types, ["an object of types, as { x: 'f32' },", anObject[1]], 'invalid-config');
    this.#names = Object.keys(types);
    for (const name of this.#names) {
      if (!isNumberType(types[name])) {
        refuse(`CompactArray: ${name}`, types[name], `one of ${numberTypes.join(', ')}`, 'invalid-config');
      }
    }
    const columns: Column[] = [];
    this.#columns = columns;
    orDispose(this, () => {
      for (const name of this.#names) columns.push(new Column('CompactArray', types[name] as NumberType, context));
    });
  }

  get length(): number {
    if (this.#length === 0) this.#requireMemory();
    return this.#length;
  }

  at(index: number): RecordOf<Types> | undefined {
    const { length } = this;
    index = Math.trunc(index) || 0;
    if (index < 0) index += length;
    return index >= 0 && index < length ? this.#read(index) : undefined;
  }

  set(index: number, record: RecordOf<Types>): this {
    const numbers = this.#numbersOf('set', record);
    const { length } = this;
    if (!(index >= 0 && index <= length && Number.isInteger(index))) {
      refuse('CompactArray.set: index', index, `0 … ${length}`);
    }
    this.#write(index, numbers);
    return this;
  }

  /** The new length. Of several records, all are there afterwards, or none. */
  push(...records: RecordOf<Types>[]): number {
    const rows = records.map((record) => this.#numbersOf('push', record));
    const { length } = this;
    for (const column of this.#columns) column.reserve(length + rows.length, length);
    for (const numbers of rows) this.#write(this.#length, numbers);
    return this.#length;
  }

  pop(): RecordOf<Types> | undefined {
    const record = this.at(-1);
    if (this.#length > 0) --this.#length;
    return record;
  }

  /**
   * One field of all records, to read and write. Good until records are added, or memory grows, is compacted or shrunk:
   * ask for it again after anything that may do so.
   */
  column(name: keyof Types & string): NumberView {
    const index = this.#names.indexOf(name);
    if (index === -1) refuse('CompactArray.column: name', name, `one of ${this.#names.join(', ')}`);
    return this.#view(index).subarray(0, this.#length);
  }

  toArray(): RecordOf<Types>[] {
    return this.slice();
  }

  slice(start = 0, end = this.length): RecordOf<Types>[] {
    const { length } = this;
    const from = relativeIndex(start, length);
    return Array.from({ length: Math.max(0, relativeIndex(end, length) - from) }, (_, i) => this.#read(from + i));
  }

  forEach(visit: Visit<Types, void>, thisArg?: unknown): void {
    required('CompactArray: callback', visit, aFunction);
    const { length } = this;
    for (let i = 0; i < length && i < this.#length; ++i) visit.call(thisArg, this.#read(i), i, this);
  }

  map<R>(visit: Visit<Types, R>, thisArg?: unknown): R[] {
    required('CompactArray: callback', visit, aFunction);
    const results: R[] = [];
    this.forEach((record, i) => (results[i] = visit.call(thisArg, record, i, this)));
    return results;
  }

  filter(keep: Visit<Types, unknown>, thisArg?: unknown): RecordOf<Types>[] {
    required('CompactArray: callback', keep, aFunction);
    const kept: RecordOf<Types>[] = [];
    this.forEach((record, i) => {
      if (keep.call(thisArg, record, i, this)) kept.push(record);
    });
    return kept;
  }

  reduce(
    combine: (sum: RecordOf<Types>, record: RecordOf<Types>, index: number, array: this) => RecordOf<Types>,
  ): RecordOf<Types>;
  reduce<R>(combine: (sum: R, record: RecordOf<Types>, index: number, array: this) => R, initial: R): R;
  reduce(
    combine: (sum: never, record: RecordOf<Types>, index: number, array: this) => unknown,
    ...initial: unknown[]
  ): unknown {
    required('CompactArray: callback', combine, aFunction);
    if (initial.length === 0 && this.length === 0) {
      throw new TypeError('CompactArray.reduce: it is empty, and there is no initial value');
    }
    let sum: unknown = initial.length > 0 ? initial[0] : this.#read(0);
    this.forEach((record, i) => {
      if (initial.length > 0 || i > 0) sum = combine(sum as never, record, i, this);
    });
    return sum;
  }

  find(match: Visit<Types, unknown>, thisArg?: unknown): RecordOf<Types> | undefined {
    return this.#search(match, thisArg)?.[1];
  }

  findIndex(match: Visit<Types, unknown>, thisArg?: unknown): number {
    return this.#search(match, thisArg)?.[0] ?? -1;
  }

  some(match: Visit<Types, unknown>, thisArg?: unknown): boolean {
    return this.#search(match, thisArg) !== undefined;
  }

  every(match: Visit<Types, unknown>, thisArg?: unknown): boolean {
    required('CompactArray: callback', match, aFunction);
    return this.#search((record, i) => !match.call(thisArg, record, i, this)) === undefined;
  }

  /** Of the first record from `start` on whose fields are all those of `wanted`; -1 where there is none. */
  indexOf(wanted: RecordOf<Types>, start = 0): number {
    const { length } = this;
    const views = this.#columns.map((_, i) => this.#view(i));
    const fields = this.#names.map((name) => (wanted as RecordOf<Types> | null | undefined)?.[name]);
    for (let i = relativeIndex(start, length); i < length; ++i) {
      if (views.every((view, column) => view[i] === fields[column])) return i;
    }
    return -1;
  }

  includes(wanted: RecordOf<Types>, start = 0): boolean {
    return this.indexOf(wanted, start) !== -1;
  }

  *keys(): Generator<number, undefined> {
    for (let i = 0; i < this.length; ++i) yield i;
  }

  *entries(): Generator<[number, RecordOf<Types>], undefined> {
    for (let i = 0; i < this.length; ++i) yield [i, this.#read(i)];
  }

  *values(): Generator<RecordOf<Types>, undefined> {
    for (let i = 0; i < this.length; ++i) yield this.#read(i);
  }

  [Symbol.iterator](): Generator<RecordOf<Types>, undefined> {
    return this.values();
  }

  get [Symbol.toStringTag](): string {
    return 'ColumnArray';
  }

  clear(): void {
    this.#requireMemory();
    this.#length = 0;
    for (const column of this.#columns) column.trim(0);
  }

  get memoryUsage(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes, 0);
  }

  compact(): void {
    for (const column of this.#columns) column.trim(this.#length);
  }

  dispose(): void {
    this.#length = 0;
    for (const column of this.#columns) column.dispose();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  /** Index and record of the first that matches, of those that are there now. */
  #search(match: Visit<Types, unknown>, thisArg?: unknown): [index: number, record: RecordOf<Types>] | undefined {
    required('CompactArray: callback', match, aFunction);
    for (let i = 0, { length } = this; i < length && i < this.#length; ++i) {
      const record = this.#read(i);
      if (match.call(thisArg, record, i, this)) return [i, record];
    }
    return undefined;
  }

  /** Read once, and before anything else: a field may be a getter, which may change the array. */
  #numbersOf(what: string, record: RecordOf<Types>): number[] {
    if (!isObject(record)) refuse(`CompactArray.${what}: record`, record, `{ ${this.#names.join(', ')} }`);
    return this.#names.map((name) => {
      const number = record[name];
      requireNumber(`CompactArray.${what}: ${name}`, number);
      return number;
    });
  }

  /** Requires 0 <= index <= length. */
  #write(index: number, numbers: readonly number[]): void {
    const length = this.#length;
    if (index === length) for (const column of this.#columns) column.reserve(length + 1, length);
    numbers.forEach((number, i) => (this.#view(i)[index] = number));
    if (index === length) ++this.#length;
  }

  #read(index: number): RecordOf<Types> {
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#view(i)[index] as number])) as RecordOf<Types>;
  }

  #view(index: number): NumberView {
    const column = this.#columns[index] as Column;
    if (!column.isCurrent) column.refresh();
    return column.view;
  }

  #requireMemory(): void {
    if (this.#columns[0]?.disposed) this.#columns[0].refresh();
  }
}
