// The structures as one object, bound to one engine: its classes too, which take the context as their last argument.
import type { Context } from '../context.js';
import {
  newBufferPool,
  newCache,
  newCompactArray,
  newCompactMap,
  newCompactSet,
  newMemoryPool,
  type StructuresApi,
} from './api.js';
import { BufferPool } from './buffer_pool.js';
import { ColumnArray } from './column_array.js';
import { CompactArray } from './compact_array.js';
import { CompactMap } from './compact_map.js';
import { CompactSet } from './compact_set.js';
import { MemoryEfficientCache } from './memory_efficient_cache.js';
import { MemoryPool } from './memory_pool.js';

export function createStructuresApi(context: Context): StructuresApi {
  /** A class whose constructor takes the context as its last argument, after `count` others. */
  const bound = <Class extends abstract new (...given: never[]) => object>(unbound: Class, count: number): Class => {
    const inEngine = class extends (unbound as unknown as new (...given: unknown[]) => object) {
      constructor(...given: unknown[]) {
        super(...Array.from({ length: count }, (_, i) => given[i]), context);
      }
    };
    Object.defineProperty(inEngine, 'name', { value: unbound.name });
    return inEngine as unknown as Class;
  };
  return {
    CompactArray: bound(CompactArray, 2),
    ColumnArray: bound(ColumnArray, 1),
    CompactMap: bound(CompactMap, 2),
    CompactSet: bound(CompactSet, 2),
    MemoryEfficientCache: bound(MemoryEfficientCache, 3),
    MemoryPool: bound(MemoryPool, 3),
    BufferPool: bound(BufferPool, 1),
    createCompactArray: ((given?: object | null) =>
      newCompactArray(context, given)) as StructuresApi['createCompactArray'],
    createCompactMap: (given) => newCompactMap(context, given),
    createCompactSet: (given) => newCompactSet(context, given),
    createCache: (...given) => newCache(context, ...given),
    createMemoryPool: (...given) => newMemoryPool(context, ...given),
    createBufferPool: (options) => newBufferPool(context, options),
  };
}
