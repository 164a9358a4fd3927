// What happens at the edges: calls that fail on the way, listeners that come back in, figures that nobody has.
import { afterEach, expect, test, vi } from 'vitest';
import type { LinkedModule, PressureHandler, WorkloadFigures } from 'tidemark';
import { createTidemark } from 'tidemark/manual';
import { bareModule, bench, code, MiB } from './manager/support.js';

afterEach(() => vi.restoreAllMocks());

/** What is said where errors are, once all that was promised has been kept or broken. */
async function said(body: () => unknown): Promise<unknown[]> {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  error.mockClear();
  await body();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return error.mock.calls.map(([message]) => message as unknown);
}
const fails = (): unknown => Promise.reject(new Error('later'));

test('a listener whose promise is broken is told of like one that throws', async () => {
  const api = await createTidemark();
  api.registerModule(api.defaultModule);
  api.wasmMemoryManager.on('gc', fails);
  expect(await said(() => api.triggerGC(api.defaultModule.id))).toEqual(["tidemark: a listener of 'gc' threw"]);
  api.wasmMemoryMonitor.onSample(fails);
  expect(await said(() => api.startMonitoring(api.defaultModule))).toEqual(["tidemark: a listener of 'sample' threw"]);
  api.wasmMemoryMonitor.dispose();
});

test('a disposal whose promise is broken is told of', async () => {
  const { api, idle } = await bench();
  const manager = new api.WasmMemoryManager({ idle: idle.scheduler });
  manager.disposeLater(fails);
  expect(await said(() => idle.run())).toEqual(['tidemark: a disposal failed']);
});

test('a leak whose listener breaks its promise is found all the same', async () => {
  const api = await createTidemark();
  const module = bareModule('leaky');
  api.registerModule(module);
  api.memoryLeakDetector.onLeak(fails);
  const leak = (): void => api.recordAllocation('leaky', 8192);
  const spoken = await said(async () => {
    expect((await api.detectLeaksByScenario(module, leak)).hasLeak).toBe(true);
  });
  expect(spoken).toEqual(["tidemark: a listener of 'leak' threw"]);
});

test('what a scope hands over stays with its engine', async () => {
  const { api, used } = await bench();
  const scope = new api.DisposalScope();
  const moved = scope.move();
  const before = used();
  const address = moved.allocate(100_000);
  expect(used() - before).toBeGreaterThanOrEqual(100_000);
  expect(address).toBeGreaterThan(0);
  moved.dispose();
  expect(used()).toBe(before);
});

test('a scenario that fails leaves its module as it was', async () => {
  const api = await createTidemark();
  const module = bareModule('mine');
  const failure = new Error('the program failed');
  const fail = (): never => {
    throw failure;
  };
  await expect(api.detectLeaksByScenario(module, fail)).rejects.toBe(failure);
  await expect(api.detectLeaksByScenario(module, () => 0, { iterations: 1 })).rejects.toThrow(/iterations/);
  expect(() => api.getLeakHistory('mine')).toThrow(/"mine" was given/);
  // The name is free again.
  api.startLeakMonitoring(bareModule('mine'));
  await expect(api.detectLeaksByScenario('mine', fail)).rejects.toBe(failure);
  expect(api.memoryLeakDetector.getModule('mine')).not.toBeNull();
});

test('figures of all modules together are null where there are none', async () => {
  const api = await createTidemark();
  expect(api.getAggregateStats()).toMatchObject({ modules: 0, averageEfficiency: null, utilization: null });
  api.registerModule(bareModule('foreign'));
  const unseen = api.getAggregateStats();
  expect(unseen).toMatchObject({ modules: 1, averageEfficiency: null, utilization: null });
  expect(unseen.byModule['foreign']).toMatchObject({ used: null, efficiency: null });
  api.recordAllocation('foreign', 32_768);
  expect(api.getAggregateStats()).toMatchObject({ averageEfficiency: 50, utilization: (100 * 32_768) / (64 * MiB) });
  // Of two, those count that are seen.
  api.registerModule(bareModule('other'));
  expect(api.getAggregateStats().averageEfficiency).toBe(50);
  api.registerModule(api.defaultModule, { hardLimit: Infinity });
  expect(api.getAggregateStats().utilization).toBeNull();
});

test('handlers that share a name are told apart', async () => {
  const { api, id } = await bench();
  api.registerModule(api.defaultModule);
  const ran: string[] = [];
  const handler = (what: string): PressureHandler => {
    return () => ran.push(what);
  };
  api.onPressure(handler('first'), { name: 'same' });
  api.onPressure(handler('second'), { name: 'same', moduleId: 'another' });
  api.onPressure(handler('third'), { name: 'same' });
  for (let i = 1; i < 3; ++i) {
    const [report] = await api.relieve(id);
    expect(report?.handlers.map(({ name, runs }) => [name, runs])).toEqual([
      ['same', i],
      ['same', i],
    ]);
  }
  api.registerModule(bareModule('another'));
  const [other] = await api.relieve('another');
  expect(other?.handlers.map(({ runs }) => runs)).toEqual([3, 1, 3]);
  expect(ran).toEqual(['first', 'third', 'first', 'third', 'first', 'second', 'third']);
});

