// More entries than a Map or a Set can have, which is 2^24.
import { createCompactArray, createCompactMap } from 'tidemark';
import { expect, test } from 'vitest';

const mapLimit = 2 ** 24;
const batch = 2 ** 20;

/** Each integer of 32 bits once, scattered: an odd number times 0, 1, 2, … */
const scattered = (index: number): number => Math.imul(index, 0x9e3779b1);

function keysFrom(begin: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: batch }, (_, i) => scattered(begin + i));
}

test('a map of more than 2^24 numbers', { timeout: 600_000 }, () => {
  using map = createCompactMap<number, number | string>();
  for (let begin = 0; begin < mapLimit + batch; begin += batch) {
    const keys = keysFrom(begin);
    map.setMany(keys, keys);
  }
  expect(map.size).toBe(mapLimit + batch);
  const last = keysFrom(mapLimit);
  expect(map.getMany(last).every((value, i) => value === last[i])).toBe(true);
  expect(map.get(scattered(mapLimit + batch))).toBeUndefined();
  map.set(scattered(mapLimit), 'a text');
  expect(map.get(scattered(mapLimit))).toBe('a text');
});

test('an array of 2^25 numbers', { timeout: 600_000 }, () => {
  using array = createCompactArray<number>({ type: 'u8' });
  array.length = 2 * mapLimit;
  array.set(2 * mapLimit - 1, 7).set(mapLimit, 5);
  expect(array.length).toBe(2 * mapLimit);
  expect(array.indexOf(7)).toBe(2 * mapLimit - 1);
  expect(array.indexOf(5)).toBe(mapLimit);
});
