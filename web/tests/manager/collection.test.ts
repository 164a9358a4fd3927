import { expect, test } from 'vitest';
import type { Collectable, GCResult } from 'tidemark';
import { bareModule, bench, code, MiB, type Bench } from './support.js';

/** Something that can be collected, and says in which order it was asked. */
function collectableOf({ malloc, free }: Bench, calls: string[]): Required<Collectable> {
  const blocks = { purge: malloc(MiB), trim: malloc(MiB), evict: malloc(MiB) };
  const give = (name: keyof typeof blocks): void => {
    calls.push(name);
    free(blocks[name]);
    blocks[name] = 0;
  };
  return {
    purgeExpired: () => give('purge'),
    trim: () => give('trim'),
    compact: () => void calls.push('compact'),
    evict: () => give('evict'),
    spareBytes: 0,
  };
}

test.each([
  ['conservative', ['purge'], ['dispose', 'purge', 'release']],
  ['balanced', ['purge', 'trim', 'compact'], ['dispose', 'purge', 'release', 'trim', 'compact']],
  [
    'aggressive',
    ['purge', 'trim', 'compact', 'evict', 'handler'],
    ['dispose', 'purge', 'release', 'trim', 'compact', 'evict', 'pressure', 'release'],
  ],
] as const)('%s does its phases in order, and measures each', async (strategy, asked, phases) => {
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ idle: it.idle.scheduler, gc: { autoGC: false } });
  manager.registerModule(it.api.defaultModule);
  const calls: string[] = [];
  const collectable = collectableOf(it, calls);
  manager.registerCollectable(collectable);
  let held = it.malloc(2 * MiB);
  manager.onPressure(({ reason }) => {
    expect(reason).toBe('gc');
    calls.push('handler');
    it.free(held);
    held = 0;
  });
  const disposed = it.malloc(3 * MiB);
  manager.disposeLater(() => it.free(disposed));
  // Empty slabs: 64 blocks of 128 bytes each.
  const small = Array.from({ length: 6400 }, () => it.malloc(128));
  small.forEach(it.free);
  const events: GCResult[] = [];
  manager.on('gc', (event) => events.push(event));
  const before = it.used();
  const result = manager.triggerGC(it.id, { strategy });
  expect(calls).toEqual(asked);
  expect(result.phases.map(({ name }) => name)).toEqual(phases);
  expect(result).toMatchObject({ moduleId: it.id, strategy, aggressive: strategy === 'aggressive', completed: true });
  const reclaimed = Object.fromEntries(result.phases.map(({ name, reclaimedBytes }) => [name, reclaimedBytes]));
  expect(reclaimed).toMatchObject({ dispose: 3 * MiB, purge: MiB });
  // 800 KiB of empty slabs, but for one of each size that was kept for speed and sweeps that came before.
  if (strategy !== 'aggressive') expect(reclaimed['release']).toBeGreaterThan(0);
  if (strategy !== 'conservative') expect(reclaimed['trim']).toBe(MiB);
  if (strategy === 'aggressive') expect(reclaimed).toMatchObject({ evict: MiB, pressure: 2 * MiB });
  expect(result.phases.reduce((sum, { reclaimedBytes }) => sum + reclaimedBytes, 0)).toBe(result.reclaimedBytes);
  const large = { conservative: 4, balanced: 5, aggressive: 8 }[strategy] * MiB;
  expect(before - it.used()).toBe(large);
  expect(result.reclaimedBytes).toBeGreaterThanOrEqual(large);
  expect(events).toEqual([result]);
  expect(manager.getGCStats(it.id)).toMatchObject({ runs: 1, reclaimedBytes: result.reclaimedBytes });
  manager.dispose();
});

test('the last step of an aggressive collection is a shrink, where that is allowed', async () => {
  const { api, id, malloc, free } = await bench();
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false, allowShrink: true } });
  manager.registerModule(api.defaultModule, { hardLimit: 512 * MiB });
  const low = malloc(1000);
  free(malloc(100 * MiB));
  expect(manager.triggerGC(id).returnedBytes).toBe(0);
  const result = manager.triggerGC(id, true);
  expect(result.phases.at(-1)?.name).toBe('shrink');
  expect(result.returnedBytes).toBeGreaterThan(99 * MiB);
  expect(manager.getAggregateStats().totalAllocated).toBeLessThan(4 * MiB);
  // Limits hold in the new instance.
  expect(malloc(513 * MiB)).toBe(0);
  expect(malloc(100)).not.toBe(0);
  free(low);
  manager.dispose();
});

