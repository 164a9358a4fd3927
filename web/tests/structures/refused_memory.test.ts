// What is refused memory has succeeded as a whole, or has changed nothing and said so; and the structure works on.
import { ColumnArray, CompactArray, CompactMap, CompactSet, createCompactArray } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { liveBytes } from './random_programs.js';
import {
  check,
  count,
  expectNothingLost,
  indices,
  limitTo,
  mixed,
  refusing,
  sweep,
  text,
  thing,
  type Operation,
  type Structure,
  type Subject,
} from './refusals.js';

describe('CompactArray', () => {
  type Numbers = CompactArray<number>;
  const kinds: Record<string, [make: () => CompactArray<unknown>, value: (i: number) => unknown]> = {
    numbers: [() => new CompactArray<unknown>(), (i) => i * 1.5],
    mixed: [() => new CompactArray<unknown>(), mixed],
    texts: [() => new CompactArray<unknown>(), text],
    f64: [() => createCompactArray<unknown>({ type: 'f64' }), (i) => i * 1.5],
    u8: [() => createCompactArray<unknown>({ type: 'u8' }), (i) => i % 256],
  };
  const long = 'x'.repeat(3000);
  type Pair = Operation<CompactArray<unknown>, unknown[]>;
  const same = (operate: (array: unknown[]) => unknown): Pair => [operate as unknown as Pair[0], operate];
  const operations = (value: (i: number) => unknown): Record<string, Pair> => ({
    'push of one': same((array) => array.push(value(count))),
    'push of many': same((array) => array.push(...indices.map((i) => value(i + 1)))),
    unshift: same((array) => array.unshift(value(3), value(4))),
    'splice that adds': same((array) => array.splice(10, 2, ...indices.map((i) => value(i + 5)))),
    'splice that drops': same((array) => array.splice(1, 60, value(8))),
    shift: same((array) => array.shift()),
    pop: same((array) => array.pop()),
    reverse: same((array) => array.reverse()),
    sort: same((array) => array.sort((a, b) => String(a).length - String(b).length)),
    fill: same((array) => array.fill(value(9), 5, 120)),
    set: [(array) => array.set(3, value(6)) && 0, (array) => ((array[3] = value(6)), 0)],
    'set at the end': [(array) => array.set(count, value(6)) && 0, (array) => ((array[count] = value(6)), 0)],
    'a shorter length': same((array) => (array.length = 100)),
    compact: [(array) => array.compact(), () => undefined],
    clear: [(array) => array.clear(), (array) => void (array.length = 0)],
  });

  for (const [kind, [make, value]] of Object.entries(kinds)) {
    for (const full of [true, false]) {
      const values = indices.map(value);
      const subject: Subject<CompactArray<unknown>, unknown[]> = {
        make() {
          const array = make();
          array.push(...values);
          if (full) array.compact();
          return array;
        },
        model: () => [...values],
        content: (array) => [...array],
        expected: (array) => [...array],
      };
      test(`of ${kind}${full ? ' without room' : ''}`, () => {
        expectNothingLost(() => {
          let refused = 0;
          for (const operation of Object.values(operations(value))) refused += check(subject, operation).refused;
          expect(refused).toBeGreaterThan(0);
        });
      });
    }
  }

  test('of numbers: what is no number and was refused has not been there', () => {
    const subject: Subject<Numbers, number[]> = {
      make: () => new CompactArray(indices),
      model: () => [...indices],
      content: (array) => [...array, ...array.column()],
      expected: (array) => [...array, ...array],
    };
    const array = subject.make();
    const refused = refusing({ from: 0, only: false, bytes: 0 }, () => {
      expect(() => array.push(long as never)).toThrow(expect.objectContaining({ code: 'out-of-memory' }) as Error);
    });
    expect(refused).toBe(true);
    expect(subject.content(array)).toEqual(subject.expected(indices));
    array.dispose();
  });

  test('of records', () => {
    type Records = ColumnArray<{ x: 'f32'; id: 'u32'; tiny: 'i8' }>;
    type Record = { x: number; id: number; tiny: number };
    const record = (i: number): Record => ({ x: i / 2, id: i, tiny: i % 100 });
    const subject: Subject<Records, Record[]> = {
      make() {
        const array = new ColumnArray({ x: 'f32', id: 'u32', tiny: 'i8' });
        array.push(...indices.map(record));
        array.compact();
        return array;
      },
      model: () => indices.map(record),
      content: (array) => [...array],
      expected: (array) => [...array],
    };
    expectNothingLost(() => {
      const one = check(subject, [(array) => array.push(record(5)), (array) => array.push(record(5))]);
      const many = check(subject, [
        (array) => array.push(...indices.map(record)),
        (array) => array.push(...indices.map(record)),
      ]);
      check(subject, [(array) => array.compact(), () => undefined]);
      check(subject, [(array) => array.pop(), (array) => array.pop()]);
      check(subject, [(array) => array.set(2, record(7)) && 0, (array) => ((array[2] = record(7)), 0)]);
      check(subject, [(array) => array.clear(), (array) => void (array.length = 0)]);
      expect(one.refused).toBeGreaterThan(0);
      expect(many.refused).toBeGreaterThan(0);
    });
  });
});

