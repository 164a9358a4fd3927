// One table of the engine (src/structures/table.h), as CompactMap and CompactSet use it: keys and values of any kind go in
// and come out, and iteration goes on through every change.
import type { Context } from '../context.js';
import type { EngineViews } from '../engine.js';
import { asBox, asNumber, Operands, outcomeBits, released } from './operands.js';
import type { References } from './references.js';
import { Structure } from './structure.js';
import { outOfMemory, structureMemory, type StructureMemory } from './structure_memory.js';
import { columnOfBoxes, columnOfIntegers, Cursor, Generation } from './table_cursor.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_table_create(withValues: number): number;
    tidemark_table_destroy(table: number): void;
    tidemark_table_find_number(table: number, key: number): number;
    tidemark_table_get_integer(table: number, key: number): number;
    tidemark_table_get_number(table: number, key: number): number;
    tidemark_table_has_integer(table: number, key: number): number;
    tidemark_table_find(table: number, kind: number, number: number, high: number, low: number): number;
    tidemark_table_put_integer(table: number, key: number, value: number): number;
    tidemark_table_put_numbers(table: number, key: number, value: number): number;
    tidemark_table_put(
      table: number,
      keyKind: number,
      keyNumber: number,
      keyHigh: number,
      keyLow: number,
      valueKind: number,
      valueNumber: number,
      valueHigh: number,
      valueLow: number,
    ): number;
    tidemark_table_erase(table: number, kind: number, number: number, high: number, low: number): number;
    tidemark_table_clear(table: number): void;
    tidemark_table_segment(table: number, number: number): number;
    tidemark_table_compact(table: number, number: number): number;
    tidemark_table_relocations(): number;
    tidemark_table_bytes(table: number): number;
  }
}

const added = 2;
const relocated = 4;

/** Of 32 bits; -0 is one, and the key 0. */
const isInteger = (key: unknown): key is number => typeof key === 'number' && (key | 0) === key;

/** The address of one of the engine's tables, 0 after dispose(); apart from its owner, so that that can be collected. */
interface TableHolder {
  address: number;
}

export class Table extends Structure {
  /** Of the memory that all structures of the engine share. */
  readonly memory: StructureMemory;
  readonly views: EngineViews;
  readonly references: References;
  /** Counts up with every change: who keeps addresses looks at it. */
  version = 0;
  generation = new Generation();
  size = 0;
  readonly #holder: TableHolder;
  readonly #name: string;
  readonly #operands: Operands;

  constructor(name: string, context: Context, withValues: boolean) {
    const memory = structureMemory(context);
    const holder: TableHolder = { address: memory.exports.tidemark_table_create(withValues ? 1 : 0) >>> 0 };
    if (holder.address === 0) throw outOfMemory(name);
    super(
      name,
      () => {
        memory.exports.tidemark_table_destroy(holder.address);
        holder.address = 0;
      },
      context,
    );
    this.#name = name;
    this.#holder = holder;
    this.memory = memory;
    this.views = memory.views;
    this.#operands = new Operands(memory);
    this.references = this.#operands.references;
  }

  get address(): number {
    const { address } = this.#holder;
    if (address === 0) throw this.disposedError();
    return address;
  }

