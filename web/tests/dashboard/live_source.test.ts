import { expect, test } from 'vitest';
import { LiveSource } from '../../src/dashboard/live_source.js';
import { ModuleView } from '../../src/dashboard/module_view.js';
import { startSites } from '../sites_program.js';

test('figures and chart are as of now, also between two walks over the heap', async () => {
  const { program } = await startSites();
  let time = 0;
  // A walk takes a millisecond: the next one, by its share of the time, comes after seconds.
  const clock = { now: () => time, elapsed: () => ++time, every: () => () => {} };
  const view = new ModuleView(new LiveSource({ id: 'sites', module: program }, null, clock));
  for (let i = 0; i < 3; ++i) view.read();
  const before = view.latest?.liveBlocks ?? 0;

  program._load_meshes(1000, 20_000); // in one job
  view.read();
  const { used, reserved, free, largestFree, liveBlocks } = view.latest ?? {};
  expect(used).toBeGreaterThan(20_000_000);
  expect(reserved).toBeGreaterThan(used ?? NaN);
  expect(liveBlocks).toBeGreaterThanOrEqual(before + 1000);
  expect(largestFree).toBeLessThanOrEqual(free ?? NaN);
  expect(view.track.column('reserved').at(-1)).toBe(reserved); // as the chart's legend says

  program._let_go();
  view.read();
  expect(view.track.column('reserved').at(-1)).toBeLessThan(used ?? NaN);
  expect(view.latest?.liveBlocks).toBeLessThan(before + 1000);
  view.dispose();
});
