import { expect, test, vi } from 'vitest';
import { createTidemark } from 'tidemark/manual';
import type { LeakResult, TidemarkApi, WasmModule } from 'tidemark';
import type { Engine, Runtime } from '../src/engine.js';
import { LeakSeries } from '../src/leaks/leak_series.js';
import { kindText, severityOf, stackLines, timeToLimitMs } from '../src/leaks/leak_text.js';
import { typeNameOf } from '../src/leaks/type_name.js';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';

const code = (error: unknown): unknown => (error as { code?: unknown }).code;
const thrown = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
const engineOf = (module: object): Engine =>
  (module as { module: { tidemark: { engine: Engine } } }).module.tidemark.engine;
/** Leaves a block that nobody knows of. Another one comes after it: the last that was given out counts as known. */
function loseBlock({ exports, module }: Engine): void {
  const { held } = (module as unknown as { tidemark: { resources: { held: Set<number> } } }).tidemark.resources;
  const lost = exports.malloc(5000);
  exports.malloc(8);
  held.delete(lost);
}
const found = (result: LeakResult): string[] => result.patterns.map(({ type, verdict }) => `${type} ${verdict}`);

test('an engine with nothing lost is clean, with an empty history, and what JavaScript holds is no leak', async () => {
  const api = await createTidemark();
  const held = engineOf(api.defaultModule).exports.malloc(5000);
  api.startLeakMonitoring(api.defaultModule);
  expect(api.getLeakHistory('tidemark')).toEqual([]);
  const result = api.detectMemoryLeaks('tidemark');
  expect(found(result)).toEqual([]);
  expect(result).toMatchObject({ moduleId: 'tidemark', hasLeak: false, severity: 'none', coverage: 'full' });
  expect(api.getLeakHistory('tidemark')).toEqual([result]);
  engineOf(api.defaultModule).exports.free(held);
});