test('who is told of what went for the bytes may use the cache', async () => {
  const api = await createTidemark();
  const told: string[] = [];
  const cache = new api.MemoryEfficientCache<number, string>({
    maxBytes: 64 * 1024,
    onEvict: (key, value, reason) => {
      told.push(reason);
      expect(value).toHaveLength(500);
      expect(cache.has(key)).toBe(false);
      expect(cache.memoryUsage).toBeLessThanOrEqual(64 * 1024);
      if (told.length === 1) cache.set(-1, 'kept'.repeat(125));
    },
  });
  for (let i = 0; told.length === 0; ++i) cache.set(i, 'x'.repeat(500));
  expect(new Set(told)).toEqual(new Set(['evict']));
  expect(cache.peek(-1)).toBe('kept'.repeat(125));
  expect(cache.stats.evictions).toBe(told.length);
  expect([...cache].length).toBe(cache.size);
});

test('entries whose time is over go as expired where there are too many bytes', async () => {
  const { api, clock } = await bench();
  const told: string[] = [];
  const cache = new api.MemoryEfficientCache<number, string>({
    maxBytes: 64 * 1024,
    onEvict: (_k, _v, why) => told.push(why),
  });
  for (let i = 0; i < 20; ++i) cache.set(i, 'x'.repeat(500), { ttl: 10 });
  clock.advance(20);
  for (let i = 20; told.length === 0; ++i) cache.set(i, 'x'.repeat(500));
  expect(told.filter((why) => why === 'expire')).toHaveLength(20);
});

test('who is told of the end of all entries may use the cache', async () => {
  const api = await createTidemark();
  const cache = new api.MemoryEfficientCache<string, number>({
    dispose: (value, key, reason) => {
      if (reason === 'clear') cache.set(`${key} again`, value);
    },
  });
  cache.set('a', 1);
  cache.clear();
  expect([...cache]).toEqual([['a again', 1]]);
});

test('a size that is none is found before a load begins', async () => {
  const api = await createTidemark();
  const cache = new api.MemoryEfficientCache<string, number>({ maxSize: 100, sizeCalculation: (value) => value });
  cache.set('a', 1);
  expect(() =>
    cache.load([
      ['b', { value: 2 }],
      ['c', { value: 0 }],
    ]),
  ).toThrow(/size: 0 was given/);
  expect([[...cache], cache.calculatedSize]).toEqual([[['a', 1]], 1]);
});

test('a pooled object that was given back within is not given back again', async () => {
  const api = await createTidemark();
  const pool = api.createMemoryPool(() => ({}));
  pool.with((object) => pool.release(object));
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 1 });
  expect(() =>
    pool.with((object) => {
      pool.release(object);
      throw new Error('mine');
    }),
  ).toThrow('mine');
  // It is another's by the time that the promise is kept.
  let other = {};
  await pool.with(async (object) => {
    pool.release(object);
    other = pool.acquire();
    expect(other).toBe(object);
    await Promise.resolve();
  });
  expect(pool.stats).toMatchObject({ inUse: 1, idle: 0 });
  pool.release(other);
  pool.with(() => pool.dispose());
});

test('a factory that fails leaves no object in use', async () => {
  const api = await createTidemark();
  let made = 0;
  const pool = api.createMemoryPool<object>(() => {
    if (++made === 3) throw new Error('no more');
    return {};
  });
  expect(() => pool.prefill(5)).toThrow('no more');
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 2 });
  expect(() => api.createMemoryPool(() => null as never).acquire()).toThrow(/the factory made null/);
  pool.maxSize = 1.5;
  expect(pool.size).toBe(2);
});

test('an API has an end, after which nothing runs or limits any longer', async () => {
  const { api, clock, id, malloc } = await bench();
  api.initializeMemoryOptimization(api.defaultModule, { memoryLimit: 4 * MiB });
  api.createTestSuite('mine');
  expect(clock.timers).toBeGreaterThan(0);
  expect(malloc(8 * MiB)).toBe(0);
  api.dispose();
  api.dispose();
  expect(clock.timers).toBe(0);
  expect(malloc(8 * MiB)).toBeGreaterThan(0);
  for (const use of [() => api.getMemoryStats(id), () => api.getBudgets(), () => api.createTestSuite('other')]) {
    expect(code(use)).toBe('disposed');
  }
  {
    using another = await createTidemark({ clock });
    another.startMonitoring(another.defaultModule);
    expect(clock.timers).toBe(1);
  }
  expect(clock.timers).toBe(0);
});

test('the statistics of a heap can be read of every program with the runtime', async () => {
  const api = await createTidemark();
  const { module } = api.defaultModule as unknown as { module: LinkedModule };
  using array = new api.CompactArray([1]);
  expect(array.length).toBe(1);
  const { liveBytes, sizeClasses } = api.readHeapStats(module);
  expect(liveBytes).toBeGreaterThan(0);
  expect(sizeClasses.length).toBeGreaterThan(0);
  expect(code(() => api.readHeapStats({ tidemark: null } as never))).toBe('invalid-module');
});

test('what nobody sees of a test is null', async () => {
  const api = await createTidemark();
  let figures: WorkloadFigures | null = null;
  const result = await api.runMemoryPerformanceTest(bareModule('foreign'), {
    name: 'units',
    run: async (context) => {
      figures = await context.measureUnits({ unit: () => 0, durationMs: 1 });
    },
  });
  expect(result).toMatchObject({ error: null, peakLiveBytes: null, fragmentation: null });
  expect(figures).toMatchObject({ peakLiveBytes: null, fragmentation: null });
  expect(result.recommendations.join()).not.toMatch(/0 bytes of live blocks/);
});
