import fc from 'fast-check';
import { CompactArray, createCompactArray, TidemarkError } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { anyValue, upheaval, upset } from './random_programs.js';

const index = fc.integer({ min: -3, max: 12 });
const step = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    fc.record({ do: fc.constantFrom('push' as const, 'push' as const, 'unshift' as const), value }),
    fc.record({ do: fc.constantFrom('pop' as const, 'shift' as const, 'reverse' as const, 'compact' as const) }),
    fc.record({ do: fc.constant('set' as const), index: fc.nat(10), value }),
    fc.record({
      do: fc.constant('splice' as const),
      index,
      count: fc.option(fc.option(index, { nil: undefined })), // null: not given
      values: fc.array(value, { maxLength: 3 }),
    }),
    fc.record({ do: fc.constant('length' as const), length: fc.nat(8) }),
    fc.record({ do: fc.constant('slice' as const), index, end: index }),
    fc.record({ do: fc.constant('upset' as const), what: upheaval }),
    fc.record({ do: fc.constantFrom('clear' as const, 'read' as const, 'replace' as const, 'replace' as const) }),
  );

/** `added`: what a longer length adds. */
const runProgram = (
  array: CompactArray<unknown>,
  added: unknown,
  steps: readonly (typeof step extends (v: never) => fc.Arbitrary<infer S> ? S : never)[],
): void => {
  const model: unknown[] = [];
  for (const each of steps) {
    switch (each.do) {
      case 'push':
      case 'unshift':
        expect(array[each.do](each.value)).toBe(model[each.do](each.value));
        break;
      case 'pop':
      case 'shift':
        expect(array[each.do]()).toBe(model[each.do]());
        break;
      case 'reverse':
        array.reverse();
        model.reverse();
        break;
      case 'compact':
        array.compact();
        break;
      case 'set':
        if (each.index <= model.length) {
          array.set(each.index, each.value);
          model[each.index] = each.value;
        } else expect(() => array.set(each.index, each.value)).toThrow(/index/);
        break;
      case 'splice': {
        const given = each.count === null ? [each.index] : [each.index, each.count, ...each.values];
        expect(array.splice(...(given as [number]))).toEqual(model.splice(...(given as [number])));
        break;
      }
      case 'length':
        array.length = each.length;
        while (model.length < each.length) model.push(added);
        model.length = each.length;
        break;
      case 'slice':
        expect(array.slice(each.index, each.end)).toEqual(model.slice(each.index, each.end));
        break;
      case 'clear':
        array.clear();
        model.length = 0;
        break;
      case 'read':
        for (let i = -model.length - 1; i <= model.length; ++i) expect(array.at(i)).toBe(model.at(i));
        break;
      case 'replace':
        model.forEach((value, i) => {
          // Others stay: what follows is done to an array that is written in one place after the other.
          if (i % 2 === 0 || typeof value !== 'number') return;
          array.set(i, value / 2);
          model[i] = value / 2;
        });
        break;
      case 'upset':
        upset(each.what);
        break;
    }
    expect(array.length).toBe(model.length);
  }
  const ours = array.toArray();
  expect(ours.length).toBe(model.length);
  ours.forEach((value, i) => expect(value).toBe(model[i]));
  expect([...array]).toEqual(model);
  expect(array.indexOf(model[2])).toBe(model.indexOf(model[2]));
  expect(array.includes(model.at(-1))).toBe(model.includes(model.at(-1)));
  array.dispose();
};

test('does what Array does, with values of every kind', () => {
  fc.assert(
    fc.property(fc.array(step(anyValue), { maxLength: 80 }), (steps) =>
      runProgram(new CompactArray<unknown>(), undefined, steps),
    ),
    { numRuns: 300 },
  );
});

test('of doubles, it does what Array does with numbers', () => {
  fc.assert(
    fc.property(fc.array(step(fc.double()), { maxLength: 80 }), (steps) =>
      runProgram(new CompactArray<unknown>(null, { type: 'f64' }), 0, steps),
    ),
    { numRuns: 100 },
  );
});

test.each(['any', 'f64', 'u8'] as const)('a longer length is what negative indices count from: %s', (type) => {
  const array = createCompactArray<number | undefined>({ type });
  array.push(1, 2, 3);
  array.push(4);
  expect(array.at(-1)).toBe(4);
  array.length = 8; // there is room for so many
  const added = type === 'any' ? undefined : 0;
  expect([-1, -2, -5, -8, 4, 7].map((i) => array.at(i))).toEqual([added, added, 4, 1, added, added]);
  array.length = 2;
  expect([-1, -2, -3].map((i) => array.at(i))).toEqual([2, 1, undefined]);
  array.dispose();
});

