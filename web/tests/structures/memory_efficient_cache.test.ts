import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { createCache, defaultModule, MemoryEfficientCache, type CacheOptions, type DisposeReason } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { Context, type Clock } from '../../src/context.js';
import { anyValue, upheaval, upset } from './random_programs.js';

class FakeClock implements Clock {
  ms = 1000;
  readings = 0;
  now(): number {
    return this.ms;
  }
  elapsed(): number {
    ++this.readings;
    return this.ms;
  }
  every(): () => void {
    return () => undefined;
  }
}

const { tidemark: runtime } = (defaultModule as { module: { tidemark: Context['runtime'] } }).module;

function timed<K, V>(options: CacheOptions<K, V>): { cache: MemoryEfficientCache<K, V>; clock: FakeClock } {
  const clock = new FakeClock();
  return { cache: new MemoryEfficientCache<K, V>(undefined, undefined, options, new Context(runtime, clock)), clock };
}

test('the example of the specification', () => {
  const cache = createCache<string, unknown>(100, 300_000);
  const data = { expensive: true };
  cache.set('expensive_data', data);
  expect(cache.get('expensive_data')).toBe(data);
  for (let i = 0; i < 100; ++i) cache.set(`other ${i}`, i);
  expect(cache.get('expensive_data')).toBeUndefined();
  expect(cache.size).toBe(100);
});

const key = fc.oneof(fc.nat(12), fc.constantFrom('a', 'b', 'c', NaN, -0, null, undefined));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: anyValue }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('get' as const, 'peek' as const, 'has' as const, 'delete' as const),
      key,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('purge' as const, 'clear' as const, 'ttl' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), steps: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('upset' as const), what: upheaval }) },
);
const shape = fc.record({
  max: fc.integer({ min: 1, max: 8 }),
  ttl: fc.constantFrom(0, 25, 55),
  allowStale: fc.boolean(),
  updateAgeOnGet: fc.boolean(),
});

test('does what lru-cache does', () => {
  fc.assert(
    fc.property(shape, fc.array(step, { maxLength: 100 }), (options, steps) => {
      const ours: unknown[] = [];
      const theirs: unknown[] = [];
      const { cache, clock } = timed<unknown, unknown>({ ...options, dispose: (value, k) => ours.push([k, value]) });
      const model = new LRUCache<object, object>({
        ...options,
        perf: clock,
        ttlResolution: 0,
        dispose: (value, k) => {
          theirs.push([unwrap(k), unwrap(value)]);
        },
      });
      for (const each of steps) {
        switch (each.do) {
          case 'set': {
            // -0 in place of 0 is no other value to either of them; but its wrapper would be one.
            const value = each.value === 0 ? 0 : each.value;
            cache.set(each.key, value);
            model.set(wrapKey(each.key), wrap(value));
            break;
          }
          case 'get':
          case 'peek':
            expect(cache[each.do](each.key)).toBe(unwrap(model[each.do](wrapKey(each.key))));
            break;
          case 'has':
            expect(cache.has(each.key)).toBe(model.has(wrapKey(each.key)));
            break;
          case 'delete':
            cache.delete(each.key);
            model.delete(wrapKey(each.key));
            break;
          case 'purge':
            cache.purgeStale();
            model.purgeStale();
            break;
          case 'clear':
            cache.clear();
            model.clear();
            break;
          case 'ttl':
            expect(cache.getRemainingTTL(each.key)).toBe(Math.max(0, model.getRemainingTTL(wrapKey(each.key))));
            break;
          case 'wait':
            clock.ms += 10 * each.steps;
            break;
          case 'upset':
            upset(each.what);
            break;
        }
        expect(cache.size).toBe(model.size);
      }
      model.purgeStale();
      cache.purgeStale();
      expect([...cache]).toEqual([...model].map(([k, value]) => [unwrap(k), unwrap(value)]));
      expect(ours).toHaveLength(theirs.length);
      cache.dispose();
    }),
    { numRuns: 300 },
  );
});

