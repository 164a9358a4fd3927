// Many keys in one call of the engine, a few thousand at a time.
import { refuse } from '../checks.js';
import { outOfMemory } from './structure_memory.js';
import type { Table } from './table.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_table_get_many(
      table: number,
      keys: number,
      keysAreDoubles: number,
      count: number,
      values: number,
      missing: number,
    ): number;
    tidemark_table_has_many(table: number, keys: number, keysAreDoubles: number, count: number, has: number): void;
    tidemark_table_put_many(
      table: number,
      keys: number,
      keysAreDoubles: number,
      count: number,
      values: number,
      added: number,
    ): number;
  }
}

/** Numbers, as an array or a typed array. */
export type Numbers = ArrayLike<number>;

const atOnce = 8192;
const doubleBytes = 8;

function numberAt(numbers: Numbers, i: number): number {
  const number: unknown = numbers[i];
  return typeof number === 'number' ? number : refuse(`numbers[${i}]`, number, 'a number');
}

/** What isn't put in one go is looked at before. */
function requireAll(numbers: Numbers): void {
  if (!ArrayBuffer.isView(numbers)) for (let i = 0; i < numbers.length; ++i) numberAt(numbers, i);
}

/** Copies numbers into the engine; whether they are doubles there. */
function copy(table: Table, address: number, numbers: Numbers, begin: number, end: number): boolean {
  const { views } = table;
  if (numbers instanceof Int32Array) {
    views.i32.set(numbers.subarray(begin, end), address >>> 2);
    return false;
  }
  if (ArrayBuffer.isView(numbers)) {
    views.f64.set((numbers as unknown as Float64Array).subarray(begin, end), address >>> 3);
    return true;
  }
  const { f64 } = views;
  for (let i = begin, to = address >>> 3; i < end; ++i, ++to) f64[to] = numberAt(numbers, i);
  return true;
}

export function getMany(table: Table, keys: Numbers, missing: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(keys.length);
  const { memory, address } = table;
  const room = Math.min(keys.length, atOnce) * doubleBytes;
  return memory.withRoom(2 * room + doubleBytes, (keysAt) => {
    const valuesAt = keysAt + room;
    for (let begin = 0; begin < keys.length; begin += atOnce) {
      const end = Math.min(begin + atOnce, keys.length);
      const doubles = copy(table, keysAt, keys, begin, end);
      memory.exports.tidemark_table_get_many(address, keysAt, doubles ? 1 : 0, end - begin, valuesAt, missing);
      values.set(memory.views.f64.subarray(valuesAt >>> 3, (valuesAt >>> 3) + end - begin), begin);
    }
    return values;
  });
}

export function hasMany(table: Table, keys: Numbers): Uint8Array<ArrayBuffer> {
  const has = new Uint8Array(keys.length);
  const { memory, address } = table;
  const room = Math.min(keys.length, atOnce) * doubleBytes;
  return memory.withRoom(2 * room + doubleBytes, (keysAt) => {
    const hasAt = keysAt + room;
    for (let begin = 0; begin < keys.length; begin += atOnce) {
      const end = Math.min(begin + atOnce, keys.length);
      const doubles = copy(table, keysAt, keys, begin, end);
      memory.exports.tidemark_table_has_many(address, keysAt, doubles ? 1 : 0, end - begin, hasAt);
      has.set(memory.views.u8.subarray(hasAt, hasAt + end - begin), begin);
    }
    return has;
  });
}

/** `values` null: the table has none. */
export function putMany(table: Table, keys: Numbers, values: Numbers | null): void {
  const { memory, address } = table;
  const room = Math.min(keys.length, atOnce) * doubleBytes;
  if (keys.length > atOnce) for (const numbers of [keys, values ?? []]) requireAll(numbers);
  memory.withRoom(2 * room + doubleBytes, (keysAt) => {
    const valuesAt = keysAt + room;
    const addedAt = valuesAt + room;
    for (let begin = 0; begin < keys.length; begin += atOnce) {
      const count = Math.min(atOnce, keys.length - begin);
      const doubles = copy(table, keysAt, keys, begin, begin + count);
      if (values !== null) copyAsDoubles(table, valuesAt, values, begin, begin + count);
      // The engine stops where there is something to be told of, and goes on from there.
      for (let done = 0; done < count;) {
        memory.views.u32[addedAt >>> 2] = 0;
        const put = memory.exports.tidemark_table_put_many(
          address,
          keysAt + done * (doubles ? doubleBytes : 4),
          doubles ? 1 : 0,
          count - done,
          values === null ? 0 : valuesAt + done * doubleBytes,
          addedAt,
        );
        table.size += memory.views.u32[addedAt >>> 2] as number;
        ++table.version;
        table.toldAll();
        if (put === 0) throw outOfMemory('setMany');
        done += put;
      }
    }
  });
}

function copyAsDoubles(table: Table, address: number, numbers: Numbers, begin: number, end: number): void {
  if (numbers instanceof Int32Array) {
    table.views.f64.set(numbers.subarray(begin, end), address >>> 3);
  } else {
    copy(table, address, numbers, begin, end);
  }
}