test.each([undefined, 'f64', 'i32', 'u8'] as const)(
  'what was read and written is there after each upheaval: %s',
  (type) => {
    // Made by the function and by the class, and several at once, of which one is gone.
    const arrays = [
      createCompactArray<number>({ type: type ?? 'any' }),
      new CompactArray<number>(null, { type: type ?? 'any' }),
    ];
    const gone = createCompactArray<number>({ type: 'u16' });
    for (let i = 0; i < 3000; ++i) for (const array of [gone, ...arrays]) array.push(i % 200);
    expect(gone.at(7)).toBe(7);
    gone.dispose();
    expect(() => gone.at(7)).toThrow(TidemarkError);
    expect(() => gone.set(7, 1)).toThrow(/index/);
    for (const what of ['compact', 'grow', 'shrink', 'compact'] as const) {
      for (const array of arrays) {
        array.set(5, 100);
        expect(array.at(5)).toBe(100);
      }
      const hole = createCompactArray<number>(Array.from({ length: 500 }, () => 1));
      arrays.push(createCompactArray<number>({ type: type ?? 'any' }));
      for (let i = 0; i < 3000; ++i) arrays.at(-1)?.push(i % 200);
      hole.dispose();
      upset(what);
      for (const array of arrays) {
        for (let i = 1000; i < 1010; ++i) expect(array.at(i)).toBe(i % 200);
        array.set(1, 77);
        expect(array.at(1)).toBe(77);
        expect(array.pop()).toBe(array.length % 200);
        expect(array.at(array.length)).toBe(undefined);
      }
    }
    for (const array of arrays) array.dispose();
  },
);

test.each(['any', 'f64'] as const)('column() is the numbers themselves: %s', (type) => {
  const array = createCompactArray<unknown>({ type });
  array.push(1, 2, 3);
  for (const what of ['compact', 'grow', 'shrink'] as const) {
    upset(what);
    const numbers = array.column();
    expect(numbers).toEqual(Float64Array.of(1, 2, 3));
    numbers[1] = 20;
    expect(array.at(1)).toBe(20);
    array.set(1, 2);
    expect(numbers[1]).toBe(2);
  }
  if (type === 'any') {
    array.push('text');
    expect(() => array.column()).toThrow(/not all numbers/);
  }
  array.dispose();
  expect(() => array.column()).toThrow(/dispose/);
});

test('an index is what it is for Array', () => {
  const types = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64', 'any'] as const;
  const indexes = [0, -0, 0.5, -0.5, 1.5, -1, -1.9, -2, -3, -3.5, 3, -4, -5, -6, NaN, Infinity, -Infinity];
  const farIndexes = [2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, -(2 ** 32) + 1, 2 ** 53];
  for (const array of [...types.map((type) => createCompactArray<number>({ type })), new CompactArray<number>()]) {
    const model = [10, 20, 30];
    array.push(...model);
    for (const index of [...indexes, ...farIndexes]) expect(array.at(index), `at(${index})`).toBe(model.at(index));
    for (const index of indexes) {
      upset('shrink');
      expect(array.at(index), `at(${index}), first after shrink`).toBe(model.at(index));
    }
    for (const index of [1.5, -1, 4, NaN, 2 ** 32]) expect(() => array.set(index, 1)).toThrow(/index/);
    expect(array.toArray()).toEqual(model);
    array.dispose();
  }
});

test('numbers stay what they are when the first other value comes', () => {
  const array = createCompactArray<unknown>();
  const numbers = [1, -0, NaN, Infinity, 5e-324, -NaN, 2 ** 53];
  array.push(...numbers);
  expect(array.memoryUsage).toBeLessThan(300);
  array.push('text', null);
  expect(array.toArray()).toEqual([...numbers, 'text', null]);
  expect(Object.is(array.at(1), -0)).toBe(true);
});

test.each([
  ['i8', [127, 128, -1.7], [127, -128, -1]],
  ['u8', [255, 256, -1], [255, 0, 255]],
  ['i16', [32768], [-32768]],
  ['u16', [-1], [65535]],
  ['i32', [2 ** 31], [-(2 ** 31)]],
  ['u32', [-1], [2 ** 32 - 1]],
  ['f32', [0.1], [Math.fround(0.1)]],
  ['f64', [0.1], [0.1]],
] as const)('%s is what the typed array is, in as many bytes', (type, given, expected) => {
  const array = createCompactArray<number>({ type });
  array.push(...given);
  expect(array.toArray()).toEqual(expected);
  for (let i = 0; i < 10_000; ++i) array.push(1);
  array.compact();
  const bytes = { i8: 1, u8: 1, i16: 2, u16: 2, i32: 4, u32: 4, f32: 4, f64: 8 }[type];
  expect(array.memoryUsage).toBeLessThan(bytes * array.length + 200);
  expect(() => array.push('x' as never)).toThrow(/"x" was given, and a number, since its type is fixed, is expected/);
  expect(array.length).toBe(10_000 + given.length);
});

