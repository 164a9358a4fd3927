// Who is drawn when, on a machine whose time is told by the test.
import { expect, test } from 'vitest';
import { Pace } from '../../src/dashboard/pace.js';

/** Turns of 250 ms; each job takes the milliseconds that it is given. */
function machine(share: number) {
  let now = 0;
  const clock = { now: () => now, elapsed: () => now, every: () => () => undefined };
  const pace = new Pace(clock, share);
  const runs: Record<string, number[]> = {};
  return {
    pace,
    runs,
    add(name: string, everyMs: number, costMs: number, onCredit = false) {
      const times: number[] = (runs[name] = []);
      return pace.add(everyMs, () => (times.push(now), (now += costMs)), { onCredit });
    },
    run(seconds: number) {
      for (const end = now + seconds * 1000; now < end;) {
        const next = now + 250;
        pace.turn();
        now = Math.max(now, next);
      }
    },
  };
}
const gaps = (times: number[] = []): number[] => times.slice(1).map((time, i) => time - (times[i] ?? 0));

test('what can be paid for is run whenever it is due', () => {
  const { add, run, runs, pace } = machine(0.01);
  add('figures', 250, 0.2, true);
  add('map', 500, 1);
  run(60);
  expect(Math.max(...gaps(runs['figures']))).toBeLessThan(260);
  expect(Math.max(...gaps(runs['map']))).toBeLessThan(510);
  expect(pace.share).toBeLessThan(0.01);
});

test('who is expensive is run less often, and pays for itself', () => {
  const { add, run, runs, pace } = machine(0.01);
  add('figures', 250, 0.2, true);
  add('sites', 2000, 30);
  add('table', 1000, 0.5);
  run(300);
  expect(runs['sites']?.length).toBeLessThan(150 * 0.75);
  expect(runs['sites']?.length).toBeGreaterThan(50);
  expect(Math.max(...gaps(runs['table']))).toBeLessThan(5300);
  expect(pace.share).toBeLessThan(0.0125);
});

test('nobody starves where the most urgent alone takes more than there is', () => {
  const { add, run, runs } = machine(0.01);
  add('figures', 250, 10, true); // 4 %
  add('limits', 1000, 1);
  add('tests', 1000, 1);
  run(120);
  for (const name of ['limits', 'tests']) expect(Math.max(...gaps(runs[name]))).toBeLessThanOrEqual(5300);
});

test('what is not seen is not run, until somebody waits for it', () => {
  const { add, run, runs, pace } = machine(0.01);
  const job = add('map', 500, 1);
  job.visible = false;
  run(10);
  expect(runs['map']).toEqual([]);
  pace.now();
  expect(runs['map']).toEqual([]);
  job.visible = true;
  pace.now();
  expect(runs['map']).toHaveLength(1);
});

test('what is drawn after the turn is paid for as well', async () => {
  let now = 0;
  const late = new Pace({ now: () => now, elapsed: () => now, every: () => () => undefined }, 0.01);
  late.add(250, () => queueMicrotask(() => (now += 20)));
  late.turn();
  await Promise.resolve();
  expect(late.share).toBeCloseTo(20 / 1000);
});

test('nobody takes more than its own share, also where there is plenty', () => {
  const { add, pace, run, runs } = machine(0.01);
  const times: number[] = (runs['forecast'] = []);
  const job = pace.add(1000, () => times.push(0), { share: 0.0005 });
  add('figures', 250, 0.1);
  run(10);
  expect(times.length).toBeGreaterThan(8); // as long as it costs nothing
  job.costMs = job.lastMs = 6;
  const before = times.length;
  run(11);
  expect(times.length - before).toBeLessThanOrEqual(1); // 6 ms are a 2000th of 12 s
});
