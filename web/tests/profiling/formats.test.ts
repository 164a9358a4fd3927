// What is written and read without a library, beside the libraries that know the formats.
import { GREATEST_LOWER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { Profile } from 'pprof-format';
import { expect, test } from 'vitest';
import { gzipStored } from '../../src/profiling/gzip.js';
import { encode } from '../../src/profiling/protobuf.js';
import { SourceMap } from '../../src/profiling/source_map.js';

test.each([0, 1, 65_535, 65_536, 200_001])('gzip of %d bytes', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * i) >> 3);
  expect(gunzipSync(gzipStored(bytes)).equals(bytes)).toBe(true);
});

test('messages: large numbers, negative ones, texts, and what is in them', () => {
  const read = Profile.decode(
    encode([
      [
        2,
        [
          [1, [1, 300]],
          [2, [2 ** 53 - 1, -5, 0]],
        ],
      ],
      [6, ''],
      [6, 'größe'],
      [9, 1_763_856_000_123n * 1_000_000n],
      [12, 524_288],
      [12, 0], // left out: what was there before stays
    ]),
  );
  expect(read.sample[0]?.locationId.map(Number)).toEqual([1, 300]);
  expect(read.sample[0]?.value.map((value) => BigInt.asIntN(64, BigInt(value)))).toEqual([2n ** 53n - 1n, -5n, 0n]);
  expect(read.stringTable.strings).toEqual(['', 'größe']);
  expect(BigInt(read.timeNanos)).toBe(1_763_856_000_123_000_000n);
  expect(Number(read.period)).toBe(524_288);
});

test('every place of a source map of Emscripten', () => {
  const text = readFileSync(new URL('../../../build/wasm/web/sites.wasm.map', import.meta.url), 'utf8');
  const ours = new SourceMap(text);
  const theirs = new TraceMap(text);
  const mapped = new Set<number>();
  for (let offset = 0; offset < 30_000; ++offset) {
    let expected = null;
    for (let column = offset; expected === null && column > Math.max(offset - 64, 0); --column) {
      const place = originalPositionFor(theirs, { line: 1, column, bias: GREATEST_LOWER_BOUND });
      if (place.source !== null) expected = { source: place.source, line: place.line, column: place.column };
    }
    if (expected) mapped.add(expected.line);
    const found = ours.placeOf(offset);
    if (JSON.stringify(found) !== JSON.stringify(expected))
      expect({ offset, found }).toEqual({ offset, found: expected });
  }
  expect(mapped.size).toBeGreaterThan(50);
});

test('roots are put in front, and what is no source map is refused', () => {
  const map = new SourceMap({ version: 3, sources: ['a.c'], sourceRoot: 'there', mappings: 'UACA' });
  expect(map.placeOf(9)).toBe(null);
  expect(map.placeOf(12)).toEqual({ source: 'there/a.c', line: 2, column: 0 });
  expect(() => new SourceMap('{}')).toThrow('version 3');
  expect(() => new SourceMap({ version: 3, sources: [], mappings: 'A!' })).toThrow('no digit');
});