// lru-cache takes an undefined value for a deletion, and no null or undefined for a key; -0 is another key than 0 to no Map.
const wrapped = new Map<unknown, { value: unknown }>();
function wrap(value: unknown): { value: unknown } {
  let box = wrapped.get(value);
  if (box === undefined) wrapped.set(value, (box = { value }));
  return box;
}
const wrapKey = (key: unknown): { value: unknown } => wrap(key === 0 ? 0 : key);
const unwrap = (box: unknown): unknown => (box as { value: unknown } | undefined)?.value;

describe('sizes', () => {
  test('entries go until maxSize is kept', () => {
    const { cache } = timed<string, string>({ maxSize: 10, sizeCalculation: (value) => value.length });
    cache.set('a', 'xxxx').set('b', 'xxxx').set('c', 'xxx');
    expect([...cache.keys()]).toEqual(['c', 'b']);
    expect(cache.calculatedSize).toBe(7);
    cache.set('b', 'x');
    expect(cache.calculatedSize).toBe(4);
    cache.set('b', 'x'.repeat(11));
    expect(cache.has('b')).toBe(false);
    expect(cache.calculatedSize).toBe(3);
    expect(() => cache.set('d', '')).toThrow(/a whole number above 0/);
    cache.clear();
    expect(cache.calculatedSize).toBe(0);
  });

  test('maxBytes holds its memory', () => {
    const { cache } = timed<number, string>({ maxBytes: 100_000 });
    for (let i = 0; i < 20_000; ++i) {
      cache.set(i, `a value of some length, number ${i}`);
      if (i % 100 === 0) expect(cache.memoryUsage).toBeLessThanOrEqual(100_000);
    }
    expect(cache.size).toBeGreaterThan(1000);
    expect(cache.get(19_999)).toBe('a value of some length, number 19999');
    expect(cache.stats.evictions).toBe(20_000 - cache.size);
  });

  test('maxBytes holds where values are long: what is too long by itself goes alone, and else the oldest do', () => {
    const gone: [string | number, DisposeReason][] = [];
    const { cache } = timed<string | number, string>({
      maxBytes: 100_000,
      sizeCalculation: (value) => value.length + 1,
      dispose: (_, key, reason) => gone.push([key, reason]),
    });
    for (let i = 0; i < 100; ++i) cache.set(i, `${i}`);
    cache.set('too long', 'x'.repeat(200_000));
    expect(gone).toEqual([['too long', 'evict']]);
    expect(cache.memoryUsage).toBeLessThanOrEqual(100_000);
    expect([cache.size, cache.peek(0), cache.peek(99), cache.peek('too long')]).toEqual([100, '0', '99', undefined]);
    for (const name of ['a', 'b', 'c']) cache.set(name, 'x'.repeat(40_000));
    expect(cache.memoryUsage).toBeLessThanOrEqual(100_000);
    expect([...cache.keys()].slice(0, 2)).toEqual(['c', 'b']);
    expect(cache.calculatedSize).toBe([...cache.values()].reduce((sum, value) => sum + value.length + 1, 0));
    expect(gone.slice(1)).toEqual(
      [...Array.from({ length: 100 }, (_, i) => i), 'a'].slice(0, gone.length - 1).map((key) => [key, 'evict']),
    );
    expect(cache.stats.evictions).toBe(gone.length);
    cache.dispose();
  });
});

test('callbacks are told why', () => {
  const told: [unknown, unknown, DisposeReason][] = [];
  const { cache, clock } = timed<string, number>({
    max: 2,
    ttl: 50,
    dispose: (value, k, reason) => told.push([k, value, reason]),
  });
  cache.set('a', 1).set('a', 2).set('b', 3).set('c', 4);
  cache.delete('c');
  clock.ms += 60;
  cache.get('b');
  cache.set('d', 5);
  cache.clear();
  expect(told).toEqual([
    ['a', 1, 'set'],
    ['a', 2, 'evict'],
    ['c', 4, 'delete'],
    ['b', 3, 'expire'],
    ['d', 5, 'clear'],
  ]);
});

