// ColumnArray: an array of records, one column of linear memory for each field.
import { defaultContext, type Context } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { shown, TidemarkError } from '../errors.js';
import { Column, type NumberView } from './column.js';
import { isNumberType, numberTypes, requireNumber, type NumberType } from './element_type.js';

/** Names of fields, and the types of their columns. */
export type ColumnTypes = Readonly<Record<string, NumberType>>;
export type RecordOf<Types extends ColumnTypes> = { [Name in keyof Types]: number };

/** What createCompactArray({ x: 'f32', id: 'u32' }) makes: a record costs the bytes of its fields. */
export class ColumnArray<Types extends ColumnTypes> implements Iterable<RecordOf<Types>> {
  readonly #names: readonly (keyof Types & string)[];
  readonly #columns: readonly Column[];
  #length = 0;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(types: Types, context: Context = defaultContext()) {
    this.#names = Object.keys(types);
    for (const name of this.#names) {
      if (!isNumberType(types[name])) {
        throw new TidemarkError(
          'invalid-config',
          `CompactArray: ${name}: ${shown(types[name])}, and one of ${numberTypes.join(', ')} is expected`,
        );
      }
    }
    this.#columns = this.#names.map((name) => new Column('CompactArray', types[name] as NumberType, context));
  }

  get length(): number {
    return this.#length;
  }

  /** A record of its own: changing it changes nothing here. */
  at(index: number): RecordOf<Types> | undefined {
    index = Math.trunc(index) || 0;
    if (index < 0) index += this.#length;
    if (!(index >= 0 && index < this.#length)) return undefined;
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#view(i)[index] as number])) as RecordOf<Types>;
  }

  set(index: number, record: RecordOf<Types>): this {
    const length = this.#length;
    if (!(index >= 0 && index <= length && Number.isInteger(index))) {
      throw new TidemarkError(
        'invalid-argument',
        `CompactArray.set: index: ${shown(index)}, and 0 … ${length} is expected`,
      );
    }
    for (const name of this.#names) requireNumber(`CompactArray.set: ${name}`, record[name]);
    if (index === length) for (const column of this.#columns) column.reserve(length + 1, length);
    this.#names.forEach((name, i) => {
      this.#view(i)[index] = record[name];
    });
    if (index === length) ++this.#length;
    return this;
  }

  push(...records: RecordOf<Types>[]): number {
    for (const record of records) this.set(this.#length, record);
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
    if (index === -1) {
      throw new TidemarkError(
        'invalid-argument',
        `CompactArray.column: ${shown(name)}, and one of ${this.#names.join(', ')} is expected`,
      );
    }
    return this.#view(index).subarray(0, this.#length);
  }

  forEach(visit: (record: RecordOf<Types>, index: number, array: this) => void): void {
    for (let i = 0; i < this.#length; ++i) visit(this.at(i) as RecordOf<Types>, i, this);
  }

  *[Symbol.iterator](): Generator<RecordOf<Types>, undefined> {
    for (let i = 0; i < this.#length; ++i) yield this.at(i) as RecordOf<Types>;
  }

  clear(): void {
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

  #view(index: number): NumberView {
    const column = this.#columns[index] as Column;
    if (!column.isCurrent) column.refresh();
    return column.view;
  }
}