describe('CompactMap', () => {
  type Given = [key: (i: number) => unknown, value: (i: number) => unknown];
  const kinds: Record<string, Given> = {
    'integers to integers': [(i) => i, (i) => i * 3],
    'integers to doubles': [(i) => i, (i) => i / 3],
    'doubles to doubles': [(i) => i + 0.5, (i) => i / 3],
    'strings to numbers': [text, (i) => i],
    'anything to anything': [(i) => [i, text(i), { i }, i + 0.5][i % 4], mixed],
  };
  type Pair = Operation<CompactMap<unknown, unknown>, Map<unknown, unknown>>;
  const same = (operate: (map: Map<unknown, unknown>) => unknown): Pair => [operate, operate];

  for (const [kind, [key, value]] of Object.entries(kinds)) {
    for (const size of [0, 7, count, 4096]) {
      const keys = Array.from({ length: size + 1 }, (_, i) => key(i));
      const entries = keys.slice(0, size).map((each, i): [unknown, unknown] => [each, value(i)]);
      for (const full of size === 4096 ? [false] : [true, false]) {
        const subject: Subject<CompactMap<unknown, unknown>, Map<unknown, unknown>> = {
          make() {
            const map = new CompactMap(entries);
            if (full) map.compact();
            return map;
          },
          model: () => new Map(entries),
          content: (map) => [map.size, ...map],
          expected: (map) => [map.size, ...map],
        };
        const operations: Pair[] = [
          same((map) => void map.set(keys[size], value(size))),
          same((map) => void map.set('another', 'text'.repeat(600))),
          same((map) => void map.set(-1, thing)),
          same((map) => void map.set(thing, 2 ** 40)),
          same((map) => void map.set(keys[0], 'a text')),
          same((map) => void map.set(keys[size >> 1], 1e300)),
          same((map) => map.delete(keys[size >> 1])),
          [(map) => map.compact(), () => undefined],
          same((map) => map.clear()),
        ];
        test(`of ${size} ${kind}${full ? ' without room' : ''}`, () => {
          expectNothingLost(() => {
            let refused = 0;
            for (const operation of size === 4096 ? operations.slice(0, 2) : operations) {
              refused += check(subject, operation).refused;
            }
            expect(refused).toBeGreaterThan(0);
          });
        });
      }
    }
  }

  test('that is filled until memory is spent ends by throwing, with what was put before', () => {
    for (const value of [(i: number): unknown => i, (i: number): unknown => i / 3, text, mixed]) {
      const map = new CompactMap<number, unknown>();
      let i = 0;
      limitTo(30_000);
      expect(() => {
        for (; i < 200_000; ++i) map.set(i, value(i));
      }).toThrow(expect.objectContaining({ code: 'out-of-memory' }) as Error);
      limitTo();
      expect(map.size).toBe(i);
      for (const [key, found] of map) expect(Object.is(found, value(key))).toBe(true);
      map.dispose();
    }
  });

  test('setMany() sets the first of them, or throws', () => {
    const keys = Int32Array.from(indices);
    const values = Float64Array.from(indices, (i) => i / 3);
    sweep((refusal) => {
      const map = new CompactMap<number, unknown>([[1, thing]]);
      map.set(1, { another: thing }); // a reference that was dropped before is no business of what follows
      const left = new CompactMap<number, unknown>([[7, thing]]);
      let error: unknown = null;
      const reached = refusing(refusal, () => {
        try {
          map.setMany(keys, values);
        } catch (thrown) {
          error = thrown;
        }
      });
      if (error === null) expect([...map.values()].sort()).toEqual([...values].sort());
      else expect(error).toMatchObject({ code: 'out-of-memory' });
      for (const [key, value] of map) if (typeof value === 'number') expect(value).toBe(key / 3);
      expect(map.size).toBe([...map].length);
      expect(left.get(7)).toBe(thing);
      map.dispose();
      left.dispose();
      return reached;
    });
  });

  test('a refused setMany() drops no reference a second time', () => {
    const map = new CompactMap<number, unknown>();
    const first = {};
    const second = {};
    map.set(1, first);
    map.set(1, 0); // drops the reference 0, and nothing is told of a change after that
    const other = new CompactMap<number, unknown>([[5, second]]); // the reference 0 of another map
    other.compact();
    let i = 10;
    refusing({ from: 1, only: false, bytes: 0 }, () => {
      expect(() => {
        for (; i < 5000; ++i) other.setMany([i], [i]);
      }).toThrow(expect.objectContaining({ code: 'out-of-memory' }) as Error);
    });
    expect(other.get(5)).toBe(second);
    map.dispose();
    other.dispose();
  });

  test('a constructor that is refused gives back what it had', () => {
    expectNothingLost(() => {
      for (const make of [
        () => new CompactMap(indices.map((i) => [text(i), i] as const)),
        () => new CompactSet(indices.map(text)),
        () => new CompactArray(indices.map(text)),
      ]) {
        for (let from = 0; from < 1000; from += 37) {
          const before = liveBytes();
          let made: Structure | null = null;
          refusing({ from, only: false, bytes: 0 }, () => {
            try {
              made = make();
            } catch (error) {
              expect(error).toMatchObject({ code: 'out-of-memory' });
            }
          });
          (made as Structure | null)?.dispose();
          expect(liveBytes() - before).toBeLessThan(30_000);
        }
      }
    });
  });
});

