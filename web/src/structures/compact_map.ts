// CompactMap: Map, with its content in linear memory.
import { defaultContext, type Context } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { aFunction, anyNumber, isObject, refuse, required } from '../checks.js';
import { codecOf, requireNumber, type Codec, type NumberType } from './element_type.js';
import { requireIterable, requireNumbers, requireOptions } from './given.js';
import { getMany, putMany, type Numbers } from './many.js';
import { orDispose } from './structure.js';
import { Table } from './table.js';
import { tableIterator, type Cursor } from './table_cursor.js';

export interface CompactMapOptions {
  /** A type for all keys: other values are refused, and numbers converted as typed arrays do it. Any by default. */
  key?: NumberType | 'any';
  /** A type for all values. */
  value?: NumberType | 'any';
}

/**
 * Map, with numbers, strings, booleans, null, undefined and values that are a Uint8Array in linear memory; bytes come back
 * as a copy. Any other key or value is kept by reference, so identity holds.
 *
 * Cost: about 3 to 4 bytes of index an entry, 4 a cell while all cells of a segment are integers of 32 bits and 8 else, and the
 * characters of strings with 1 to 5 bytes more.
 */
export class CompactMap<K, V> {
  readonly #table: Table;
  readonly #key: Codec | null;
  readonly #value: Codec | null;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(
    entries: Iterable<readonly [K, V]> | null = null,
    options: CompactMapOptions = {},
    context: Context = defaultContext(),
  ) {
    requireIterable('CompactMap: entries', entries);
    requireOptions('CompactMap', options, ['key', 'value']);
    this.#key = codecOf('CompactMap: key', options.key, true);
    this.#value = codecOf('CompactMap: value', options.value, false);
    this.#table = new Table('CompactMap', context, true);
    orDispose(this, () => {
      for (const entry of entries ?? []) {
        if (!isObject(entry)) refuse('CompactMap: entry', entry, '[key, value]');
        this.set(entry[0], entry[1]);
      }
    });
  }

  get size(): number {
    const { size } = this.#table;
    if (size === 0) this.#table.requireMemory();
    return size;
  }

  get(key: K): V | undefined {
    const value = this.#table.get(this.#key === null ? key : this.#encode(key));
    return (this.#value === null || value === undefined ? value : this.#value.decode(value as number)) as V;
  }

  has(key: K): boolean {
    return this.#table.has(this.#key === null ? key : this.#encode(key));
  }

  /** @throws {TidemarkError} `'out-of-memory'`, and then nothing has changed; `'invalid-argument'`, by a fixed type */
  set(key: K, value: V): this {
    let stored: unknown = value;
    if (this.#value !== null) {
      requireNumber('CompactMap.set: value', value);
      stored = this.#value.encode(value);
    }
    if (this.#key !== null) requireNumber('CompactMap.set: key', key);
    this.#table.put(this.#key === null ? key : this.#key.encode(key as number), stored);
    return this;
  }

  delete(key: K): boolean {
    return this.#table.erase(this.#key === null ? key : this.#encode(key));
  }

  clear(): void {
    this.#table.clear();
  }

  forEach(callback: (value: V, key: K, map: CompactMap<K, V>) => void, thisArg?: unknown): void {
    required('CompactMap.forEach: callback', callback, aFunction);
    const keyCodec = this.#key;
    const valueCodec = this.#value;
    if (keyCodec === null && valueCodec === null) {
      this.#table.forEach((value, key) => {
        callback.call(thisArg, value as V, key as K, this);
      });
      return;
    }
    this.#table.forEach((value, key) => {
      const decodedKey = keyCodec === null ? key : keyCodec.decode(key as number);
      callback.call(
        thisArg,
        (valueCodec === null ? value : valueCodec.decode(value as number)) as V,
        decodedKey as K,
        this,
      );
    });
  }

  keys(): MapIterator<K> {
    this.#table.requireMemory();
    return tableIterator(this.#table, (cursor) => this.#readKey(cursor));
  }

  values(): MapIterator<V> {
    this.#table.requireMemory();
    return tableIterator(this.#table, (cursor) => this.#readValue(cursor));
  }

  entries(): MapIterator<[K, V]> {
    this.#table.requireMemory();
    return tableIterator(this.#table, (cursor) => [this.#readKey(cursor), this.#readValue(cursor)]);
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'CompactMap';
  }

  /**
   * The values of many keys in one call of the engine, for numbers: `missing` where there is no such key, or no number.
   * Up to twice as fast as get().
   */
  getMany(keys: Numbers, missing = NaN): Float64Array<ArrayBuffer> {
    requireNumbers('CompactMap: keys', keys);
    required('CompactMap.getMany: missing', missing, anyNumber);
    const codec = this.#value;
    const encoded = codec !== null && !codec.isPlain;
    // What is stored encoded is an integer: NaN tells what is missing.
    const values = getMany(this.#table, this.#encodeAll('key', this.#key, keys), encoded ? NaN : missing);
    if (encoded) {
      for (let i = 0; i < values.length; ++i) {
        const stored = values[i] as number;
        values[i] = stored === stored ? codec.decode(stored) : missing;
      }
    }
    return values;
  }

  /**
   * Sets many numbers in one call of the engine, `values[i]` for `keys[i]`.
   *
   * @throws {TidemarkError} `'invalid-argument'`: not as many values as keys; `'out-of-memory'`: the first of them are set
   */
  setMany(keys: Numbers, values: Numbers): this {
    requireNumbers('CompactMap: keys', keys);
    requireNumbers('CompactMap: values', values);
    if (keys.length !== values.length) {
      refuse('CompactMap.setMany: values', values, `one of ${keys.length}, as keys is,`);
    }
    putMany(this.#table, this.#encodeAll('key', this.#key, keys), this.#encodeAll('value', this.#value, values));
    return this;
  }

  /** Bytes that it holds in linear memory, its index and all room included. */
  get memoryUsage(): number {
    return this.#table.bytes;
  }

  /** Gives back all room that is kept for growth, and what erased entries have left. */
  compact(): void {
    this.#table.compact();
  }

  dispose(): void {
    this.#table.dispose();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  #encode(key: K): unknown {
    // What is no number is no key.
    return typeof key === 'number' ? (this.#key as Codec).encode(key) : key;
  }

  #encodeAll(what: string, codec: Codec | null, numbers: Numbers): Numbers {
    if (codec === null || codec.isPlain) return numbers;
    const encoded = new Float64Array(numbers.length);
    for (let i = 0; i < encoded.length; ++i) {
      const number: unknown = numbers[i];
      requireNumber(`CompactMap: ${what}`, number);
      encoded[i] = codec.encode(number);
    }
    return encoded;
  }

  #readKey(cursor: Cursor): K {
    const key = this.#table.keyAt(cursor);
    return (this.#key === null ? key : this.#key.decode(key as number)) as K;
  }

  #readValue(cursor: Cursor): V {
    const value = this.#table.valueAt(cursor);
    return (this.#value === null ? value : this.#value.decode(value as number)) as V;
  }
}
