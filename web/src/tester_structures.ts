// The tests of structures: the same operations on them and on their standard counterparts, which are model and reference.
import type { StructuresApi } from './structures/api.js';
import type { TestContext } from './tester_types.js';

const entries = 4000;
const cacheSize = 500;
const lookups = 8000;

/** Numbers that look random, the same ones from the same seed (Park and Miller 1988). */
function numbers(count: number, below: number): Int32Array {
  let state = 42;
  return Int32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state % below;
  });
}

interface Shelf {
  map: Pick<Map<number, number>, 'set' | 'get' | 'delete' | 'size'>;
  names: Pick<Map<string, number>, 'set' | 'get' | 'size'>;
  set: Pick<Set<number>, 'add' | 'has' | 'size'>;
  push(value: number): void;
  at(index: number): number | undefined;
  dispose(): void;
}

const operationsOfShelf = entries * 6.5;

/** Fills, reads, and takes half of the map out. Returns a number that nothing but the right content comes to. */
function useShelf(shelf: Shelf, keys: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < entries; ++i) {
    const key = keys[i] ?? 0;
    shelf.map.set(key, i / 2);
    shelf.set.add(key);
    shelf.push(key);
    if (i % 4 === 0) shelf.names.set(`key ${key}`, i);
  }
  for (let i = 0; i < entries; ++i) {
    const key = keys[i] ?? 0;
    sum += (shelf.map.get(key) ?? 1e6) + (shelf.set.has(key + 1) ? 1 : 0) + (shelf.at(i) ?? 1e6);
    if (i % 4 === 0) sum += shelf.names.get(`key ${key}`) ?? 1e6;
    if (i % 2 === 0 && shelf.map.delete(key)) ++sum;
  }
  return sum + shelf.map.size + shelf.set.size + shelf.names.size;
}

function compactShelf(api: StructuresApi): Shelf {
  const map = api.createCompactMap<number, number>({ key: 'f64', value: 'f64' });
  const names = api.createCompactMap<string, number>();
  const set = api.createCompactSet<number>();
  const array = api.createCompactArray<number>({ type: 'f64' });
  return {
    ...{ map, names, set },
    push: (value) => void array.push(value),
    at: (index) => array.at(index),
    dispose: () => [map, names, set, array].forEach((structure) => structure.dispose()),
  };
}

function plainShelf(): Shelf {
  const array: number[] = [];
  return {
    ...{ map: new Map<number, number>(), names: new Map<string, number>(), set: new Set<number>() },
    push: (value) => void array.push(value),
    at: (index) => array[index],
    dispose: () => undefined,
  };
}

export async function useStructures(context: TestContext): Promise<void> {
  const api = context.structures();
  const keys = numbers(entries, entries * 2);
  const unit = (make: () => Shelf) => (): number => {
    const shelf = make();
    const sum = useShelf(shelf, keys);
    shelf.dispose();
    return sum;
  };
  await context.measureUnits({
    unit: unit(() => compactShelf(api)),
    reference: unit(plainShelf),
    operationsPerUnit: operationsOfShelf,
    atPeak(look) {
      const shelf = compactShelf(api);
      useShelf(shelf, keys);
      look();
      shelf.dispose();
    },
  });
}

interface PlainCache {
  get(key: number): number | undefined;
  set(key: number, value: number): unknown;
}

/** Least recently used by the order of a Map: what is used goes to its end. */
class MapCache implements PlainCache {
  readonly #map = new Map<number, number>();

  get(key: number): number | undefined {
    const value = this.#map.get(key);
    if (value !== undefined) {
      this.#map.delete(key);
      this.#map.set(key, value);
    }
    return value;
  }

  set(key: number, value: number): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size > cacheSize) this.#map.delete(this.#map.keys().next().value ?? 0);
  }
}

/** How often it was there; a value that isn't the key's own counts for a million. */
function useCache(cache: PlainCache, keys: Int32Array): number {
  let hits = 0;
  for (const key of keys) {
    const value = cache.get(key);
    if (value === undefined) cache.set(key, key * 3);
    else hits += value === key * 3 ? 1 : 1e6;
  }
  return hits;
}

export async function useCaches(context: TestContext): Promise<void> {
  const api = context.structures();
  // Half of the lookups are for a tenth of the keys.
  const often = numbers(lookups, cacheSize / 4);
  const keys = numbers(lookups, cacheSize * 2.5).map((key, i) => (i % 2 === 0 ? key : (often[i] ?? 0)));
  const make = () => api.createCache<number, number>(cacheSize, 3_600_000);
  await context.measureUnits({
    unit() {
      const cache = make();
      const hits = useCache(cache, keys);
      cache.dispose();
      return hits;
    },
    reference: () => useCache(new MapCache(), keys),
    operationsPerUnit: lookups,
    atPeak(look) {
      const cache = make();
      useCache(cache, keys);
      look();
      cache.dispose();
    },
  });
}
