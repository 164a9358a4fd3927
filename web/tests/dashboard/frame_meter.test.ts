// What drawing costs, on a page whose frames take as long as the test says.
import { expect, test } from 'vitest';
import { FrameMeter } from '../../src/dashboard/frame_meter.js';
import { Pace } from '../../src/dashboard/pace.js';

/** Frames that take `own` milliseconds by themselves, and `ours` more where something of ours has changed. */
function page(frames: { own: number; ours: number }) {
  let isOurs = false;
  const meter = new FrameMeter((report) => {
    report(frames.own + (isOurs ? frames.ours : 0));
  });
  return {
    frames,
    /** What is paid for a turn. */
    turn(): number {
      let paid = NaN;
      isOurs = true;
      meter.measure((ms) => {
        paid = ms;
        isOurs = false;
      });
      return paid;
    },
  };
}

test('an empty page pays for the whole frame, which nobody else has asked for', () => {
  const { turn } = page({ own: 1, ours: 3 });
  for (let i = 0; i < 40; ++i) expect(turn()).toBeCloseTo(4);
});

test('what a page begins to draw by itself is not ours to pay', () => {
  const { turn, frames } = page({ own: 1, ours: 3 });
  for (let i = 0; i < 40; ++i) turn();
  frames.own = 12;
  for (let i = 0; i < 200; ++i) turn();
  expect(turn()).toBeCloseTo(4);
});

test('a frame that something came between is not taken for typical', () => {
  const { turn, frames } = page({ own: 1, ours: 3 });
  for (let i = 0; i < 20; ++i) turn();
  frames.ours = 500;
  turn();
  frames.ours = 3;
  expect(turn()).toBeCloseTo(4);
});

test('where nothing is drawn, as in a hidden window, nothing is asked for twice', () => {
  let asked = 0;
  const meter = new FrameMeter(() => {
    ++asked;
  });
  for (let i = 0; i < 10; ++i) meter.measure(() => undefined);
  expect(asked).toBe(1);
});

test('drawing is paid for as well: who costs little to run and much to draw is run less often', () => {
  let now = 0;
  const clock = { now: () => now, elapsed: () => now, every: () => () => undefined };
  const runs: number[] = [];
  const pace = new Pace(clock, 0.01, new FrameMeter((report) => report(6)));
  pace.add(250, () => (runs.push(now), (now += 0.5)));
  for (let turn = 0; turn < 1200; ++turn) {
    const next = (turn + 1) * 250;
    pace.turn();
    now = Math.max(now, next);
  }
  // 6.5 ms a run is 1 % of 650 ms.
  expect(runs.length / 300).toBeGreaterThan(1.2);
  expect(runs.length / 300).toBeLessThan(1.8);
  expect(pace.share).toBeLessThan(0.0125);
});
