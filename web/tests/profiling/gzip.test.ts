import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gzip } from '../../src/profiling/gzip.js';

test('zlib reads what was written, whatever it is', () => {
  const some = fc.uint8Array({ maxLength: 2000 });
  // Few different bytes in pieces that come again: matches of all lengths and distances.
  const repeated = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12, max: 3 }), fc.integer({ min: 1, max: 400 })))
    .map((pieces) =>
      Uint8Array.from(
        pieces.flatMap(
          ([bytes, times]) =>
            Array(times)
              .fill([...bytes])
              .flat() as number[],
        ),
      ),
    );
  fc.assert(
    fc.property(fc.oneof(some, repeated), (bytes) => {
      expect(Buffer.compare(gunzipSync(gzip(bytes)), bytes)).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('matches as long and as far as they may be, and all bytes', () => {
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const apart of [1, 2, 255, 256, 32_767, 32_768, 32_769, 70_000]) {
    const bytes = new Uint8Array(apart + 600);
    bytes.fill(9, 256);
    bytes.set(every, 0);
    bytes.set(every, bytes.length - 256);
    expect(Buffer.compare(gunzipSync(gzip(bytes)), bytes), `${apart} bytes apart`).toBe(0);
  }
  for (let length = 0; length <= 600; ++length) {
    const bytes = new Uint8Array(length).fill(7);
    expect(Buffer.compare(gunzipSync(gzip(bytes)), bytes), `${length} bytes`).toBe(0);
  }
});

test('names that come again are made small', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `tidemark::load_level(${i % 97}, "textures/${i % 31}.png")`);
  const bytes = new TextEncoder().encode(names.join('\n'));
  expect(gzip(bytes).length).toBeLessThan(bytes.length / 5);
  expect(gzip(bytes).length).toBeLessThan(3 * gzipSync(bytes, { level: 1 }).length);
});
