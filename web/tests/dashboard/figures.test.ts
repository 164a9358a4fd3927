import { describe, expect, test } from 'vitest';
import * as format from '../../src/dashboard/format.js';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '0.98 KiB'],
  [1536, '1.50 KiB'],
  [12.34 * 1024, '12.3 KiB'],
  [999.4 * 1024, '999 KiB'],
  [999.6 * 1024, '0.98 MiB'],
  [4 * 2 ** 40, '4096 GiB'],
  [-2048, '−2.00 KiB'],
  [null, '–'],
  [NaN, '–'],
])('%s bytes are %s', (value, text) => expect(format.bytes(value)).toBe(text));

test.each([
  [0.0123, '12 µs'],
  [1.26, '1.3 ms'],
  [250, '250 ms'],
  [1500, '1.5 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [119_600, '2 min 0 s'], // never "1 min 60 s"
  [3_599_700, '1 h 0 min'],
  [5_400_000, '1 h 30 min'],
])('%s ms are %s', (ms, text) => expect(format.duration(ms)).toBe(text));

describe('signs, ratios, counts, places', () => {
  test('a difference always has its sign', () => {
    expect(format.byteChange(1024)).toBe('+1.00 KiB');
    expect(format.byteChange(-1024)).toBe('−1.00 KiB');
    expect(format.byteChange(0)).toBe('0 B');
  });
  test('ratios', () => {
    expect(format.percent(0)).toBe('0 %');
    expect(format.percent(0.0123)).toBe('1.2 %');
    expect(format.percent(0.5)).toBe('50 %');
    expect(format.percent(undefined)).toBe('–');
  });
  test('counts and addresses', () => {
    expect(format.count(1234567.4)).toBe('1,234,567');
    expect(format.count(null)).toBe('–');
    expect(format.address(0xdeadbeef)).toBe('0xDEAD BEEF');
    expect(format.address(16)).toBe('0x0000 0010');
  });
});

test.each([
  [['malloc', 'load', 'main'], 'malloc ← load ← main'],
  [['wasm-function[7]', 'wasm-function[9]', 'load level'], 'load level'],
  [['wasm-function[7]'], 'wasm-function[7]'],
  [['a', 'b', 'c', 'd', 'e'], 'a ← b ← c ← d'],
  [[], '(unknown site)'],
])('the site %o is %s', (stack, text) => expect(format.site(stack)).toBe(text));

test('sites of which the same is shown are one', () => {
  const site = (bytes: number, ...callers: string[]): { stack: string[]; bytes: number; blocks: number } => ({
    stack: ['a', 'b', 'c', 'd', ...callers],
    bytes,
    blocks: 1,
  });
  const other = { stack: ['x'], bytes: 50, blocks: 2 };
  expect(format.sites([site(40, 'e'), other, site(20, 'f')])).toEqual([
    { text: 'a ← b ← c ← d', bytes: 60, blocks: 2 },
    { text: 'x', bytes: 50, blocks: 2 },
  ]);
});
