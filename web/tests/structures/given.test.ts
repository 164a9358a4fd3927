// What isn't what a constructor takes is refused by name, with what was given and what is expected.
import {
  BufferPool,
  ColumnArray,
  CompactArray,
  CompactMap,
  CompactSet,
  createBufferPool,
  createCompactMap,
  suggestLimit,
} from 'tidemark';
import { expect, test } from 'vitest';

const no = (value: unknown): never => value as never;

test.each([
  [
    () => new CompactMap(no(42)),
    'invalid-argument',
    'CompactMap: entries: 42 was given, and something iterable, or null, is expected',
  ],
  [
    () => new CompactSet(no({})),
    'invalid-argument',
    'CompactSet: values: an object was given, and something iterable, or null, is expected',
  ],
  [
    () => new CompactArray(no(10n)),
    'invalid-argument',
    'CompactArray: values: 10n was given, and something iterable, or null, is expected',
  ],
  [
    () => new CompactMap(null, no(null)),
    'invalid-config',
    'CompactMap: options: null was given, and { key, value } is expected',
  ],
  [
    () => new CompactSet(null, no({ kind: 'f64' })),
    'invalid-config',
    'CompactSet: "kind" was given, and one of type is expected',
  ],
  [
    () => new CompactArray(null, no('f64')),
    'invalid-config',
    'CompactArray: options: "f64" was given, and { type } is expected',
  ],
  [
    () => new BufferPool(no(null)),
    'invalid-config',
    'BufferPool: options: null was given, and { zero, maxIdleBytes } is expected',
  ],
  [
    () => createBufferPool(no(42)),
    'invalid-config',
    'BufferPool: options: 42 was given, and { zero, maxIdleBytes } is expected',
  ],
  [
    () => createBufferPool(no({ zeros: true })),
    'invalid-config',
    'BufferPool: "zeros" was given, and one of zero, maxIdleBytes is expected',
  ],
  [
    () => new ColumnArray(no(undefined)),
    'invalid-config',
    "ColumnArray: columns: undefined was given, and an object of types, as { x: 'f32' }, is expected",
  ],
  [
    () => createCompactMap(no(42)),
    'invalid-config',
    'CompactMap: 42 was given, and an object of options, or something iterable, is expected',
  ],
  [
    () => suggestLimit(no(null)),
    'invalid-argument',
    'device: null was given, and { deviceMemoryGiB, isIOS, isMobile, processLimitBytes } is expected',
  ],
  [
    () => suggestLimit({ processLimitBytes: no('512 MiB') }),
    'invalid-argument',
    'device.processLimitBytes: "512 MiB" was given, and a number above 0, or null, is expected',
  ],
])('%s', (make, code, message) => {
  expect(make).toThrow(expect.objectContaining({ name: 'TidemarkError', code, message }) as Error);
});

test('what may be left out is', () => {
  using map = new CompactMap(undefined, undefined);
  expect(map.size).toBe(0);
  using set = new CompactSet('ab');
  expect([...set]).toEqual(['a', 'b']);
  expect(suggestLimit({}).hardLimit).toBe(1024 * 1024 * 1024);
  expect(suggestLimit({ isMobile: true, deviceMemoryGiB: 4 }).hardLimit).toBe(512 * 1024 * 1024);
});