test('an incremental collection goes on in idle time, in slices that keep to their budget', async () => {
  const it = await bench();
  const { api, clock, idle, id } = it;
  const manager = new api.WasmMemoryManager({ idle: idle.scheduler, gc: { autoGC: false, incrementalGC: true } });
  manager.registerModule(api.defaultModule);
  const count = 100;
  let purged = 0;
  const blocks: number[] = [];
  const kept: Collectable[] = [];
  for (let i = 0; i < count; ++i) {
    blocks.push(it.malloc(10_000));
    const collectable = {
      purgeExpired: () => {
        purged += 1;
        clock.time += 0.5; // what it costs
        it.free(blocks[i] as number);
      },
    };
    kept.push(collectable);
    manager.registerCollectable(collectable);
  }
  const results: GCResult[] = [];
  manager.on('gc', (result) => results.push(result));
  const first = manager.triggerGC(id);
  expect(first.completed).toBe(false);
  // Of 2 ms, at half a millisecond each.
  expect(purged).toBe(4);
  expect(first.reclaimedBytes).toBe(4 * 10_240);
  let slices = 1;
  let longest = first.durationMs;
  while (results.length === 0) {
    const begin = clock.time;
    const before = purged;
    clock.time += 100; // idle time comes when it comes, and does not count
    it.malloc(1000); // nor does what the program allocates meanwhile
    expect(idle.run(50)).toBe(true);
    longest = Math.max(longest, clock.time - begin - 100);
    expect(purged - before).toBeLessThanOrEqual(4);
    slices += 1;
  }
  expect(longest).toBeLessThanOrEqual(2);
  expect(slices).toBeGreaterThanOrEqual(count / 4);
  expect(purged).toBe(count);
  const [result] = results;
  expect(result).toMatchObject({ completed: true });
  expect(result?.phases[1]).toMatchObject({ name: 'purge', reclaimedBytes: count * 10_240, durationMs: count / 2 });
  expect(idle.waiting).toBe(0);
  manager.dispose();
  expect(kept.length).toBe(count);
});

test('what looks through the whole heap is cut as well, and the program runs in between', async () => {
  const { api, clock, idle, id, malloc, free, used } = await bench();
  const config = { idle: idle.scheduler, gc: { autoGC: false, incrementalGC: true } };
  const manager = new api.WasmMemoryManager(config);
  manager.registerModule(api.defaultModule, { hardLimit: 256 * MiB });
  // Two runs each: a large block, and a slab's worth of small ones that is empty then.
  const large: number[] = [];
  const small: number[] = [];
  for (let i = 0; i < 8000; ++i) {
    large.push(malloc(2100));
    for (let j = 0; j < 8; ++j) small.push(malloc(500));
  }
  small.forEach(free);
  const before = used();
  clock.stepMs = 0.5; // what each look at it costs
  const results: GCResult[] = [];
  manager.on('gc', (result) => results.push(result));
  expect(manager.triggerGC(id, { strategy: 'conservative' }).completed).toBe(false);
  let slices = 1;
  let made = 0;
  while (results.length === 0) {
    free(large.pop() as number);
    large.unshift(malloc(2100)); // of another length, malloc would look for room, and release the slabs itself
    made += 1;
    expect(idle.run()).toBe(true);
    slices += 1;
  }
  // 9,000 runs twice over are ten steps, each with a look at the clock, of which three fit into the share of a slice.
  expect(slices).toBeGreaterThanOrEqual(4);
  expect(made).toBe(slices - 1);
  expect(results).toMatchObject([{ completed: true, errors: [] }]);
  // All of the empty slabs, but for those of the class that malloc was about to use.
  const reclaimed = results[0]?.phases.find(({ name }) => name === 'release')?.reclaimedBytes ?? 0;
  expect(reclaimed).toBeGreaterThan(7000 * 8 * 500);
  expect(reclaimed).toBe(results[0]?.reclaimedBytes);
  clock.stepMs = 0;
  large.forEach(free);
  expect(used()).toBeLessThan(before - 8000 * 2100);
  manager.dispose();
});

