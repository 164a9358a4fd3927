// Six hours of traffic at 95 % of the limit, in as long as its work takes: nothing passes the limit, and what fits is served.
import { expect, test } from 'vitest';
import { bench, MiB } from './support.js';

/** The same numbers each time (Numerical Recipes). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('six hours at 95 % of the limit', { timeout: 300_000 }, async () => {
  const { api, clock, idle, id, malloc, free, used } = await bench();
  const hardLimit = 16 * MiB;
  const random = randomOf(7);
  const manager = new api.WasmMemoryManager({
    idle: idle.scheduler,
    limits: {
      hardLimit,
      softLimit: 12 * MiB,
      criticalLimit: 14 * MiB,
      growthRateLimit: MiB,
      maxAllocationSize: 4 * MiB,
    },
    gc: { incrementalGC: true, gcThreshold: 75, aggressiveGCThreshold: 99, enableCompaction: true },
  });
  manager.registerModule(api.defaultModule);
  api.startMonitoring(api.defaultModule, hardLimit);

  // A program with sessions that come and go, and a cache that it can do without.
  const blocks: number[] = [];
  const cached: number[] = [];
  let given = 0;
  manager.onPressure(
    () => {
      for (const block of cached.splice(0, cached.length / 2)) {
        free(block);
        given += 1;
      }
    },
    { level: 'critical' },
  );
  const array = api.createCompactArray<string>();
  const drop = (from: number[]): void => {
    const i = random(from.length);
    const block = from[i];
    const last = from.pop();
    if (block === undefined || last === undefined) return;
    if (i < from.length) from[i] = last;
    free(block);
  };

  let refused = 0;
  let served = 0;
  let peak = 0;
  let above = 0;
  for (let second = 0; second < 6 * 3600; ++second) {
    for (let i = 0; i < 40; ++i) {
      const size = 1 + random(random(100) === 0 ? 1_500_000 : random(10) === 0 ? 20_000 : 1500);
      // Traffic comes back to 95 % from above and below.
      const mayGrow = used() < 0.95 * hardLimit;
      if (mayGrow || random(3) === 0) {
        const allowed = manager.explainAllocation(id, size).available.hardLimit;
        const block = malloc(size);
        if (block === 0) {
          refused += 1;
          // A block takes at most a quarter or a grain more than was asked for. It would have passed the limit even after
          // handlers have given what they have.
          expect(used() + size + Math.max(256, size / 4)).toBeGreaterThan(hardLimit);
          expect(allowed).toBeLessThan(size + Math.max(256, size / 4));
          drop(blocks);
        } else {
          served += 1;
          (random(8) === 0 ? cached : blocks).push(block);
        }
      } else {
        drop(blocks);
      }
      const now = used();
      if (now > hardLimit) above += 1;
      if (now > peak) peak = now;
    }
    if (second % 60 === 0) {
      array.push(`the text of minute ${second / 60}`);
      if (array.length > 200) array.length = 0;
    }
    clock.advance(1000);
    while (idle.run(5));
  }
  expect(above).toBe(0);
  expect(peak).toBeGreaterThan(0.95 * hardLimit);
  expect(served).toBeGreaterThan(100_000);
  expect(refused).toBeGreaterThan(0);
  expect(given).toBeGreaterThan(0);
  expect(manager.getGCStats(id).runs).toBeGreaterThan(100);
  // The last second is as good as the first: what was dropped can be had again.
  for (const block of [...blocks.splice(0), ...cached.splice(0)]) free(block);
  expect(used()).toBeLessThan(MiB);
  expect(malloc(4 * MiB)).not.toBe(0);
  api.stopMonitoring(id);
  manager.dispose();
});