test('callbacks are told the key that is in the cache', () => {
  const told: [number, number, DisposeReason][] = [];
  const { cache } = timed<number, number>({ dispose: (value, k, reason) => told.push([k, value, reason]) });
  cache.set(-0, 1).set(-0, 2);
  cache.delete(-0);
  expect(told).toEqual([
    [0, 1, 'set'],
    [0, 2, 'delete'],
  ]);
});

test('statistics, pop, resize, dump and load', () => {
  const { cache, clock } = timed<string, number>({ max: 10, ttl: 100 });
  cache.set('a', 1).set('b', 2, { ttl: 500 }).set('c', 3, { ttl: 0 });
  expect(cache.getMany(['a', 'x', 'c'])).toEqual([1, undefined, 3]);
  expect(cache.stats).toMatchObject({ hits: 2, misses: 1, sets: 3, size: 3, hitRate: 2 / 3 });
  clock.ms += 150;
  expect(cache.getRemainingTTL('b')).toBe(350);
  expect(cache.getRemainingTTL('c')).toBe(Infinity);
  const dump = cache.dump();
  expect(dump).toEqual([
    ['b', { value: 2, ttl: 350 }],
    ['c', { value: 3 }],
  ]);
  const { cache: other, clock: later } = timed<string, number>({ max: 10 });
  other.load(dump);
  later.ms += 349;
  expect(other.get('b')).toBe(2);
  later.ms += 1;
  expect(other.get('b')).toBeUndefined();
  expect(cache.pop()).toBe(2);
  cache.set('d', 4).set('e', 5);
  cache.resize(1);
  expect([...cache]).toEqual([['e', 5]]);
  expect(cache.stats.expirations).toBe(1);
});

describe('the clock', () => {
  test('is read at each use, so that nothing is returned late', () => {
    const { cache, clock } = timed<number, number>({ max: 10, ttl: 10 });
    cache.set(1, 2);
    for (let i = 0; i < 1000; ++i) expect(cache.get(1)).toBe(2);
    expect(clock.readings).toBeGreaterThanOrEqual(1000);
    clock.ms += 10;
    expect(cache.get(1)).toBeUndefined();
  });

  test('is read less often, within one job, by who gives ttlResolution', async () => {
    const { cache, clock } = timed<number, number>({ max: 10, ttl: 10, ttlResolution: 1 });
    cache.set(1, 2);
    for (let i = 0; i < 1000; ++i) expect(cache.get(1)).toBe(2);
    expect(clock.readings).toBeLessThan(50);
    await Promise.resolve();
    clock.ms += 10;
    expect(cache.get(1)).toBeUndefined();
  });

  test('goes on in a loop that waits for it', () => {
    const { cache, clock } = timed<number, number>({ max: 10, ttl: 10, ttlResolution: 1 });
    cache.set(1, 2);
    for (let i = 0; i < 100; ++i) cache.get(1);
    let uses = 0;
    for (clock.ms += 10; cache.get(1) !== undefined; ++uses) expect(uses).toBeLessThan(100);
  });

  test('is not read where nothing has a time', () => {
    const { cache, clock } = timed<number, number>({ max: 10 });
    const before = clock.readings;
    cache.set(1, 2).get(1);
    expect(clock.readings).toBe(before);
  });
});

test('values that are no numbers, or NaN, are looked up once', () => {
  const { cache, clock } = timed<number, unknown>({ max: 10, ttl: 10 });
  const object = {};
  cache.set(1, NaN).set(2, object).set(3, 'text').set(4, undefined).set(5, -0);
  expect([1, 2, 3, 4, 5, 6].map((key) => cache.get(key))).toEqual([NaN, object, 'text', undefined, -0, undefined]);
  expect(cache.stats).toMatchObject({ hits: 5, misses: 1 });
  expect([...cache.keys()]).toEqual([5, 4, 3, 2, 1]);
  expect([3, 1].map((key) => cache.get(key))).toEqual(['text', NaN]);
  expect([...cache.keys()]).toEqual([1, 3, 5, 4, 2]);
  clock.ms += 10;
  expect(cache.get(2)).toBeUndefined();
  expect(cache.get(5)).toBeUndefined();
  expect(cache.stats).toMatchObject({ expirations: 2, size: 3 });
});

