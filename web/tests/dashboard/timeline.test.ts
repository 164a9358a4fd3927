// What the timeline keeps and which stretch of it is shown.
import { expect, test } from 'vitest';
import { axisEnd } from '../../src/dashboard/panels/timeline_axis.js';
import { crossings, placeLabel } from '../../src/dashboard/panels/timeline_labels.js';
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
  expect(times[0]).toBe(0);
  expect(times.slice(-8)).toEqual(Array.from({ length: 8 }, (_, i) => 19_992 + i));
  expect([...track.column('used')]).toEqual(times.map(valueAt)); // each with what was read then
});

test.each([4, 24])('of %i hours, read each second, no stretch is left out', (hours) => {
  const track = new Track();
  for (let second = 0; second < hours * 3600; ++second) track.add(reading(second, second, second));
  const times = [...track.column('time')];
  const last = times.at(-1) ?? 0;
  // Where there were no readings for hours, the lines would be drawn straight across.
  const gaps = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / Math.max(60, last - (times[i] ?? 0)));
  expect(Math.max(...gaps)).toBeLessThan(0.03);
  expect(times.slice(-600)).toEqual(Array.from({ length: 600 }, (_, i) => last - 599 + i)); // ten minutes in full
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

test('the view moves in steps: in between the picture stays, with room at its end', () => {
  const view = new Viewport();
  const at = (last: number): { from: number; to: number } => view.range(Float64Array.of(1000, last));
  const ranges = new Set<string>();
  for (let last = 101_000; last < 161_000; last += 250) {
    const { from, to } = at(last);
    expect(to - from).toBe(60_000);
    expect(to).toBeGreaterThanOrEqual(last);
    expect(to - last).toBeLessThan(60_000 / 25);
    ranges.add(`${from} ${to}`);
  }
  expect(ranges.size).toBeLessThanOrEqual(31); // a step of 2 s in a minute
  view.follow(Infinity);
  for (const last of [61_000, 3_601_000, 36_001_000]) {
    const { from, to } = at(last - 1);
    expect([from, to >= last - 1, (to - last) / (last - 1000) < 0.04]).toEqual([1000, true, true]);
  }
});

test('the byte axis ends above what is shown, not far above, and not elsewhere for every reading', () => {
  const ends = new Set<number>();
  for (let most = 1 << 20; most < 1 << 24; most += 4096) {
    const end = axisEnd(most);
    expect(end).toBeGreaterThanOrEqual(most * 1.08);
    expect(end).toBeLessThan(most * 1.21);
    ends.add(end);
  }
  expect(ends.size).toBeLessThan(40); // 8 a doubling, of which there are four
  expect(axisEnd(0)).toBe(65_536);
});

test('words stand where no curve runs through them, and not on each other', () => {
  const view = { from: 0, to: 100, low: 0, high: 100 };
  const size = { time: 20, bytes: 10, gap: 1 };
  const flat = (value: number): { times: Float64Array; values: Float64Array; isStepped: boolean } => ({
    times: Float64Array.of(0, 50, 100),
    values: Float64Array.of(value, value, value),
    isStepped: false,
  });
  // Above the line there is a curve: below it.
  expect(placeLabel(50, size, view, [flat(55)], []).box).toEqual({ from: 80, to: 100, low: 39, high: 49 });
  // Curves on both sides at the end only: farther to the left.
  const late = { times: Float64Array.of(0, 70, 71, 100), values: Float64Array.of(0, 0, 100, 45), isStepped: true };
  const { box, crossed } = placeLabel(50, size, view, [{ ...late, values: Float64Array.of(0, 0, 55, 45) }], []);
  expect(crossed).toBe(0);
  expect(box.to).toBeLessThanOrEqual(70);
  // At the upper edge only below is within; where other words are, beside them.
  expect(placeLabel(95, size, view, [], []).box.high).toBe(94);
  const first = placeLabel(50, size, view, [], []).box;
  const second = placeLabel(50, size, view, [], [first]).box;
  expect(second.high <= first.low || second.low >= first.high || second.to <= first.from).toBe(true);
  // Everywhere is something: the place with the least of it.
  const everywhere = [55, 65, 75, 45, 46, 35, 25].map(flat);
  expect(placeLabel(50, size, view, everywhere, []).box.low).toBe(51);
  // A little farther away there is room.
  expect(placeLabel(50, size, view, [flat(55), flat(45)], []).box.low).toBe(61);
});

test('a curve crosses a box where a stretch of it does, up to its last reading and not across what is not known', () => {
  const box = { from: 10, to: 20, low: 40, high: 60 };
  const crossing = (times: number[], values: number[], isStepped = false): number =>
    crossings({ times: Float64Array.from(times), values: Float64Array.from(values), isStepped }, box);
  expect(crossing([0, 30], [50, 50])).toBe(1);
  expect(crossing([0, 30], [0, 100])).toBe(1); // through it, with no reading inside
  expect(crossing([0, 30], [0, 30])).toBe(0);
  expect(crossing([0, 9], [50, 50])).toBe(0);
  expect(crossing([21, 30], [50, 50])).toBe(0);
  expect(crossing([0, 15], [0, 100], true)).toBe(1); // the rise is within
  expect(crossing([0, 25], [0, 100], true)).toBe(0); // the rise is after
  expect(crossing([], [])).toBe(0);
});