test('an incremental collection can be cancelled, and begun again', async () => {
  const { api, clock, idle, id } = await bench();
  const manager = new api.WasmMemoryManager({ idle: idle.scheduler, gc: { autoGC: false, incrementalGC: true } });
  manager.registerModule(api.defaultModule);
  const rounds: number[] = [];
  const kept = [0, 1, 2].map((i) => ({
    purgeExpired: () => {
      rounds.push(i);
      clock.time += 5;
    },
  }));
  kept.forEach((collectable) => manager.registerCollectable(collectable));
  const results: GCResult[] = [];
  manager.on('gc', (result) => results.push(result));
  expect(manager.cancelGC(id)).toBe(false);
  manager.triggerGC(id);
  idle.run();
  expect(manager.cancelGC(id)).toBe(true);
  expect(results).toMatchObject([{ completed: false }]);
  expect(idle.run()).toBe(false);
  const seen = rounds.length;
  expect(manager.triggerGC(id).completed).toBe(false);
  while (idle.run());
  expect(results.at(-1)?.completed).toBe(true);
  expect(rounds.slice(seen)).toEqual([0, 1, 2]);
  manager.triggerGC(id);
  manager.dispose();
  expect(idle.run()).toBe(false);
});

test('what fails on the way stops no collection', async () => {
  const { api, id } = await bench();
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(api.defaultModule);
  const error = new Error('broken');
  const fail = (): never => {
    throw error;
  };
  const broken = { purgeExpired: fail, trim: fail, compact: fail, evict: fail };
  manager.registerCollectable(broken);
  manager.disposeLater(fail);
  const result = manager.triggerGC(id, true);
  expect(result.completed).toBe(true);
  expect(result.errors.map(({ phase }) => phase)).toEqual(['dispose', 'purge', 'trim', 'compact', 'evict']);
  expect(result.errors[0]?.error).toBe(error);
  expect(broken).toBeDefined();
});

test('automatic collection keeps to its thresholds and its interval', async () => {
  const { api, clock } = await bench();
  const results: GCResult[] = [];
  api.wasmMemoryManager.on('gc', (result) => results.push(result));
  api.registerModule(bareModule('m'), { hardLimit: 10 * MiB });
  api.recordAllocation('m', 7 * MiB);
  clock.advance(10_000);
  expect(results).toEqual([]);
  api.recordAllocation('m', MiB); // 80 %
  expect(results).toMatchObject([{ moduleId: 'm', strategy: 'balanced', aggressive: false }]);
  clock.advance(4000);
  expect(results.length).toBe(1);
  api.recordAllocation('m', 1.5 * MiB); // 95 %
  clock.advance(1000);
  expect(results[1]).toMatchObject({ aggressive: true });
  clock.advance(20_000);
  expect(results.length).toBe(6);
  api.recordDeallocation('m', 9 * MiB);
  clock.advance(20_000);
  expect(results.length).toBe(6);
  api.wasmMemoryManager.dispose();
});

test('a module whose heap is not seen is collected as far as it goes', async () => {
  const { api } = await bench();
  api.registerModule(bareModule('m'));
  api.recordAllocation('m', 3000);
  const cache = { evict: () => api.recordDeallocation('m', 3000) };
  api.wasmMemoryManager.registerCollectable(cache, 'm');
  const result = api.triggerGC('m', true);
  expect(result.phases.map(({ name }) => name)).toEqual(['dispose', 'purge', 'trim', 'compact', 'evict', 'pressure']);
  expect(result).toMatchObject({ reclaimedBytes: 3000, returnedBytes: 0, movedBytes: 0, completed: true });
  expect(code(() => api.triggerGC('nobody'))).toBe('unknown-module');
  expect(cache).toBeDefined();
});

test('collectables are not kept alive', async () => {
  const { api, id } = await bench();
  api.registerModule(api.defaultModule);
  let calls = 0;
  const stop = api.wasmMemoryManager.registerCollectable({ purgeExpired: () => (calls += 1) });
  const kept = { purgeExpired: () => (calls += 100) };
  api.wasmMemoryManager.registerCollectable(kept);
  stop();
  api.triggerGC(id);
  expect(calls).toBe(100);
  expect(kept).toBeDefined();
});

test.each(['x', 5, null, { strategy: 'x' }])('%j is no kind of collection', async (kind) => {
  const { api, id } = await bench();
  api.registerModule(api.defaultModule);
  expect(code(() => api.triggerGC(id, kind as never))).toBe('invalid-argument');
  expect(api.getMemoryReport(id).gc.runs).toBe(0);
});
