// The same of caches and pools: what is refused memory has succeeded as a whole, or has changed nothing and said so; and the structure works on.
import { BufferPool, CompactArray, defaultModule, MemoryEfficientCache, MemoryPool, TidemarkError } from 'tidemark';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/context.js';
import { upset } from './random_programs.js';
import {
  check,
  count,
  expectNothingLost,
  limitTo,
  mixed,
  refusing,
  sweep,
  text,
  thing,
  type Operation,
  type Subject,
} from './refusals.js';

describe('MemoryEfficientCache', () => {
  /** What is used last comes last. */
  class Model {
    readonly entries = new Map<unknown, unknown>();
    constructor(private readonly max: number) {}
    set(key: unknown, value: unknown): void {
      this.entries.delete(key);
      this.entries.set(key, value);
      for (const [oldest] of this.entries) {
        if (this.entries.size <= this.max) break;
        this.entries.delete(oldest);
      }
    }
    get(key: unknown): unknown {
      if (!this.entries.has(key)) return undefined;
      const value = this.entries.get(key);
      this.set(key, value);
      return value;
    }
  }
  type Cache = MemoryEfficientCache<unknown, unknown>;
  const max = count;
  const sizeOf = (value: unknown): number => 1 + String(value).length;
  for (const [kind, key] of Object.entries({ integers: (i: number): unknown => i, texts: text })) {
    for (const size of [0, 5, max]) {
      for (const sized of [true, false]) {
        const told: unknown[] = [];
        const subject: Subject<Cache, Model> = {
          make() {
            told.length = 0;
            const cache = new MemoryEfficientCache<unknown, unknown>({
              max,
              ...(sized ? { sizeCalculation: sizeOf, dispose: (value) => told.push(value) } : {}),
            });
            for (let i = 0; i < size; ++i) cache.set(key(i), mixed(i));
            return cache;
          },
          model() {
            const model = new Model(max);
            for (let i = 0; i < size; ++i) model.set(key(i), mixed(i));
            return model;
          },
          content: (cache) => [
            cache.size,
            [...cache].reverse(),
            sized ? cache.calculatedSize : 0,
            sized ? cache.stats.sets : 0,
          ],
          expected: ({ entries }) => [
            entries.size,
            [...entries],
            sized ? [...entries.values()].reduce((sum: number, value) => sum + sizeOf(value), 0) : 0,
            sized ? size : 0,
          ],
        };
        const set = (name: unknown, value: unknown): Operation<Cache, Model> => [
          (cache) => {
            cache.set(name, value);
          },
          (model) => model.set(name, value),
        ];
        // The statistics count what was done, which the model doesn't.
        const withoutSets: typeof subject = {
          ...subject,
          content: (cache) => subject.content(cache).slice(0, 3),
          expected: (model) => subject.expected(model).slice(0, 3),
        };
        test(`of ${size} ${kind}${sized ? ' with sizes' : ''}`, () => {
          expectNothingLost(() => {
            let refused = 0;
            for (const operation of [
              set(key(size), 1),
              set(key(3), 'x'.repeat(200)),
              set('k'.repeat(3000), 'x'.repeat(3000)),
              set(thing, { thing }),
              set(-1.5, 2 ** 50),
            ]) {
              refused += check(withoutSets, operation).refused;
            }
            expect(refused).toBeGreaterThan(0);
            check(subject, [(cache) => cache.get(key(2)), (model) => model.get(key(2))]);
            check(subject, [(cache) => cache.delete(key(2)), (model) => model.entries.delete(key(2))]);
            check(withoutSets, [(cache) => cache.clear(), (model) => model.entries.clear()]);
          });
        });
      }
    }
  }
});

