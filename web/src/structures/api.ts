// The create… functions, bound to one engine.
import { refuse } from '../checks.js';
import type { Context } from '../context.js';
import { BufferPool, type BufferPoolOptions } from './buffer_pool.js';
import { ColumnArray, type ColumnTypes } from './column_array.js';
import { CompactArray, type CompactArrayOptions } from './compact_array.js';
import { CompactMap, type CompactMapOptions } from './compact_map.js';
import { CompactSet, type CompactSetOptions } from './compact_set.js';
import { isNumberType } from './element_type.js';
import { MemoryEfficientCache, type CacheOptions } from './memory_efficient_cache.js';
import { MemoryPool } from './memory_pool.js';
import { typedArrays } from './typed_arrays.js';

export interface StructuresApi {
  // The classes, in the memory of this engine.
  readonly CompactArray: typeof CompactArray;
  readonly ColumnArray: typeof ColumnArray;
  readonly CompactMap: typeof CompactMap;
  readonly CompactSet: typeof CompactSet;
  readonly MemoryEfficientCache: typeof MemoryEfficientCache;
  readonly MemoryPool: typeof MemoryPool;
  readonly BufferPool: typeof BufferPool;
  /** An Array in linear memory: {@link CompactArray}; by names and types of columns, one of records: {@link ColumnArray}. */
  readonly createCompactArray: {
    <T>(options?: CompactArrayOptions | Iterable<T>): CompactArray<T>;
    <Types extends ColumnTypes>(columns: Types): ColumnArray<Types>;
  };
  /** A Map in linear memory: {@link CompactMap}. */
  readonly createCompactMap: <K, V>(options?: CompactMapOptions | Iterable<readonly [K, V]>) => CompactMap<K, V>;
  /** A Set in linear memory: {@link CompactSet}. */
  readonly createCompactSet: <T>(options?: CompactSetOptions | Iterable<T>) => CompactSet<T>;
  /** A cache of at most `maxEntries`, each good for `ttlMs` milliseconds (0: for ever): {@link MemoryEfficientCache}. */
  readonly createCache: <K, V>(
    maxEntries?: number,
    ttlMs?: number,
    options?: CacheOptions<K, V>,
  ) => MemoryEfficientCache<K, V>;
  /** Objects that are used again: {@link MemoryPool}. */
  readonly createMemoryPool: <T extends object>(
    factory: () => T,
    reset?: (object: T) => void,
    maxSize?: number,
  ) => MemoryPool<T>;
  /** Bytes of linear memory that are used again: {@link BufferPool}. */
  readonly createBufferPool: (options?: BufferPoolOptions) => BufferPool;
}

const isIterable = <T>(value: object): value is Iterable<T> => typeof value === 'string' || Symbol.iterator in value;
const isOptions = (value: object): value is CompactArrayOptions => Object.keys(value).every((name) => name === 'type');

/** What was given, or no options; `names` are those that options may have, and null where any may be. */
function checked<Given extends object>(what: string, given: Given | null | undefined, names: string[] | null): Given {
  const options = given ?? ({} as Given);
  if (typeof options !== 'object' && typeof options !== 'string') {
    refuse(what, options, 'an object of options, or something iterable,', 'invalid-config');
  }
  const name = isIterable(options) ? undefined : Object.keys(options).find((key) => names && !names.includes(key));
  if (name !== undefined) refuse(what, name, `one of ${names?.join(', ')}`, 'invalid-config');
  return options;
}

export function newCompactArray(context: Context, given?: object | null): unknown {
  const options = checked('CompactArray', given, null);
  if (isIterable(options)) return new CompactArray(options, {}, context);
  if (!isOptions(options)) return new ColumnArray(options as ColumnTypes, context);
  const Kind = isNumberType(options.type) ? typedArrays[options.type] : CompactArray;
  return new Kind(null, options, context);
}

export function newCompactMap<K, V>(
  context: Context,
  given?: CompactMapOptions | Iterable<readonly [K, V]>,
): CompactMap<K, V> {
  const options = checked('CompactMap', given, ['key', 'value']);
  return isIterable(options) ? new CompactMap(options, {}, context) : new CompactMap(null, options, context);
}

export function newCompactSet<T>(context: Context, given?: CompactSetOptions | Iterable<T>): CompactSet<T> {
  const options = checked('CompactSet', given, ['type']);
  return isIterable(options) ? new CompactSet(options, {}, context) : new CompactSet(null, options, context);
}

export function newCache<K, V>(
  context: Context,
  maxEntries?: number,
  ttlMs?: number,
  options?: CacheOptions<K, V>,
): MemoryEfficientCache<K, V> {
  return new MemoryEfficientCache(maxEntries, ttlMs, options, context);
}

export function newMemoryPool<T extends object>(
  context: Context,
  factory: () => T,
  reset?: (object: T) => void,
  maxSize?: number,
): MemoryPool<T> {
  return new MemoryPool(factory, reset, maxSize, context);
}

export function newBufferPool(context: Context, options?: BufferPoolOptions): BufferPool {
  return new BufferPool(options, context);
}
