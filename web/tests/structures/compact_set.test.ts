import fc from 'fast-check';
import { CompactSet, createCompactSet } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { anyValue, upheaval, upset } from './random_programs.js';

test('does what Set does', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constantFrom('add' as const, 'add' as const, 'delete' as const, 'has' as const),
      value: anyValue,
    }),
    fc.record({ do: fc.constant('upset' as const), value: upheaval }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const set = new CompactSet<unknown>();
      const model = new Set<unknown>();
      for (const each of steps) {
        switch (each.do) {
          case 'add':
            expect(set.add(each.value)).toBe(set);
            model.add(each.value);
            break;
          case 'delete':
            expect(set.delete(each.value)).toBe(model.delete(each.value));
            break;
          case 'has':
            expect(set.has(each.value)).toBe(model.has(each.value));
            break;
          case 'upset':
            upset(each.value);
            break;
        }
        expect(set.size).toBe(model.size);
      }
      expect([...set]).toEqual([...model]);
      expect([...set.entries()]).toEqual([...model.entries()]);
      set.dispose();
    }),
    { numRuns: 200 },
  );
});

test('forEach hands out the value twice, and the set', () => {
  const set = createCompactSet(['a', 1]);
  const seen: unknown[] = [];
  set.forEach(function (this: unknown, ...args: unknown[]) {
    seen.push(this, ...args);
  }, 'this');
  expect(seen).toEqual(['this', 'a', 'a', set, 'this', 1, 1, set]);
});

describe('two sets', () => {
  const small = fc.uniqueArray(fc.integer({ min: 0, max: 12 }));
  test('operations are those of arithmetic', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const left = createCompactSet(a);
        const right = new Set(b);
        expect([...left.union(right)]).toEqual([...new Set([...a, ...b])]);
        expect([...left.intersection(right)].sort()).toEqual(a.filter((x) => right.has(x)).sort());
        expect([...left.difference(right)]).toEqual(a.filter((x) => !right.has(x)));
        expect([...left.symmetricDifference(right)]).toEqual([
          ...a.filter((x) => !right.has(x)),
          ...b.filter((x) => !a.includes(x)),
        ]);
        expect(left.isSubsetOf(right)).toBe(a.every((x) => right.has(x)));
        expect(left.isSupersetOf(right)).toBe(b.every((x) => a.includes(x)));
        expect(left.isDisjointFrom(right)).toBe(!a.some((x) => right.has(x)));
        left.dispose();
      }),
    );
  });
});

test('many at once', () => {
  const set = createCompactSet<number>();
  const values = Int32Array.from({ length: 30_000 }, (_, i) => Math.imul(i, 31) % 20_000);
  set.addMany(values);
  expect([...set]).toEqual([...new Set(values)]);
  const asked = Float64Array.from({ length: 40_000 }, (_, i) => i - 20_000 + (i % 2) * 0.5);
  expect([...set.hasMany(asked)]).toEqual(Array.from(asked, (value) => (set.has(value) ? 1 : 0)));
});

test('an integer takes 7 bytes at 100,000 of them, and they may be more than 2^16', () => {
  const set = createCompactSet<number>();
  for (let i = 0; i < 100_000; ++i) set.add(Math.imul(i, 2654435761));
  expect(set.memoryUsage / set.size).toBeLessThanOrEqual(7.2); // 7.0 at 1,000,000: the room at the end is a 16th
});

test('after dispose() it is refused', () => {
  const set = createCompactSet([1]);
  set.dispose();
  expect(() => set.has(1)).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
  expect(() => set.add(1)).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('after dispose() its size is refused, too', () => {
  const disposed = createCompactSet();
  disposed.dispose();
  expect(() => disposed.size).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('options that are none are refused, and null is none', () => {
  expect(createCompactSet(null as never).size).toBe(0);
  for (const given of [5, { kind: 'f64' }, () => 1]) {
    expect(() => createCompactSet(given as never)).toThrow(
      expect.objectContaining({ code: 'invalid-config' }) as Error,
    );
  }
});
