// The create… functions, bound to one engine.
import type { Context } from '../context.js';
import { CompactMap, type CompactMapOptions } from './compact_map.js';
import { CompactSet, type CompactSetOptions } from './compact_set.js';

export interface StructuresApi {
  /** A Map in linear memory: {@link CompactMap}. */
  readonly createCompactMap: <K = unknown, V = unknown>(
    options?: CompactMapOptions | Iterable<readonly [K, V]>,
  ) => CompactMap<K, V>;
  /** A Set in linear memory: {@link CompactSet}. */
  readonly createCompactSet: <T = unknown>(options?: CompactSetOptions | Iterable<T>) => CompactSet<T>;
}

const isIterable = <T>(value: object): value is Iterable<T> => Symbol.iterator in value;

export function createStructuresApi(context: Context): StructuresApi {
  return {
    createCompactMap: (options = {}) =>
      isIterable(options) ? new CompactMap(options, {}, context) : new CompactMap(null, options, context),
    createCompactSet: (options = {}) =>
      isIterable(options) ? new CompactSet(options, {}, context) : new CompactSet(null, options, context),
  };
}