test('who has hardly looked is not sure that nothing leaks, and says why', async () => {
  const clock = new SimulatedClock();
  const api = await createTidemark({ clock });
  const foreign = { id: 'foreign', memory: new WebAssembly.Memory({ initial: 2 }) };
  for (const module of [api.defaultModule, foreign]) api.startLeakMonitoring(module);
  const [whole, growthOnly] = ['tidemark', 'foreign'].map((id) => api.detectMemoryLeaks(id));
  expect(whole).toMatchObject({ hasLeak: false, coverage: 'full' });
  expect(whole?.confidence).toBeLessThan(0.6); // all blocks, and no time
  expect(growthOnly).toMatchObject({ hasLeak: false, coverage: 'growth-only' });
  expect(growthOnly?.confidence).toBeLessThan(0.1); // nothing at all
  for (const result of [whole, growthOnly]) {
    expect(result?.recommendations.join('\n')).toMatch(
      /Growth can't be judged yet: 2 samples in 0 seconds, and it takes 10 in 30 seconds/,
    );
  }
  for (let second = 0; second < 31; ++second) clock.advance(1000);
  for (const id of ['tidemark', 'foreign']) {
    const { confidence, recommendations } = api.detectMemoryLeaks(id);
    expect(confidence).toBeGreaterThan(0.9);
    expect(recommendations.join('\n')).not.toMatch(/can't be judged yet/);
  }
  api.memoryLeakDetector.dispose();
});

test('a block whose address was forgotten is found, at once and in slices, until a root names it', async () => {
  const api = await createTidemark();
  const { exports } = engineOf(api.defaultModule);
  const address = exports.malloc(3000);
  const resources = (engineOf(api.defaultModule).module as { tidemark?: { resources?: { held: Set<number> } } })
    .tidemark?.resources;
  exports.malloc(8); // so that the first is in the set
  expect(resources?.held.delete(address)).toBe(true);
  const detector = new api.MemoryLeakDetector();
  for (const result of [detector.detectLeaks('tidemark'), await detector.detectLeaksInSlices('tidemark')]) {
    expect(found(result)).toEqual(['unreachable leak']);
    expect(result.patterns[0]).toMatchObject({ blocks: 1, bytes: 3072 });
    expect(result.recommendations.length).toBeGreaterThan(0);
  }
  detector.addRoot('tidemark', address);
  expect(found(detector.detectLeaks('tidemark'))).toEqual([]);
  detector.removeRoot('tidemark', address);
  const reclaiming = new api.MemoryLeakDetector({ reclaimUnreachable: true });
  expect(reclaiming.detectLeaks('tidemark').preventiveActions.map(({ action }) => action)).toContain(
    'reclaim-unreachable',
  );
  expect(found(detector.detectLeaks('tidemark'))).toEqual([]);
});

test('a scan in slices survives a shrink', async () => {
  const api = await createTidemark();
  const { exports } = engineOf(api.defaultModule);
  exports.free(exports.malloc(32 << 20));
  api.startLeakMonitoring(api.defaultModule);
  const slices = api.memoryLeakDetector.detectLeaksInSlices('tidemark');
  await new Promise((resolve) => setTimeout(resolve, 0));
  api.shrink('tidemark');
  expect(found(await slices)).toEqual([]);
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A block that nothing points to. */
function forgetBlock(api: TidemarkApi, bytes: number): void {
  const { exports, module } = engineOf(api.defaultModule);
  exports.malloc(1 << 20); // far from both ends of the heap, whose addresses and sizes are numbers that the engine has
  const address = exports.malloc(bytes);
  exports.malloc(1 << 20);
  (module as { tidemark?: { resources?: { held: Set<number> } } }).tidemark?.resources?.held.delete(address);
}

test('two detectors that look in slices at the same time both finish their scans', async () => {
  const api = await createTidemark();
  forgetBlock(api, 3000);
  const detectors = [new api.MemoryLeakDetector(), new api.MemoryLeakDetector()];
  const [one, other] = detectors;
  const both = await Promise.all(
    [one, other, one].map((detector) => detector?.detectLeaksInSlices('tidemark') as Promise<LeakResult>),
  );
  for (const result of both) {
    expect(found(result)).toEqual(['unreachable leak']);
    expect(result.patterns[0]?.evidence['scan']).toBe('confirmed');
  }
  for (const detector of detectors) detector.dispose();
});

test('a detection in one go of one detector and a scan in slices of another', async () => {
  const api = await createTidemark();
  forgetBlock(api, 3000);
  const slices = new api.MemoryLeakDetector().detectLeaksInSlices('tidemark');
  for (let i = 0; i < 3; ++i) {
    await turn();
    expect(found(new api.MemoryLeakDetector().detectLeaks('tidemark'))).toEqual(['unreachable leak']);
  }
  expect(found(await slices)).toEqual(['unreachable leak']);
});

test('what runs by itself ends in the midst of a scan when a module is not looked after any more', async () => {
  const clock = new SimulatedClock();
  const api = await createTidemark({ clock });
  forgetBlock(api, 3000);
  const told: LeakResult[] = [];
  const other = new api.MemoryLeakDetector();
  for (const stop of ['stopMonitoring', 'dispose'] as const) {
    const detector = new api.MemoryLeakDetector();
    detector.onLeak((result) => told.push(result));
    detector.startMonitoring(api.defaultModule);
    other.startMonitoring(api.defaultModule); // so that the module is known all the same
    clock.advance(30_000);
    await turn();
    detector[stop]('tidemark');
    for (let i = 0; i < 200; ++i) await turn();
    if (stop === 'stopMonitoring') expect(detector.getModule('tidemark')).toBe(null);
  }
  expect(told).toEqual([]);
  expect(other.getHistory('tidemark').length).toBeGreaterThan(0); // it has looked meanwhile
  other.dispose();
});

test('who has asked for a scan and stops looking after the module meanwhile is told what is seen then', async () => {
  const api = await createTidemark();
  forgetBlock(api, 3000);
  const detector = new api.MemoryLeakDetector({ continuousMonitoring: false });
  detector.startMonitoring(api.defaultModule);
  const result = detector.detectLeaksInSlices('tidemark');
  await turn();
  detector.stopMonitoring('tidemark');
  expect(found(await result)).toEqual(['unreachable leak']);
  const disposed = detector.detectLeaksInSlices('tidemark').catch(code);
  await turn();
  detector.dispose();
  expect(await disposed).toBe('disposed');
});

test('memory that grows and shrinks in the midst of a scan in slices changes nothing in what it finds', async () => {
  const api = await createTidemark();
  const { exports } = engineOf(api.defaultModule);
  forgetBlock(api, 3000);
  api.startLeakMonitoring(api.defaultModule);
  for (let i = 0; i < 6; ++i) {
    const slices = api.memoryLeakDetector.detectLeaksInSlices('tidemark');
    for (let k = 0; k < i; ++k) await turn();
    const peak = exports.malloc(32 << 20);
    await turn();
    exports.free(peak);
    api.shrink('tidemark');
    expect(found(await slices)).toEqual(['unreachable leak']);
  }
});

test('a detection from within a shrink, as soon as it is told of, sees the program as it is then', async () => {
  const api = await createTidemark();
  const { exports } = engineOf(api.defaultModule);
  exports.free(exports.malloc(32 << 20));
  api.startLeakMonitoring(api.defaultModule);
  const { tidemark } = (api.defaultModule as unknown as { module: { tidemark: Runtime } }).module;
  const seen: LeakResult[] = [];
  const leave = tidemark.onShrink(() => seen.push(api.detectMemoryLeaks('tidemark')));
  api.shrink('tidemark');
  leave();
  expect(seen.map(found)).toEqual([[]]);
  expect(seen[0]).toMatchObject({ coverage: 'full', hasLeak: false });
  expect(api.getLeakHistory('tidemark')).toEqual(seen); // nothing is lost
});

test('what is done against a leak is recorded with what it gained, and not done where that is off', async () => {
  const api = await createTidemark();
  loseBlock(engineOf(api.defaultModule));
  const cache = api.createCache<number, string>(5000, 60_000);
  const pool = api.createBufferPool();
  const buffers = Array.from({ length: 40 }, () => pool.acquire(64 * 1024));
  for (const buffer of buffers) pool.release(buffer);
  const careful = new api.MemoryLeakDetector({ autoPrevention: false });
  expect(careful.detectLeaks('tidemark')).toMatchObject({ hasLeak: true, preventiveActions: [] });
  const { preventiveActions } = api.memoryLeakDetector.detectLeaks('tidemark');
  expect(preventiveActions.map(({ action }) => action)).toContain('trim-pools');
  for (const { reclaimedBytes } of preventiveActions) expect(reclaimedBytes).toBeGreaterThan(0);
  expect(preventiveActions.map(({ action }) => action)).not.toContain('reclaim-unreachable');
  cache.dispose();
  pool.dispose();
});

test('a detection goes on where what is asked to give back throws', async () => {
  const api = await createTidemark();
  loseBlock(engineOf(api.defaultModule));
  const failing = {
    trim(): void {
      throw new Error('on purpose');
    },
  };
  api.wasmMemoryManager.registerCollectable(failing, 'tidemark');
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(api.detectMemoryLeaks('tidemark')).toMatchObject({ hasLeak: true });
  expect(told).toHaveBeenCalledWith('tidemark: leak prevention failed', new Error('on purpose'));
  told.mockRestore();
  expect(api.getLeakHistory('tidemark')).toHaveLength(1);
});

test('a scenario that keeps a block each time leaks, and one that gives it back does not', async () => {
  const api = await createTidemark();
  const { exports } = engineOf(api.defaultModule);
  const clean = await api.detectLeaksByScenario(api.defaultModule, () => exports.free(exports.malloc(700)));
  expect(clean.hasLeak).toBe(false);
  const leaking = await api.detectLeaksByScenario(api.defaultModule, () => void exports.malloc(700), { iterations: 7 });
  expect(leaking.patterns[0]).toMatchObject({ type: 'growth', verdict: 'leak', blocks: 7 });
  expect(leaking.patterns[0]?.evidence).toMatchObject({ perIteration: 1, iterations: 7 });
  // Lost or reachable: growth alone can't tell, and what is said of it doesn't.
  expect(leaking.recommendations.join('\n')).toContain('give back in the scenario what it takes');
  expect(leaking.recommendations.join('\n')).not.toContain('still reachable');
  expect(leaking.patterns.map(({ description }) => description).join()).not.toContain(' 0 blocks');
});

test('of a foreign module growth is judged, and the result says so', async () => {
  let now = 0;
  const timers: (() => void)[] = [];
  const clock = {
    now: () => now,
    elapsed: () => now,
    every: (_: number, callback: () => void) => (timers.push(callback), () => undefined),
  };
  const { attach } = await import('tidemark/attach');
  const { defaultModule } = await createTidemark();
  const api = attach({ id: 'engine', module: (defaultModule as { module: object }).module, clock });
  const memory = new WebAssembly.Memory({ initial: 1 });
  api.startLeakMonitoring({ id: 'rust', memory });
  const seconds = (n: number, each: () => void): void => {
    for (let i = 0; i < n; ++i) {
      now += 1000;
      each();
      timers.forEach((timer) => timer());
    }
  };
  seconds(70, () => undefined);
  expect(api.detectMemoryLeaks('rust')).toMatchObject({ hasLeak: false, coverage: 'growth-only' });
  seconds(70, () => void memory.grow(1));
  const result = api.detectMemoryLeaks('rust');
  expect(result).toMatchObject({ hasLeak: true, coverage: 'growth-only' });
  expect(result.patterns[0]?.ratePerSecond).toBe(65536);
  expect(result.recommendations.join('\n')).toMatch(/limit of 4\.0 GiB is reached in/);
});

test('unknown and disposed are refused with a code, and a config that is none', async () => {
  const api = await createTidemark();
  expect(code(thrown(() => api.detectMemoryLeaks('nobody')))).toBe('unknown-module');
  expect(code(thrown(() => api.getLeakHistory('nobody')))).toBe('unknown-module');
  for (const config of [{ minSamples: 1 }, { fragmentationThreshold: 2 }, { growthThreshold: NaN }, { other: 1 }]) {
    expect(code(thrown(() => new api.MemoryLeakDetector(config)))).toBe('invalid-config');
  }
  const detector = new api.MemoryLeakDetector();
  detector.dispose();
  expect(code(thrown(() => detector.detectLeaks('tidemark')))).toBe('disposed');
  detector.dispose();
});

test('names of types, severities and times are what people read', () => {
  expect(typeNameOf('NSt3__220__shared_ptr_emplaceIN3app4NodeENS_9allocatorIS2_EEEE')).toBe('app::Node');
  expect(typeNameOf('NSt3__220__shared_ptr_emplaceI4NodeNS_9allocatorIS1_EEEE')).toBe('Node');
  expect(typeNameOf('6Widget')).toBe('Widget');
  expect(typeNameOf('?')).toBe('?');
  const memory = { usedBytes: 32 << 20, limitBytes: 64 << 20 };
  expect(severityOf('leak', 100, null, memory)).toBe('low');
  expect(severityOf('leak', 100, 1 << 20, memory)).toBe('critical');
  expect(severityOf('maybe', 100, 1 << 20, memory)).toBe('medium');
  expect(timeToLimitMs(32 << 20, 64 << 20, 1 << 20)).toBe(32_000);
  expect(timeToLimitMs(1, 2, null)).toBeNull();
});

test('stacks of Embind objects begin in the program, wherever that lies', () => {
  const inNode = [
    'Error',
    'at tidemarkTrackObject (file:///app/objects.mjs:1:2)',
    'at new Sound (file:///app/objects.mjs:1:3)',
    'at constructor Sound (eval at createJsInvoker (file:///app/objects.mjs:1:4), <anonymous>:6:11)',
    'at play (file:///app/main.mjs:6:35)',
    'at file:///app/main.mjs:9:1',
    'at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
  ];
  expect(stackLines(inNode.join('\n    '))).toEqual([
    'play (file:///app/main.mjs:6:35)',
    'file:///app/main.mjs:9:1',
    'process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
  ]);
  const inFirefox = [
    'tidemarkTrackObject@http://a/o.mjs:1:2',
    'Sound@http://a/o.mjs:1:3',
    'play@http://a/m.mjs:6:35',
    '',
  ];
  expect(stackLines(inFirefox.join('\n'))).toEqual(['play@http://a/m.mjs:6:35']);
  const bundled = inNode.map((line) => line.replace(/\w+\.mjs/, 'bundle.js'));
  expect(stackLines(bundled.join('\n'))[0]).toBe('play (file:///app/bundle.js:6:35)');
});

test('kinds of things are counted in words', () => {
  expect(kindText(5, 'Embind object of class Glass (of water)')).toBe('5 Embind objects of class Glass (of water)');
  expect(kindText(1, 'Embind object of class Glass')).toBe('1 Embind object of class Glass');
  expect(kindText(2, 'JavaScript value held by C++ (emscripten::val)')).toBe(
    '2 JavaScript values held by C++ (emscripten::val)',
  );
  expect(kindText(2, '_malloc() block')).toBe('2 _malloc() blocks');
});

test('a series reaches back farther than the window, whatever the pace', () => {
  const series = new LeakSeries(1, 60_000);
  for (let t = 0; t < 200_000; t += 10) series.add(t, [t]);
  expect(series.count).toBeLessThanOrEqual(256);
  expect(series.spanMs).toBeGreaterThan(60_000);
  expect(series.column(0).at(-1)).toBe(199_990);
  const trend = series.trendOf(0, 60);
  expect(trend.length).toBeLessThanOrEqual(60);
  expect(trend.length).toBeGreaterThan(40);
  expect(trend.at(-1)).toEqual({ time: 199_990, bytes: 199_990 });
  expect(trend.every(({ time, bytes }) => time === bytes)).toBe(true);
  series.add(5, [1]);
  expect(series.count).toBe(1);
  expect(series.trendOf(0)).toEqual([{ time: 5, bytes: 1 }]);
});

test('the floors of a series reach back to its begin, in parts of equal length', () => {
  const series = new LeakSeries(2, 60_000);
  const seconds = 10_000;
  const sawtooth = (t: number): number => t + (t % 7) * 1000;
  for (let t = 0; t < seconds; ++t) series.add(t * 1000, [sawtooth(t), 5]);
  const times = [...series.floorTimes()];
  const floors = [...series.floors(0)];
  expect(times.length).toBe(series.floorCount);
  expect(series.floorCount).toBeLessThanOrEqual(128);
  expect(series.floorCount).toBeGreaterThanOrEqual(64);
  expect(times[0]).toBe(0);
  const part = (times[1] ?? 0) / 1000;
  expect(times).toEqual(times.map((_, i) => i * part * 1000));
  const all = Array.from({ length: seconds }, (_, t) => sawtooth(t));
  expect(floors).toEqual(floors.map((_, i) => Math.min(...all.slice(i * part, (i + 1) * part))));
  expect(new Set(series.floors(1))).toEqual(new Set([5]));
  series.add(5, [1, 1]);
  expect([...series.floors(0)]).toEqual([1]);
});

test('what was only asked about is forgotten with its module', async () => {
  const clock = new SimulatedClock();
  const api = await createTidemark({ clock });
  const module = (): WasmModule => ({ id: 'm', memory: new WebAssembly.Memory({ initial: 1 }) });
  const first = module();
  api.startMonitoring(first);
  api.detectMemoryLeaks('m');
  api.stopMonitoring('m');
  expect(code(thrown(() => api.getLeakHistory('m')))).toBe('unknown-module');
  api.startMonitoring(module());
  expect(api.getLeakHistory('m')).toEqual([]);
});

test('a module that was asked about before is monitored like any other', async () => {
  const clock = new SimulatedClock();
  const api = await createTidemark({ clock });
  const module = { id: 'm', memory: new WebAssembly.Memory({ initial: 1 }) };
  api.registerModule(module);
  api.detectMemoryLeaks('m');
  api.startLeakMonitoring(module);
  for (let i = 0; i < 31; ++i) clock.advance(1000);
  expect(api.detectMemoryLeaks('m').samples).toBeGreaterThan(30);
  expect(api.getLeakHistory('m').length).toBe(3);
});

test('the methods have the names of the functions, too', async () => {
  const api = await createTidemark();
  const detector = new api.MemoryLeakDetector({ minSamples: 20 });
  detector.startLeakMonitoring(api.defaultModule);
  const result = detector.detectMemoryLeaks('tidemark');
  expect(detector.getLeakHistory('tidemark')).toEqual([result]);
  detector.stopLeakMonitoring('tidemark');
  expect(detector.getLeakHistory('tidemark')).toEqual([]);
});

test.each([null, 5, 'x', []])('%j is no configuration', async (config) => {
  const api = await createTidemark();
  expect(code(thrown(() => new api.MemoryLeakDetector(config as never)))).toBe('invalid-config');
});