test('an entry with its time takes 30 bytes', () => {
  const { cache } = timed<number, number>({ max: 100_000, ttl: 1000 });
  for (let i = 0; i < 150_000; ++i) cache.set(Math.imul(i, 2654435761), i + 0.5);
  expect(cache.size).toBe(100_000);
  expect(cache.memoryUsage / cache.size).toBeLessThanOrEqual(30);
});

test('what makes no sense is refused', () => {
  expect(() => createCache(-1)).toThrow(/max: -1/);
  expect(() => createCache(1, -1)).toThrow(/ttl: -1/);
  expect(() => createCache(1, 1, { maxSize: 5 })).toThrow(/sizeCalculation/);
  const cache = createCache<string, number>(5);
  cache.set('a', 1);
  cache.dispose();
  expect(() => cache.get('a')).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('the class takes what createCache() takes, or all as options', () => {
  for (const cache of [
    new MemoryEfficientCache<string, number>(2, 1000),
    new MemoryEfficientCache<string, number>({ max: 2, ttl: 1000 }),
    new MemoryEfficientCache<string, number>(undefined, 1000, { max: 2 }),
  ]) {
    for (const key of ['a', 'b', 'c']) cache.set(key, 1);
    expect([...cache.keys()]).toEqual(['c', 'b']);
    expect(cache.getRemainingTTL('c')).toBeGreaterThan(900);
    cache.dispose();
  }
});

test.each([{ maxEntries: 5 }, { onEvict: 5 }, { dispose: 'x' }, { sizeCalculation: 1 }, 5, null])(
  '%j are no options',
  (options) => {
    expect(() => new MemoryEfficientCache(10, 0, options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-config' }) as Error,
    );
  },
);

describe('a cache that is changed while it is iterated over', () => {
  const filled = (count: number): MemoryEfficientCache<number, string> => {
    const cache = new MemoryEfficientCache<number, string>({});
    for (let i = 0; i < count; ++i) cache.set(i, `value ${i}`);
    return cache;
  };

  test('leaves out what has gone meanwhile', () => {
    const cache = filled(6);
    const seen: [number, string][] = [];
    for (const entry of cache) {
      seen.push(entry);
      cache.delete(entry[0] - 1);
    }
    expect(seen).toEqual([5, 3, 1].map((key) => [key, `value ${key}`]));
  });

  test('ends where each step adds, erases and uses others', () => {
    const cache = filled(50);
    let steps = 0;
    for (const [key] of cache) {
      expect(++steps).toBeLessThan(1000);
      cache.delete(key - 1);
      cache.set(1000 + steps, 'new');
      cache.get(key - 2);
    }
    expect(steps).toBeLessThanOrEqual(50);
  });

  test('ends where it is cleared, and throws where it is disposed', () => {
    const cache = filled(5);
    let steps = 0;
    for (const key of cache.keys()) {
      ++steps;
      cache.clear();
      cache.set(key, 'again');
    }
    expect(steps).toBe(1);
    cache.set(1, 'another');
    expect(() => {
      for (const value of cache.values()) if (value !== '') cache.dispose();
    }).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
  });
});

test('all expired entries go, whatever is done to the cache by who is told', () => {
  const gone: number[] = [];
  const { cache, clock } = timed<number, number>({
    onEvict: (key) => {
      gone.push(key);
      cache.get(key + 1); // is the newest then
      if (key === 4) cache.set(100, 1, { ttl: 10 });
      if (key === 8) cache.delete(9);
    },
  });
  for (let key = 0; key < 20; ++key) cache.set(key, key, { ttl: key % 4 === 0 ? 5 : 50 });
  clock.ms += 20;
  expect(cache.purgeStale()).toBe(5);
  expect(gone).toEqual([0, 4, 8, 12, 16]);
  expect([...cache.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 18, 19, 100]);
  cache.dispose();
});
