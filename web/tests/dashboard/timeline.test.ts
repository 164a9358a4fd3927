// What the timeline keeps and which stretch of it is shown.
import { expect, test } from 'vitest';
import { Viewport } from '../../src/dashboard/panels/timeline_viewport.js';
import type { Reading } from '../../src/dashboard/source.js';
import { Track } from '../../src/dashboard/track.js';

const reading = (time: number, used: number | null, allocated = 1000): Reading => ({
  ...{ time, used, allocated, reserved: null, free: null, largestFree: null, liveBlocks: null },
  ...{ peakAllocated: 0, peakUsed: null, limit: null, fragmentation: null, efficiency: null, allocationRate: null },
});

test('hours fit into the room for a minute: in order, the newest in full, the highest peak never lost', () => {
  const track = new Track(64);
  const valueAt = (time: number): number => (time % 7919 === 700 ? 5000 - time / 10 : time % 100);
  let highest = 0;
  for (let time = 0; time < 20_000; ++time) {
    highest = Math.max(highest, valueAt(time));
    track.add(reading(time, valueAt(time)));
    if (time % 97 === 0) expect(Math.max(...track.column('used'))).toBe(highest);
  }
  const times = [...track.column('time')];
  expect(track.count).toBeLessThanOrEqual(64);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  expect(times.slice(-8)).toEqual(Array.from({ length: 8 }, (_, i) => 19_992 + i));
  expect([...track.column('used')]).toEqual(times.map(valueAt)); // each with what was read then
});

test('what is not known is NaN; what is no later is dropped; gaps break the lines once', () => {
  const track = new Track(8);
  track.addGap(1); // before all: nothing to break
  expect(track.count).toBe(0);
  expect(track.nearest(5)).toBe(-1);
  track.add(reading(10, null));
  track.add(reading(10, 5));
  track.add(reading(9, 5));
  expect([...track.column('used')]).toEqual([NaN]);
  track.addGap(11);
  track.addGap(12);
  track.add(reading(20, 7));
  expect([...track.column('allocated')]).toEqual([1000, NaN, 1000]);
  expect([0, 10, 14, 16, 99].map((time) => track.nearest(time))).toEqual([0, 0, 1, 2, 2]);
});

test('where memory is all that is known, its peaks stay', () => {
  const track = new Track(16);
  for (let time = 0; time < 200; ++time) track.add(reading(time, null, time === 50 ? 9000 : 100));
  expect(Math.max(...track.column('allocated'))).toBe(9000);
});

test('the view follows the latest, shows all, or stays where it was put', () => {
  const view = new Viewport();
  const times = (first: number, last: number): Float64Array => Float64Array.of(first, (first + last) / 2, last);
  expect(view.range(times(0, 200_000))).toEqual({ from: 140_000, to: 200_000 });
  expect(view.range(times(0, 30_000))).toEqual({ from: 0, to: 30_000 });
  expect(view.range(times(0, 100))).toEqual({ from: 0, to: 15_000 }); // not so short that readings jump about
  expect(view.range(new Float64Array(0))).toEqual({ from: 0, to: 15_000 });
  view.follow(Infinity);
  expect(view.range(times(0, 200_000))).toEqual({ from: 0, to: 200_000 });
  view.fix(5, 9);
  expect(view.range(times(0, 400_000))).toEqual({ from: 5, to: 9 });
  view.follow(10_000);
  expect(view.range(times(0, 400_000))).toEqual({ from: 390_000, to: 400_000 });
});

test('what is measured less often is known from the last time, but not from before a gap', () => {
  const track = new Track(8);
  track.add(reading(1, 5));
  track.add(reading(2, null));
  track.add(reading(3, null));
  expect(track.lastKnown('used', 2)).toBe(5);
  track.addGap(4);
  track.add(reading(5, null));
  expect(track.lastKnown('used', 4)).toBeNaN();
  expect(track.lastKnown('used', -1)).toBeNaN();
});
