import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { CompactMap, createCompactMap, TidemarkError } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { anyValue, liveBytes, upheaval, upset, type Upheaval } from './random_programs.js';

type Step =
  | { do: 'set'; key: unknown; value: unknown }
  | { do: 'delete' | 'get'; key: unknown }
  | { do: 'clear' | 'compact' | 'open' }
  | { do: 'take'; count: number }
  | { do: 'upset'; what: Upheaval };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('set' as const), key: anyValue, value: anyValue }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('delete' as const), key: anyValue }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), key: anyValue }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('upset' as const), what: upheaval }) },
);

test('does what Map does, with iterators open all the while', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const map = new CompactMap<unknown, unknown>();
      const model = new Map<unknown, unknown>();
      const open: [MapIterator<[unknown, unknown]>, MapIterator<[unknown, unknown]>][] = [];
      for (const each of steps) {
        switch (each.do) {
          case 'set':
            expect(map.set(each.key, each.value)).toBe(map);
            model.set(each.key, each.value);
            break;
          case 'delete':
            expect(map.delete(each.key)).toBe(model.delete(each.key));
            break;
          case 'get':
            expect(map.get(each.key)).toBe(model.get(each.key));
            expect(map.has(each.key)).toBe(model.has(each.key));
            break;
          case 'clear':
            map.clear();
            model.clear();
            break;
          case 'compact':
            map.compact();
            break;
          case 'open':
            open.push([map.entries(), model.entries()]);
            break;
          case 'take':
            for (const [ours, theirs] of open) {
              for (let i = 0; i < each.count; ++i) expect(ours.next()).toEqual(theirs.next());
            }
            break;
          case 'upset':
            upset(each.what);
            break;
        }
        expect(map.size).toBe(model.size);
      }
      expect([...map]).toEqual([...model]);
      for (const [key, value] of map) {
        expect(model.has(key)).toBe(true);
        expect(value).toBe(model.get(key)); // the same object, and the same zero
      }
      map.dispose();
    }),
    { numRuns: 300 },
  );
});

test('thousands of entries come and go as in Map', () => {
  const map = createCompactMap<number | string, number>();
  const model = new Map<number | string, number>();
  let seed = 1;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) % below;
  };
  const ours = map.entries();
  const theirs = model.entries();
  for (let i = 0; i < 60_000; ++i) {
    const key = next(4) === 0 ? `key ${next(9000)}` : next(9000);
    if (next(16) < (i % 20_000 < 10_000 ? 4 : 12)) expect(map.delete(key)).toBe(model.delete(key));
    else {
      map.set(key, i % 3 === 0 ? i + 0.5 : i);
      model.set(key, i % 3 === 0 ? i + 0.5 : i);
    }
    if (i % 5000 === 0) upset(i % 10_000 === 0 ? 'compact' : 'shrink');
    if (i % 11 === 0) expect(ours.next()).toEqual(theirs.next());
  }
  expect([...map]).toEqual([...model]);
  expect([...ours]).toEqual([...theirs]);
});

describe('iteration while it changes', () => {
  test('what is added is visited, and what is deleted before its turn is not', () => {
    const run = (map: {
      set(key: number, value: number): unknown;
      delete(key: number): boolean;
      forEach: Map<number, number>['forEach'];
    }): number[] => {
      for (let i = 0; i < 10; ++i) map.set(i, i);
      const seen: number[] = [];
      map.forEach((_, key) => {
        seen.push(key);
        if (key === 2) map.delete(3);
        if (key === 4) map.set(100, 1);
        if (key === 5) {
          map.delete(1);
          map.set(1, 1);
        }
      });
      return seen;
    };
    expect(run(new CompactMap<number, number>() as unknown as Map<number, number>)).toEqual(
      run(new Map<number, number>()),
    );
  });

  test('clear() in the middle, then new entries', () => {
    const run = (map: Map<string, number>): string[] => {
      for (const key of 'abcdef') map.set(key, 1);
      const seen: string[] = [];
      for (const [key] of map) {
        seen.push(key);
        if (key === 'c') {
          map.clear();
          map.set('x', 1).set('y', 2);
        }
      }
      return seen;
    };
    expect(run(new CompactMap<string, number>() as unknown as Map<string, number>)).toEqual(run(new Map()));
  });

  test('memory is compacted, grown and shrunk from within a callback', () => {
    const map = createCompactMap<number, string>();
    for (let i = 0; i < 9000; ++i) map.set(i, `value ${i}`);
    let expected = 0;
    map.forEach((value, key) => {
      expect(key).toBe(expected);
      expect(value).toBe(`value ${expected++}`);
      if (key % 1000 === 0) upset((['compact', 'grow', 'shrink'] as const)[(key / 1000) % 3] ?? 'grow');
    });
    expect(expected).toBe(9000);
  });
});

