// The create… functions, bound to one engine.
import type { Context } from '../context.js';
import { BufferPool, type BufferPoolOptions } from './buffer_pool.js';
import { ColumnArray, type ColumnTypes } from './column_array.js';
import { CompactArray, type CompactArrayOptions } from './compact_array.js';
import { CompactMap, type CompactMapOptions } from './compact_map.js';
import { CompactSet, type CompactSetOptions } from './compact_set.js';
import { MemoryEfficientCache, type CacheOptions } from './memory_efficient_cache.js';
import { MemoryPool } from './memory_pool.js';

export interface StructuresApi {
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

const isIterable = <T>(value: object): value is Iterable<T> => Symbol.iterator in value;
const isOptions = (value: object): value is CompactArrayOptions => Object.keys(value).every((name) => name === 'type');

export function createStructuresApi(context: Context): StructuresApi {
  const createCompactArray = (options: object = {}): unknown => {
    if (isIterable(options)) return new CompactArray(options, {}, context);
    return isOptions(options)
      ? new CompactArray(null, options, context)
      : new ColumnArray(options as ColumnTypes, context);
  };
  return {
    createCompactArray: createCompactArray as StructuresApi['createCompactArray'],
    createCompactMap: (options = {}) =>
      isIterable(options) ? new CompactMap(options, {}, context) : new CompactMap(null, options, context),
    createCompactSet: (options = {}) =>
      isIterable(options) ? new CompactSet(options, {}, context) : new CompactSet(null, options, context),
    createCache: (max, ttl, options) =>
      new MemoryEfficientCache(
        { ...options, ...(max === undefined ? {} : { max }), ...(ttl === undefined ? {} : { ttl }) },
        context,
      ),
    createMemoryPool: (factory, reset, maxSize) => new MemoryPool(factory, reset, maxSize, context),
    createBufferPool: (options) => new BufferPool(options, context),
  };
}