  /** @throws {TidemarkError} `'disposed'` */
  requireMemory(): void {
    if (this.#holder.address === 0) throw this.disposedError();
  }

  /** Where the value's cell is, as bindings/structures_table.cpp gives it; 0 where there is no such key. */
  find(key: unknown): number {
    const { address } = this;
    if (typeof key === 'number') return this.memory.exports.tidemark_table_find_number(address, key) >>> 0;
    if (!this.#operands.prepareKey(key, false)) return 0;
    const at =
      this.memory.exports.tidemark_table_find(
        address,
        this.#operands.kind,
        0,
        this.#operands.high,
        this.#operands.low,
      ) >>> 0;
    this.memory.releaseTexts();
    return at;
  }

  has(key: unknown): boolean {
    if (isInteger(key)) return this.memory.exports.tidemark_table_has_integer(this.address, key) !== 0;
    return this.find(key) !== 0;
  }

  /** The value of a key; undefined where there is none. */
  get(key: unknown): unknown {
    if (typeof key === 'number') {
      const { exports } = this.memory;
      const value = isInteger(key)
        ? exports.tidemark_table_get_integer(this.address, key)
        : exports.tidemark_table_get_number(this.address, key);
      if (value === value) return value;
    }
    const at = this.find(key);
    return at === 0 ? undefined : this.#operands.read(at);
  }

  /** The value that find() has found. */
  read(at: number): unknown {
    return this.#operands.read(at);
  }

  /** Whether it is new. @throws {TidemarkError} `'out-of-memory'` */
  put(key: unknown, value: unknown): boolean {
    const { address, memory } = this;
    let outcome: number;
    if (typeof key === 'number' && typeof value === 'number') {
      outcome = isInteger(key)
        ? memory.exports.tidemark_table_put_integer(address, key, value)
        : memory.exports.tidemark_table_put_numbers(address, key, value);
    } else {
      outcome = this.#putAny(address, key, value);
    }
    ++this.version;
    if (outcome > outcomeBits) this.#told(outcome);
    if ((outcome & outcomeBits) === added) {
      ++this.size;
      return true;
    }
    if ((outcome & outcomeBits) === 0) throw outOfMemory(this.#name);
    return false;
  }

  erase(key: unknown): boolean {
    const { address, memory } = this;
    let outcome: number;
    if (typeof key === 'number') {
      outcome = memory.exports.tidemark_table_erase(address, asNumber, key, 0, 0);
    } else {
      if (!this.#operands.prepareKey(key, false)) return false;
      outcome = memory.exports.tidemark_table_erase(
        address,
        this.#operands.kind,
        0,
        this.#operands.high,
        this.#operands.low,
      );
      memory.releaseTexts();
    }
    if (outcome > outcomeBits) this.#told(outcome);
    if ((outcome & 1) === 0) return false;
    ++this.version;
    --this.size;
    return true;
  }

  clear(): void {
    this.memory.exports.tidemark_table_clear(this.address);
    this.references.clear();
    this.size = 0;
    ++this.version;
    this.generation = this.generation.cleared();
  }

  compact(): void {
    const { address, memory } = this;
    let segment = -1;
    do {
      segment = memory.exports.tidemark_table_compact(address, segment) | 0;
      ++this.version;
      this.#relocated();
    } while (segment !== -1);
  }

  get bytes(): number {
    return this.memory.exports.tidemark_table_bytes(this.address) >>> 0;
  }

  cursor(): Cursor {
    return new Cursor(this);
  }

  /** Calls visit(value, key) for all entries, through every change that it makes. */
  forEach(visit: (value: unknown, key: unknown) => void): void {
    const cursor = this.cursor();
    while (cursor.take()) {
      if (cursor.isOfNumbers) {
        this.#forEachNumber(cursor, visit);
        continue;
      }
      do {
        visit(this.valueAt(cursor), this.keyAt(cursor));
      } while (cursor.isCurrent && cursor.step());
    }
  }

  /** The key of the entry that a cursor has taken. */
  keyAt(cursor: Cursor): unknown {
    const { place, keyKind, keys } = cursor;
    if (keyKind === columnOfIntegers) return this.views.i32[(keys >>> 2) + place];
    if (keyKind === columnOfBoxes) return this.#readBox((keys >>> 3) + place, cursor.texts);
    return this.memory.readText(cursor.texts + (this.views.u32[(keys >>> 2) + place] as number));
  }

  valueAt(cursor: Cursor): unknown {
    const { place, values } = cursor;
    if (cursor.valueKind === columnOfIntegers) return this.views.i32[(values >>> 2) + place];
    return this.#readBox((values >>> 3) + place, cursor.texts);
  }

  /** After a change of many entries: what the last of them had to tell. */
  toldAll(): void {
    this.#told(released | relocated);
  }

  protected override onDispose(): void {
    this.references.clear();
    this.size = 0;
    ++this.version;
  }

  /** The entry that the cursor has taken, and those after it in its segment, where keys are integers and none was erased. */
  #forEachNumber(cursor: Cursor, visit: (value: unknown, key: unknown) => void): void {
    const { i32, f64 } = this.views;
    const keys = cursor.keys >>> 2;
    const { used } = cursor;
    const integers = cursor.valueKind === columnOfIntegers;
    const values = integers ? cursor.values >>> 2 : cursor.values >>> 3;
    for (let { place } = cursor; place < used; ++place) {
      cursor.place = place;
      cursor.next = place + 1;
      let value: unknown = integers ? i32[values + place] : f64[values + place];
      if (value !== value) value = this.valueAt(cursor);
      visit(value, i32[keys + place]);
      if (!cursor.isCurrent) return;
    }
  }

  #readBox(index: number, texts: number): unknown {
    const { views } = this;
    const number = views.f64[index] as number;
    if (number === number) return number;
    return this.#operands.open(views.u32[2 * index + 1] as number, views.u32[2 * index] as number, texts);
  }

  #putAny(address: number, key: unknown, value: unknown): number {
    const { memory, references } = this;
    this.#operands.prepareKey(key, true);
    const isReference = this.#operands.isReference;
    const keyKind = this.#operands.kind;
    const keyHigh = this.#operands.high;
    const keyLow = this.#operands.low;
    const forgetKey = (): void => {
      if (isReference && memory.exports.tidemark_table_find(address, asBox, 0, keyHigh, keyLow) === 0) {
        references.dropKey(keyLow);
      }
    };
    try {
      this.#operands.prepareValue(value);
    } catch (error) {
      forgetKey();
      throw error;
    }
    const outcome = memory.exports.tidemark_table_put(
      address,
      keyKind,
      keyKind === asNumber ? (key as number) : 0,
      keyHigh,
      keyLow,
      this.#operands.kind,
      this.#operands.kind === asNumber ? (value as number) : 0,
      this.#operands.high,
      this.#operands.low,
    );
    memory.releaseTexts();
    if ((outcome & outcomeBits) === 0) {
      if (this.#operands.isReference) references.drop(this.#operands.low);
      forgetKey();
    }
    return outcome;
  }

  #told(outcome: number): void {
    if ((outcome & released) !== 0) this.#operands.drop();
    if ((outcome & relocated) !== 0) this.#relocated();
  }

  #relocated(): void {
    this.generation = this.generation.relocated(this.views.u32, this.memory.exports.tidemark_table_relocations() >>> 2);
  }
}