test.each([0, 0.5])('forEach over numbers is that of Map, whatever the callback does: + %d', (fraction) => {
  const act = fc.record({
    at: fc.nat(40),
    do: fc.constantFrom('set', 'add', 'delete', 'clear', 'compact', 'grow', 'shrink', 'other' as const),
    key: fc.nat(60),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const run = (map: Map<number, unknown>, isOurs: boolean): unknown[] => {
        for (let i = 0; i < 30; ++i) map.set(i, i + fraction);
        const seen: unknown[] = [];
        map.forEach((value, key) => {
          seen.push(key, value);
          for (const act of acts) {
            if (2 * act.at + 2 !== seen.length) continue;
            if (act.do === 'set') map.set(act.key % 30, NaN);
            else if (act.do === 'add') map.set(act.key + 100, act.key);
            else if (act.do === 'delete') map.delete(act.key);
            else if (act.do === 'clear') map.clear();
            else if (act.do === 'other') map.set(act.key, 'text');
            else if (isOurs) upset(act.do);
          }
        });
        return seen;
      };
      const ours = createCompactMap<number, unknown>();
      expect(run(ours as unknown as Map<number, unknown>, true)).toEqual(run(new Map(), false));
      ours.dispose();
    }),
    { numRuns: 100 },
  );
});

describe('values', () => {
  test.each(['', 'x'.repeat(1 << 20), 'ÿ'.repeat(100_000), '\ud800x\udc00', '😀'.repeat(3000), 'a\0'])(
    'a string comes back as it was, as key and as value (%#)',
    (text) => {
      const map = createCompactMap<string, string>();
      map.set(text, text).set('other', 'value');
      expect(map.get(text)).toBe(text);
      expect([...map.keys()]).toEqual([text, 'other']);
      expect(map.has(`${text}.`)).toBe(false);
    },
  );

  test('bytes are copied in and out; anything else keeps its identity', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const object = { bytes };
    const map = createCompactMap<unknown, unknown>([
      ['bytes', bytes],
      ['object', object],
      [object, 'by key'],
      [Buffer.from('x'), 1],
    ]);
    bytes[0] = 9;
    expect(map.get('bytes')).toEqual(new Uint8Array([1, 2, 3]));
    expect(map.get('object')).toBe(object);
    expect(map.get(object)).toBe('by key');
    expect(map.get({ bytes })).toBeUndefined();
    expect(map.get(bytes)).toBeUndefined();
  });

  test('a fixed type converts as a typed array does, and refuses what is no number', () => {
    const map = createCompactMap<number, number>({ key: 'u32', value: 'f32' });
    map
      .set(2 ** 32 - 1, 0.1)
      .set(1, -0)
      .set(2, NaN);
    expect([...map]).toEqual([
      [2 ** 32 - 1, Math.fround(0.1)],
      [1, -0],
      [2, NaN],
    ]);
    expect(map.getMany([2 ** 32 - 1, 1, 2, 3], -1)).toEqual(new Float64Array([Math.fround(0.1), -0, NaN, -1]));
    expect(() => map.set(1, 'x' as never)).toThrow(/value: "x" was given, and a number, since/);
    expect(() => createCompactMap({ key: 'f80' as never })).toThrow(/"f80" was given, and one of/);
    expect(map.get('1' as never)).toBeUndefined();
  });
});

