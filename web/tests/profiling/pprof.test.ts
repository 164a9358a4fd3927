import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { expect, test } from 'vitest';
import { toPprof } from '../../src/profiling/pprof.js';
import type { ProfileData, ProfileFrame } from '../../src/profiling/profile_data.js';

const frame = (name: string, file = '', line = 0, address = 0): ProfileFrame => ({
  name,
  kind: 'wasm',
  file,
  line,
  column: 0,
  address,
  functionIndex: 1,
});

const figures = { temporaryBytes: 0, temporaryBlocks: 0, peakBytes: 0, peakBlocks: 0 };

const data: ProfileData = {
  moduleId: 'Übung 🌊',
  startedAt: 1_700_000_000_000.4,
  takenAt: 1_700_000_012_345.6,
  samples: 3,
  meanBytes: 524_288,
  sites: [
    {
      frames: [frame('leaf', 'a.cpp', 300, 2 ** 31 + 5), frame('main', 'a.cpp', 12)],
      ...figures,
      ...{ totalBlocks: 127, totalBytes: 2 ** 40 + 1, liveBlocks: 128, liveBytes: 2 ** 53 - 1 },
    },
    {
      frames: [frame('leaf', 'a.cpp', 300, 2 ** 31 + 5), frame('', 'b.cpp', 1)],
      ...figures,
      // As since() gives them.
      ...{ totalBlocks: 0, totalBytes: -1, liveBlocks: -300, liveBytes: -(2 ** 45) },
    },
    { frames: [], ...figures, totalBlocks: 1, totalBytes: 1, liveBlocks: 0, liveBytes: 0 },
  ],
};

test('a decoder of the format reads every field, numbers below 0 and above 32 bits included', () => {
  const read = Profile.decode(gunzipSync(toPprof(data)));
  const { strings } = read.stringTable;
  expect(strings[0]).toBe('');
  expect(new Set(strings).size).toBe(strings.length);
  expect(read.sample.map(({ value }) => value.map((each) => BigInt.asIntN(64, BigInt(each))))).toEqual([
    [127n, 2n ** 40n + 1n, 128n, 2n ** 53n - 1n],
    [0n, -1n, -300n, -(2n ** 45n)],
    [1n, 1n, 0n, 0n],
  ]);
  expect(read.sample.map(({ locationId }) => locationId.map(Number))).toEqual([[1, 2], [1, 3], []]);
  expect(
    read.location.map(({ id, mappingId, address, line }) => [
      id,
      mappingId,
      Number(address),
      ...line.map((each) => [each.functionId, each.line]),
    ]),
  ).toEqual([
    [1, 1, 2 ** 31 + 5, [1, 300]],
    [2, 1, 0, [2, 12]],
    [3, 1, 0, [3, 1]],
  ]);
  expect(read.function.map(({ id, name, systemName, filename }) => [id, name, systemName, filename])).toEqual(
    ['leaf', 'main', 'b.cpp'].map((name, i) => {
      const number = strings.indexOf(name);
      return [i + 1, number, number, strings.indexOf(name === 'b.cpp' ? name : 'a.cpp')];
    }),
  );
  expect(read.mapping).toMatchObject([
    { id: 1, memoryLimit: 2n ** 32n - 1n, filename: strings.indexOf('Übung 🌊'), hasFunctions: true },
  ]);
  expect(read.timeNanos).toBe(1_700_000_012_346_000_000n);
  expect(read.durationNanos).toBe(12_345_000_000n);
  expect(read.period).toBe(524_288);
  expect([read.periodType?.type, read.periodType?.unit, read.defaultSampleType].map((i) => strings[Number(i)])).toEqual(
    ['space', 'bytes', 'inuse_space'],
  );
});

test('a profile of nothing can be read', () => {
  const read = Profile.decode(gunzipSync(toPprof({ ...data, sites: [] })));
  expect([read.sample, read.location, read.function]).toEqual([[], [], []]);
  expect(read.sampleType).toHaveLength(4);
});

test('a profile of many sites is written whole', () => {
  const sites = Array.from({ length: 20_000 }, (_, i) => ({
    frames: [frame(`f${i}`), frame(`g${i % 100}`)],
    ...{ ...figures, totalBlocks: i, totalBytes: i, liveBlocks: i, liveBytes: i },
  }));
  const read = Profile.decode(gunzipSync(toPprof({ ...data, sites })));
  expect(read.sample).toHaveLength(20_000);
  expect(read.function).toHaveLength(20_100);
});