test('callbacks are those of Array', () => {
  const array = createCompactArray([3, 1, 2]);
  expect(array.map((value, index) => value * index)).toEqual([0, 1, 4]);
  expect(array.filter((value) => value > 1)).toEqual([3, 2]);
  expect(array.reduce((sum, value) => sum + value)).toBe(6);
  expect(array.reduce((text, value) => `${text}${value}`, '')).toBe('312');
  expect(array.find((value) => value < 3)).toBe(1);
  expect(array.some((value) => value === 2)).toBe(true);
  expect(array.every((value) => value > 0)).toBe(true);
  expect(array.sort().toArray()).toEqual([1, 2, 3]);
  expect(array.sort((a, b) => b - a).join('-')).toBe('3-2-1');
  expect(array.fill(7, 1).toArray()).toEqual([3, 7, 7]);
  expect([...array.entries()]).toEqual([
    [0, 3],
    [1, 7],
    [2, 7],
  ]);
  expect(() => createCompactArray<number>().reduce((sum) => sum)).toThrow(TypeError);
});

test('texts that were replaced are left out', () => {
  const array = createCompactArray<string>();
  for (let i = 0; i < 50; ++i) array.push('');
  for (let i = 0; i < 20_000; ++i) array.set(i % 50, `${'x'.repeat(100)}${i}`);
  expect(array.at(0)).toBe(`${'x'.repeat(100)}19950`);
  expect(array.memoryUsage).toBeLessThan(40_000);
  array.reverse();
  expect(array.at(-1)).toBe(`${'x'.repeat(100)}19950`);
});

describe('records', () => {
  test('are columns', () => {
    const particles = createCompactArray({ x: 'f32', y: 'f32', id: 'u32' });
    for (let i = 0; i < 1000; ++i) particles.push({ x: i / 2, y: -i, id: i });
    upset('grow');
    upset('shrink');
    expect(particles.at(-1)).toEqual({ x: 499.5, y: -999, id: 999 });
    (particles.column('x') as Float32Array).fill(1);
    particles.set(1, { x: 5, y: 6, id: 7 });
    expect([...particles].slice(0, 2)).toEqual([
      { x: 1, y: -0, id: 0 },
      { x: 5, y: 6, id: 7 },
    ]);
    particles.compact();
    expect(particles.memoryUsage).toBeLessThan(12 * 1000 + 500);
    expect(particles.pop()?.id).toBe(999);
    expect(particles.length).toBe(999);
    expect(() => particles.column('z' as never)).toThrow(/"z"/);
    expect(() => createCompactArray({ x: 'f80' as 'f32' })).toThrow(/"f80"/);
    particles.dispose();
    for (const use of [
      () => particles.push({ x: 1, y: 1, id: 1 }),
      () => particles.at(0),
      () => particles.pop(),
      () => particles.length,
      () => particles.memoryUsage,
      () => particles.map(() => 1),
      () => [...particles],
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
    }
  });

  test('have the methods of an Array', () => {
    const records = [3, 1, 2, 1].map((x, id) => ({ x, id }));
    const array = createCompactArray({ x: 'f32', id: 'u32' });
    expect(() => array.reduce((sum) => sum)).toThrow(TypeError);
    expect(array.push(...records)).toBe(4);
    const self = {};
    const seen: unknown[] = [];
    array.forEach(function (this: unknown, record, index, given) {
      seen.push([this === self, record, index, given === array]);
    }, self);
    expect(seen).toEqual(records.map((record, i) => [true, record, i, true]));
    const isOne = ({ x }: { x: number }): boolean => x === 1;
    expect(array.map(({ x }, i) => x * i)).toEqual(records.map(({ x }, i) => x * i));
    expect(array.filter(isOne)).toEqual(records.filter(isOne));
    expect(array.reduce((sum, { x }) => sum + x, 0)).toBe(7);
    expect(array.reduce((a, b) => ({ x: a.x + b.x, id: b.id }))).toEqual({ x: 7, id: 3 });
    for (const [start, end] of [[], [1], [-2], [1, 3], [-3, -1], [2, 1], [9]]) {
      expect(array.slice(start, end)).toEqual(records.slice(start, end));
    }
    expect(array.toArray()).toEqual(records);
    expect([array.find(isOne), array.findIndex(isOne)]).toEqual([records[1], 1]);
    expect([array.some(isOne), array.every(isOne), array.every(({ x }) => x > 0)]).toEqual([true, false, true]);
    expect([
      array.indexOf({ x: 1, id: 3 }),
      array.indexOf({ x: 1, id: 3 }, -1),
      array.indexOf({ x: 9, id: 3 }),
    ]).toEqual([3, 3, -1]);
    expect([array.includes({ x: 1, id: 1 }), array.includes({ x: 1, id: 1 }, 2)]).toEqual([true, false]);
    expect([...array.keys()]).toEqual([0, 1, 2, 3]);
    expect([...array.entries()]).toEqual([...records.entries()]);
    expect([...array.values()]).toEqual(records);
  });

  test('of which one is refused are all refused', () => {
    const array = createCompactArray({ x: 'f32' });
    for (const bad of ['1', undefined]) {
      expect(() => array.push({ x: 1 }, { x: bad as never })).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }) as Error,
      );
    }
    expect(() => array.push(5 as never)).toThrow(/5 was given, and { x } is expected/);
    expect(array.length).toBe(0);
  });
});