test('what finds no room where a cache is held to its bytes is evicted and told of, the oldest first', () => {
  const key = (i: number): unknown => (i % 3 === 0 ? i : text(i));
  const sizeOf = (name: unknown): number => String(name).length + 1;
  for (const value of [(i: number): unknown => i, mixed]) {
    const evicted: unknown[][] = [];
    const make = (): MemoryEfficientCache<unknown, unknown> => {
      evicted.length = 0;
      return new MemoryEfficientCache<unknown, unknown>({
        maxBytes: 8000,
        sizeCalculation: (_, name) => sizeOf(name),
        onEvict: (...told) => evicted.push(told),
      });
    };
    let last = 0; // with it, there are more bytes than there may be
    for (const cache = make(); evicted.length === 0; ++last) cache.set(key(last), value(last));
    --last;
    const usual = evicted.length;
    expectNothingLost(() => {
      const outcomes = new Set<string>();
      sweep((refusal) => {
        const cache = make();
        for (let i = 0; i < last; ++i) cache.set(key(i), value(i));
        let isRefused = false;
        const reached = refusing(refusal, () => {
          try {
            cache.set(key(last), value(last));
          } catch (error) {
            expect(error).toMatchObject({ code: 'out-of-memory' });
            isRefused = true;
          }
        });
        const end = isRefused ? last : last + 1;
        const gone = evicted.length;
        outcomes.add(isRefused ? 'refused' : gone === usual ? 'usual' : 'more');
        const all = Array.from({ length: end }, (_, i) => i);
        expect(evicted, JSON.stringify(refusal)).toEqual(all.slice(0, gone).map((i) => [key(i), value(i), 'evict']));
        expect([...cache].reverse(), JSON.stringify(refusal)).toEqual(all.slice(gone).map((i) => [key(i), value(i)]));
        expect(cache.calculatedSize).toBe(all.slice(gone).reduce((sum, i) => sum + sizeOf(key(i)), 0));
        expect(cache.stats.evictions).toBe(gone);
        if (isRefused) expect(gone).toBe(0);
        cache.dispose();
        return reached;
      });
      expect([...outcomes].sort()).toEqual(['more', 'refused', 'usual']);
    });
  }
});

describe('pools', () => {
  test('BufferPool', () => {
    for (const zero of [false, true, 'release' as const]) {
      for (const bytes of [0, 1, 64, 5000, 300_000]) {
        expectNothingLost(() => {
          let refused = 0;
          sweep((refusal) => {
            const pool = new BufferPool({ zero });
            const kept = pool.acquire(100);
            kept.write([1, 2, 3]);
            const before = pool.stats;
            let error: unknown = null;
            const reached = refusing(refusal, () => {
              try {
                pool.acquire(bytes).release();
                pool.acquire(bytes).bytes.fill(7);
              } catch (thrown) {
                error = thrown;
              }
            });
            if (error !== null) {
              ++refused;
              expect(error).toMatchObject({ code: 'out-of-memory' });
              expect(pool.stats.inUse).toBe(before.inUse);
              expect(pool.stats.inUseBytes).toBe(before.inUseBytes);
              expect(pool.stats.idleBytes).toBe(before.idleBytes);
            }
            expect([...kept.read(0, 3)]).toEqual([1, 2, 3]);
            const another = pool.acquire(bytes);
            expect(another.bytes.length).toBe(bytes);
            if (zero !== false) expect(another.bytes.every((byte) => byte === 0)).toBe(true);
            upset('compact');
            expect([...kept.read(0, 3)]).toEqual([1, 2, 3]);
            pool.dispose();
            expect(pool.memoryUsage).toBe(0);
            return reached;
          });
          expect(refused).toBeGreaterThan(0);
        });
      }
    }
  });

  test('MemoryPool: a factory that is refused leaves the pool as it was', () => {
    let left = 0;
    const pool = new MemoryPool<CompactArray<number>>(() => {
      if (left-- <= 0) throw new TidemarkError('out-of-memory', 'no more');
      return new CompactArray<number>();
    });
    for (left = 0; left < 5;) {
      const before = pool.stats;
      const wanted = left + 3;
      const made = left;
      expect(() => pool.prefill(before.idle + wanted)).toThrow('no more');
      expect(pool.stats).toEqual({
        ...before,
        created: before.created + made,
        idle: before.idle + made,
      });
      left = made + 1;
    }
    expect(() => {
      for (;;) pool.acquire();
    }).toThrow('no more');
    expect(pool.stats.inUse).toBe(pool.stats.created);
  });
});

test('a handler of pressure that uses structures leaves a set() of a long text at the limit alone', () => {
  const cache = new MemoryEfficientCache<string, string>({});
  cache.set('kept', 'value');
  const { engine } = (defaultModule as { module: { tidemark: Context['runtime'] } }).module.tidemark;
  const before = engine.onPressure;
  engine.onPressure = (_, reason) => {
    if (reason === 0) return; // the level has changed
    cache.delete('another key');
    limitTo(); // as if enough had been given back
  };
  try {
    limitTo(0);
    expect(() => cache.set('key', 'x'.repeat(3000))).toThrow(
      expect.objectContaining({ code: 'out-of-memory' }) as Error,
    );
  } finally {
    limitTo();
    engine.onPressure = before ?? null;
  }
  expect([...cache.keys()]).toEqual(['kept']);
  cache.dispose();
});