describe('many at once', () => {
  test.each([new Int32Array(20_000), new Float64Array(20_000), new Float32Array(20_000), new Array<number>(20_000)])(
    'setMany and getMany are set and get, for %#',
    (keys) => {
      for (let i = 0; i < keys.length; ++i) keys[i] = Math.imul(i, 77) % 15_000;
      const values = Array.from(keys, (_, i) => i * 0.5);
      const map = createCompactMap<number, number>();
      const model = new Map<number, number>();
      map.set(5, 5).set(6, 'six' as never);
      model.set(5, 5).set(6, 6);
      map.setMany(keys, values);
      values.forEach((value, i) => model.set(keys[i] as number, value));
      expect([...map]).toEqual([...model].map(([key, value]) => [key, key === 6 && value === 6 ? 'six' : value]));
      const asked = [...Array(20_000).keys()];
      expect([...map.getMany(asked)]).toEqual(
        asked.map((key) => (map.get(key) === ('six' as never) ? NaN : (model.get(key) ?? NaN))),
      );
    },
  );

  test('keys that come twice, that are there, and that are new, while holes are filled', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -300, max: 300 }), fc.double()), { maxLength: 400 });
    fc.assert(
      fc.property(fc.array(fc.tuple(pairs, fc.integer({ min: 2, max: 5 })), { maxLength: 6 }), (rounds) => {
        const map = createCompactMap<number, unknown>();
        const model = new Map<number, unknown>();
        for (const [given, every] of rounds) {
          const keys = given.map(([key]) => key);
          const values = given.map(([, value]) => value);
          map.setMany(every === 2 ? keys : Int32Array.from(keys), values);
          given.forEach(([key, value]) => model.set(key, value));
          expect([...map]).toEqual([...model]);
          [...model.keys()].forEach((key, i) => {
            if (i % every !== 0) return;
            expect(map.delete(key)).toBe(model.delete(key));
          });
          const [first] = model.keys();
          if (first === undefined) continue;
          map.set(first, 'text');
          model.set(first, 'text');
        }
        map.dispose();
      }),
    );
  });

  test('references that many values replace are dropped', () => {
    const map = createCompactMap<number, unknown>();
    for (let i = 0; i < 10; ++i) map.set(i, { i });
    map.setMany([...Array(10).keys()], new Float64Array(10));
    map.set(3, 'x');
    expect([...map.values()]).toEqual([0, 0, 0, 'x', 0, 0, 0, 0, 0, 0]);
  });

  test('as many values as keys', () => {
    expect(() => createCompactMap<number, number>().setMany([1], [1, 2])).toThrow(TidemarkError);
  });
});

describe('its memory', () => {
  test('is what memoryUsage says, and comes back by compact() and dispose()', () => {
    upset('compact');
    const before = liveBytes();
    const map = createCompactMap<number, number>();
    for (let i = 0; i < 100_000; ++i) map.set(Math.imul(i, 2654435761), i + 0.5);
    const full = map.memoryUsage;
    expect(full).toBeLessThanOrEqual(16 * 100_000);
    upset('compact'); // of blocks that grew, movable memory has kept the holes
    expect(liveBytes() - before).toBeLessThan(full * 1.05);
    for (let i = 0; i < 99_000; ++i) map.delete(Math.imul(i, 2654435761));
    map.compact();
    expect(map.memoryUsage).toBeLessThan(full / 20);
    map.dispose();
    upset('compact');
    expect(liveBytes() - before).toBeLessThan(20_000); // tables of movable memory, which don't shrink at once
  });

  test('after dispose() it is refused', () => {
    const map = createCompactMap<number, number>();
    map.set(1, 1);
    const iterator = map.keys();
    map.dispose();
    map.dispose();
    for (const use of [
      () => map.get(1),
      () => map.set(1, 2),
      () => map.delete(1),
      () => map.has('x' as never),
      () => [...map],
      () => iterator.next(),
      () => map.keys(),
      () => map.getMany([1]),
      () => map.memoryUsage,
      () => map.compact(),
      () => map.clear(),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
    }
  });

  test('forgetting dispose() leaks nothing for good', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const fill = (): void => {
      const map = createCompactMap<number, number>();
      for (let i = 0; i < 100_000; ++i) map.set(i, i);
    };
    upset('compact');
    const before = liveBytes();
    fill();
    expect(liveBytes() - before).toBeGreaterThan(500_000);
    for (let i = 0; i < 20 && liveBytes() - before > 50_000; ++i) {
      gc();
      upset('compact');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(liveBytes() - before).toBeLessThan(50_000);
  });
});

test('after dispose() its size is refused, too', () => {
  const disposed = createCompactMap();
  disposed.dispose();
  expect(() => disposed.size).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('options that are none are refused, and null is none', () => {
  expect(createCompactMap(null as never).size).toBe(0);
  for (const given of [5, { kind: 'f64' }, () => 1]) {
    expect(() => createCompactMap(given as never)).toThrow(
      expect.objectContaining({ code: 'invalid-config' }) as Error,
    );
  }
});