test('of several values of which one is refused, none is there', () => {
  const array = createCompactArray<number>({ type: 'f32' });
  array.push(7);
  expect(() => array.push(1, 'a' as never)).toThrow(expect.objectContaining({ code: 'invalid-argument' }) as Error);
  expect([...array]).toEqual([7]);
});

test.each([5, true, () => 1])('%s is nothing that an array is made of', (given) => {
  expect(() => createCompactArray(given as never)).toThrow(
    expect.objectContaining({ code: 'invalid-config' }) as Error,
  );
});

test('after dispose() it is refused', () => {
  for (const array of [createCompactArray<number>(), createCompactArray<number>({ type: 'i32' })]) {
    array.push(1);
    array.dispose();
    for (const use of [
      () => array.push(1),
      () => array.pop(),
      () => array.at(0),
      () => array.length,
      () => array.slice(),
      () => array.memoryUsage,
      () => [...array],
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
    }
  }
});

test.each([undefined, { type: 'f64' as const }])('searches begin where they are told to: %j', (options) => {
  const values = [1, 2, NaN, 1, 2, NaN];
  const array = createCompactArray<number>(options);
  array.push(...values);
  for (const wanted of [1, 2, 3, NaN]) {
    for (const start of [undefined, -9, -6, -3, -1, 0, 1, 2, 3, 5, 6, 9]) {
      expect(array.indexOf(wanted, start)).toBe(values.indexOf(wanted, start));
      expect(array.lastIndexOf(wanted, start)).toBe(values.lastIndexOf(wanted, start));
      expect(array.includes(wanted, start)).toBe(values.includes(wanted, start));
    }
    expect(array.lastIndexOf(wanted)).toBe(values.lastIndexOf(wanted));
  }
  array.dispose();
  for (const use of [() => array.indexOf(1), () => array.lastIndexOf(1), () => array.includes(NaN)]) {
    expect(use).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
  }
});

test.each([undefined, { type: 'f64' as const }])(
  'a search ends at the length that it has begun with: %j',
  (options) => {
    for (const search of ['find', 'findIndex', 'some', 'every'] as const) {
      const array = createCompactArray<number>(options);
      array.push(1, 2, 3);
      let calls = 0;
      array[search](() => {
        array.push(4);
        ++calls;
        return search === 'every';
      });
      expect([search, calls, array.length]).toEqual([search, 3, 6]);
    }
  },
);

test('find() gives the element that matched, whatever its callback does to the array', () => {
  const array = createCompactArray<number>({ type: 'i32' });
  const records = createCompactArray({ id: 'u32' });
  for (let id = 1; id <= 3; ++id) {
    array.push(id);
    records.push({ id });
  }
  expect(array.find((value, i) => value === 2 && array.splice(i, 1))).toBe(2);
  expect(array.find((value, i) => value === 3 && array.set(i, 7))).toBe(3);
  expect(records.find(({ id }, i) => id === 2 && records.set(i, { id: 9 }))).toEqual({ id: 2 });
  expect(records.find(({ id }) => id === 3 && records.pop() !== undefined)).toEqual({ id: 3 });
});

test('a record whose field is a getter is read once, before anything is written', () => {
  const array = createCompactArray({ x: 'f32', id: 'u32' });
  let reads = 0;
  const growing = {
    get x(): number {
      ++reads;
      for (let id = 0; id < 100; ++id) array.push({ x: 1, id });
      return 7;
    },
    id: 8,
  };
  expect(array.push(growing)).toBe(101);
  expect([array.at(-1), array.at(99), reads]).toEqual([{ x: 7, id: 8 }, { x: 1, id: 99 }, 1]);
  const emptying = {
    x: 1,
    get id(): number {
      while (array.length > 0) array.pop();
      return 1;
    },
  };
  expect(() => array.set(5, emptying)).toThrow(/5 was given, and 0 … 0 is expected/);
  expect(array.length).toBe(0);
});
