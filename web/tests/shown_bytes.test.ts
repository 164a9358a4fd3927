import { expect, test } from 'vitest';
import { blocks } from '../src/dashboard/format.js';
import { shownBytes } from '../src/shown_bytes.js';

test.each([
  [0, '0 B'],
  [12.4, '12 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [-1536, '-1.5 KiB'],
  [64 << 20, '64.0 MiB'],
  [2 ** 32, '4.0 GiB'],
  [2 ** 42, '4096.0 GiB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(shownBytes(bytes)).toBe(text);
});

test('one block is no plural', () => {
  expect([blocks(0), blocks(1), blocks(1200)]).toEqual(['0 blocks', '1 block', '1,200 blocks']);
});