describe('CompactSet', () => {
  type Pair = Operation<CompactSet<unknown>, Set<unknown>>;
  type Sets = Pick<CompactSet<unknown>, 'intersection' | 'difference'>;
  const same = (operate: (set: Set<unknown>) => unknown): Pair => [operate, operate];
  for (const [kind, value] of Object.entries({ integers: (i: number) => i, texts: text, anything: mixed })) {
    const values = indices.map(value);
    const subject: Subject<CompactSet<unknown>, Set<unknown>> = {
      make() {
        const set = new CompactSet(values);
        set.compact();
        return set;
      },
      model: () => new Set(values),
      content: (set) => [set.size, ...set],
      expected: (set) => [set.size, ...set],
    };
    const ofBoth = (operate: (set: Sets, other: Set<unknown>) => Iterable<unknown>): Pair => {
      const other = new Set<unknown>([1, 2, 'b', ...indices.map((i) => i + 5000)]);
      return [
        (set) => {
          const result = operate(set, other) as unknown as CompactSet<unknown>;
          const content = [...result];
          result.dispose();
          return content;
        },
        (set) => [...operate(set as unknown as Sets, other)],
      ];
    };
    const operations: Pair[] = [
      same((set) => void set.add(count + 1)),
      same((set) => void set.add('a text')),
      same((set) => void set.add(thing)),
      same((set) => set.delete(values[5])),
      same((set) => set.clear()),
      [(set) => set.compact(), () => undefined],
      [(set) => set.addMany([7001, 7002]) && 0, (set) => set.add(7001).add(7002) && 0],
    ];
    const sets: Pair[] = [
      ofBoth((set, other) => set.intersection(other)),
      ofBoth((set, other) => set.difference(other)),
    ];
    test(`of ${kind}`, () => {
      expectNothingLost(() => {
        let refused = 0;
        for (const operation of operations) refused += check(subject, operation).refused;
        expect(refused).toBeGreaterThan(0);
        if ('union' in Set.prototype && kind === 'integers') for (const operation of sets) check(subject, operation);
      });
    });
  }
});
