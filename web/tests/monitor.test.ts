import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import * as tidemark from 'tidemark';
import { createTidemark } from 'tidemark/manual';
import type { MemoryStats, MemoryWarning } from 'tidemark';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';
import { loadProgram } from './program.js';
import { startSites } from './sites_program.js';

const MiB = 1024 * 1024;
const told = async (): Promise<void> => {
  await Promise.resolve();
  await Promise.resolve();
};
const codeOf = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  throw new Error('nothing was thrown');
};

test('statistics are those of the heap, in every field', async () => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, 64 * MiB);
  program._load_meshes(100, 100_000);
  const stats = api.getMemoryStats('sites');
  const block = Math.ceil(100_000 / 256) * 256;
  expect(stats).toMatchObject({ moduleId: 'sites', timestamp: clock.now(), limit: 64 * MiB, pressure: 'none' });
  expect(stats.liveBlocks).toBeGreaterThanOrEqual(101); // and the monitor's own
  expect(stats.used).toBeGreaterThanOrEqual(100 * block);
  expect(stats.reserved).toBeGreaterThanOrEqual(stats.used ?? 0);
  expect(stats.peakUsed).toBe(stats.used);
  expect(stats.utilization).toBeCloseTo((100 * (stats.used ?? 0)) / (64 * MiB), 6);
  const counters = api.wasmMemoryMonitor.getLiveCounters('sites');
  expect(counters.used).toBe(stats.used);
  program._let_go();
  expect(api.getMemoryStats('sites').used).toBe((stats.used ?? 0) - 100 * block);
  expect(api.wasmMemoryMonitor.getLiveCounters('sites')).toMatchObject({
    used: (stats.used ?? 0) - 100 * block,
    totalAllocated: counters.totalAllocated,
  });
  expect(api.getMemoryStats('sites').peakUsed).toBe(stats.used);
});

test('the peak in use is that of the program, also of the time before anybody looked', async () => {
  const { program, api } = await startSites(new SimulatedClock());
  program._load_meshes(100, 100_000);
  program._let_go();
  api.startMonitoring(api.defaultModule);
  const { used, peakUsed } = api.getMemoryStats('sites');
  expect(peakUsed).toBeGreaterThanOrEqual(100 * 100_000);
  expect(used).toBeLessThan(MiB);
  expect(api.wasmMemoryMonitor.getLiveCounters('sites').peakUsed).toBe(peakUsed);
});

test('rates are measured over the last ten seconds', async () => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, null, { intervalMs: 500 });
  for (let i = 0; i < 40; ++i) {
    program._load_meshes(1, 256_000); // a multiple of 256: 512000 bytes a second stay
    program._format_text(1, 128_000); // as much again, half of it, comes and goes
    clock.advance(500);
  }
  const stats = api.getMemoryStats('sites');
  expect(stats.growthRate).toBeCloseTo(512_000, 0);
  expect(stats.allocationRate).toBeCloseTo(768_000, 0);
  clock.advance(20_000);
  expect(api.getMemoryStats('sites').growthRate).toBeCloseTo(0, 6);
});

test('a warning comes once, when its threshold is passed, and again after a fall of five points', async () => {
  const { program, api } = await startSites(new SimulatedClock());
  const monitor = new api.WasmMemoryMonitor({
    thresholds: { low: 50, medium: 70, high: 80, critical: 90 },
    maxHistorySize: 8,
  });
  monitor.startMonitoring(api.defaultModule, 10 * MiB);
  const warnings: MemoryWarning[] = [];
  const unsubscribe = monitor.onWarning((warning) => warnings.push(warning));
  const fillTo = (percent: number): number => {
    program._let_go();
    const used = monitor.getLiveCounters('sites').used ?? 0;
    const bytes = (percent / 100) * 10 * MiB - used;
    program._load_meshes(10, Math.floor(bytes / 10 / 256) * 256);
    return monitor.sample('sites').utilization ?? 0;
  };
  const levelsAt = async (percent: number): Promise<string[]> => {
    warnings.length = 0;
    expect(fillTo(percent)).toBeCloseTo(percent, 0);
    await told();
    return warnings.map(({ level }) => level);
  };
  // let_go() goes down to nothing, but malloc says nothing of that and no sample is taken there.
  expect(await levelsAt(45)).toEqual([]);
  expect(await levelsAt(52)).toEqual(['low']);
  expect(warnings[0]).toMatchObject({ moduleId: 'sites', threshold: 50, stats: { pressure: 'low', limit: 10 * MiB } });
  expect(warnings[0]?.message).toContain('past the low threshold of 50 %');
  expect(warnings[0]?.recommendations.length).toBeGreaterThan(0);
  expect(await levelsAt(47)).toEqual([]);
  expect(await levelsAt(53)).toEqual([]); // it did not fall by five points
  expect(await levelsAt(44)).toEqual([]);
  expect(await levelsAt(55)).toEqual(['low']);
  expect(await levelsAt(40)).toEqual([]);
  expect(await levelsAt(95)).toContain('critical');
  expect(await levelsAt(96)).toEqual([]);
  expect(await levelsAt(40)).toEqual([]);
  unsubscribe();
  expect(await levelsAt(95)).toEqual([]);
});

test('malloc itself has a sample taken when the use passes a threshold', async () => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, 10 * MiB);
  const warnings: MemoryWarning[] = [];
  api.onWarning((warning) => warnings.push(warning));
  const during = api.wasmMemoryMonitor.getHistory('sites').length;
  program._load_meshes(650, 10_000); // 62 %; no time passes, and nobody asks
  program._let_go();
  expect(warnings).toEqual([]); // listeners run when the program has come back
  await told();
  expect(warnings.map(({ level }) => level)).toEqual(['low']);
  expect(warnings[0]?.utilization).toBeGreaterThanOrEqual(60);
  expect(warnings[0]?.utilization).toBeLessThan(61);
  expect(api.wasmMemoryMonitor.getHistory('sites').length).toBe(during + 1);
});

test('a listener that throws stops neither the others nor the monitor', async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, 10 * MiB);
  const seen: string[] = [];
  api.onWarning(() => {
    throw new Error('listener');
  });
  api.onWarning(({ level }) => seen.push(level));
  program._load_meshes(1, 9_000_000);
  await told();
  clock.advance(5000);
  expect(seen).toEqual(['high']);
  expect(complaint).toHaveBeenCalledTimes(1);
  expect(api.wasmMemoryMonitor.getHistory('sites').length).toBeGreaterThan(5);
  complaint.mockRestore();
});

test('ten hours of samples stay in memory that was fixed in advance, and no peak is lost', async () => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, 64 * MiB, { maxHistorySize: 100 });
  const usedBefore = api.getMemoryStats('sites').used;
  const begin = clock.now();
  clock.advance(1_800_000);
  program._load_meshes(20, MiB);
  clock.advance(1000);
  program._let_go();
  const peakAt = clock.now();
  clock.advance(36_000_000 - 1_801_000);
  const history = api.wasmMemoryMonitor.getHistory('sites');
  expect(history.length).toBeLessThanOrEqual(100);
  expect(history.length).toBeGreaterThanOrEqual(50);
  expect(history.at(-1)?.timestamp).toBe(clock.now());
  expect(history.filter(({ timestamp }) => timestamp < begin + 18_000_000).length).toBeGreaterThanOrEqual(12);
  // The latest quarter, second after second.
  const latest = history.slice(-25).map(({ timestamp }) => timestamp);
  expect(latest).toEqual(latest.map((_, i) => clock.now() - (24 - i) * 1000));
  expect(history.find(({ timestamp }) => timestamp === peakAt)?.used).toBeGreaterThan(20 * MiB);
  expect(api.getMemoryProfile('sites').peak.timestamp).toBe(peakAt);
  expect(api.getMemoryStats('sites').used).toBe(usedBefore);
});

test('modules of every kind, several at once; what one can not tell is null', async () => {
  const { api } = await startSites(new SimulatedClock());
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 100 });
  const foreign = await loadProgram('unlinked');
  api.startMonitoring(api.defaultModule);
  api.startMonitoring({ id: 'rust', memory }, MiB);
  api.startMonitoring({ id: 'other', module: foreign, wrapAllocator: true }, 64 * MiB);
  expect(api.getMemoryStats('rust')).toMatchObject({
    allocated: 4 * 65536,
    used: null,
    reserved: null,
    free: null,
    liveBlocks: null,
    fragmentation: null,
    allocationRate: null,
    utilization: 25,
    growthRate: 0,
  });
  expect(api.getMemoryProfile('rust').toText()).toBe(
    "rust: who has allocated what isn't known: it is not linked with Tidemark's runtime\n",
  );
  memory.grow(12);
  expect(api.getMemoryStats('rust')).toMatchObject({
    allocated: MiB,
    utilization: 100,
    pressure: 'critical',
    peakAllocated: MiB,
  });
  const { _malloc: malloc, _free: free } = foreign as unknown as Record<string, (n: number) => number>;
  const block = malloc?.(1000) ?? 0;
  expect(api.getMemoryStats('other')).toMatchObject({ used: 1000, liveBlocks: 1, free: null });
  free?.(block);
  expect(api.getMemoryStats('other')).toMatchObject({ used: 0, liveBlocks: 0, peakUsed: 1000 });
  expect(api.getMemoryProfile('rust')).toMatchObject({ sites: [], sizeClasses: [], samples: 0 });
  expect(api.wasmMemoryMonitor.monitoredModules).toEqual(['sites', 'rust', 'other']);
  api.stopMonitoring('rust');
  api.stopMonitoring('rust');
  expect(codeOf(() => api.getMemoryStats('rust'))).toBe('unknown-module');
});

test('observe() is every sample from then on; leaving the loop ends it', async () => {
  const clock = new SimulatedClock();
  const { api } = await startSites(clock);
  api.startMonitoring(api.defaultModule);
  const samples: MemoryStats[] = [];
  const loop = (async () => {
    for await (const stats of api.wasmMemoryMonitor.observe('sites')) {
      samples.push(stats);
      if (samples.length === 3) break;
    }
  })();
  clock.advance(10_000);
  await loop;
  expect(samples.map(({ timestamp }) => timestamp)).toEqual([9000, 8000, 7000].map((ms) => clock.now() - ms));
  const ending = api.wasmMemoryMonitor.observe();
  const next = ending.next();
  api.wasmMemoryMonitor.dispose();
  expect(await next).toEqual({ value: undefined, done: true });
  expect(clock.timers).toBe(0);
});

test('history as JSON and as CSV', async () => {
  const clock = new SimulatedClock();
  const { api } = await startSites(clock);
  const memory = new WebAssembly.Memory({ initial: 1 });
  api.startMonitoring({ id: 'a "quoted", id', memory });
  clock.advance(2000);
  const history = api.wasmMemoryMonitor.getHistory('a "quoted", id');
  expect(JSON.parse(api.wasmMemoryMonitor.exportHistory('a "quoted", id'))).toEqual(history);
  const rows = api.wasmMemoryMonitor.exportHistory('a "quoted", id', 'csv').split('\r\n');
  expect(rows).toHaveLength(5);
  expect(rows[0]?.split(',').slice(0, 4)).toEqual(['moduleId', 'timestamp', 'allocated', 'used']);
  expect(rows[1]).toBe(`"a ""quoted"", id",${clock.now() - 2000},65536,,,,,65536,,,,,100,,,0,none`);
});

test('samples are entries of performance when that is asked for', async () => {
  const { api } = await startSites();
  performance.clearMeasures('tidemark');
  api.startMonitoring(api.defaultModule, 64 * MiB);
  expect(performance.getEntriesByName('tidemark')).toHaveLength(0);
  api.startMonitoring(api.defaultModule, 64 * MiB, { performanceEntries: true });
  const entries = performance.getEntriesByName('tidemark') as PerformanceMeasure[];
  expect(entries).toHaveLength(1);
  expect(entries[0]?.detail).toMatchObject({ moduleId: 'sites', limit: 64 * MiB });
  api.stopMonitoring('sites');
});

test('what is wrong is refused, and changes nothing', async () => {
  const { api } = await startSites(new SimulatedClock());
  const monitor = api.wasmMemoryMonitor;
  expect(codeOf(() => new api.WasmMemoryMonitor({ intervalMs: 0 }))).toBe('invalid-config');
  expect(codeOf(() => new api.WasmMemoryMonitor({ thresholds: { low: 90 } }))).toBe('invalid-config');
  expect(codeOf(() => new api.WasmMemoryMonitor({ interval: 5 } as object))).toBe('invalid-config');
  expect(codeOf(() => new api.WasmMemoryMonitor({ maxHistorySize: 1.5 }))).toBe('invalid-config');
  expect(codeOf(() => monitor.startMonitoring(api.defaultModule, -1))).toBe('invalid-config');
  expect(codeOf(() => monitor.startMonitoring({ id: '' } as never))).toBe('invalid-module');
  expect(codeOf(() => monitor.onWarning(undefined as never))).toBe('invalid-argument');
  expect(monitor.monitoredModules).toEqual([]);
  monitor.startMonitoring(api.defaultModule, MiB);
  expect(codeOf(() => monitor.startMonitoring(api.defaultModule, MiB, { maxHistorySize: 2 }))).toBe('invalid-config');
  expect(monitor.getMemoryStats('sites').limit).toBe(MiB);
  monitor.startMonitoring(api.defaultModule, 2 * MiB);
  expect(monitor.getMemoryStats('sites').limit).toBe(2 * MiB);
  monitor.dispose();
  expect(codeOf(() => monitor.startMonitoring(api.defaultModule))).toBe('disposed');
});

test('statistics and history go on through growth and shrink', async () => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule, 512 * MiB);
  const before = api.getMemoryStats('sites');
  program._load_meshes(100, MiB);
  clock.advance(3000);
  const grown = api.getMemoryStats('sites');
  expect(grown.allocated).toBeGreaterThan(100 * MiB);
  program._let_go();
  api.shrink('sites');
  clock.advance(3000);
  const after = api.getMemoryStats('sites');
  expect(after.allocated).toBeLessThan(grown.allocated / 2);
  expect(after.used).toBe(before.used);
  expect(after.peakUsed).toBe(grown.used);
  expect(api.wasmMemoryMonitor.getHistory('sites')).toHaveLength(7);
});

test('the map says what lies where', async () => {
  const { program, api } = await startSites(new SimulatedClock());
  api.startMonitoring(api.defaultModule);
  program._load_meshes(10, MiB);
  program._load_meshes(10_000, 64);
  const map = api.wasmMemoryMonitor.getHeapMap('sites');
  const stats = api.getMemoryStats('sites');
  expect(map?.cells.length).toBe(stats.allocated / 4096);
  const count = (kind: number): number => map?.cells.filter((cell) => cell === kind).length ?? 0;
  const large = tidemark.heapMapKinds.indexOf('large');
  expect(Math.abs(count(large) + count(tidemark.heapMapKinds.indexOf('watched')) - 2560)).toBeLessThan(80);
  const slabs = map?.cells.filter((cell) => cell >= tidemark.firstSlabKind).length ?? 0;
  expect(slabs).toBeGreaterThanOrEqual(156); // 640000 bytes
  expect(map?.cells[0]).toBe(tidemark.heapMapKinds.indexOf('static'));
});

test('the map shows movable memory', () => {
  const { defaultModule, wasmMemoryMonitor } = tidemark;
  tidemark.startMonitoring(defaultModule);
  const movableCells = (): number => {
    const map = wasmMemoryMonitor.getHeapMap(defaultModule.id);
    return map?.cells.filter((cell) => cell === tidemark.heapMapKinds.indexOf('movable')).length ?? 0;
  };
  const before = movableCells();
  const values = tidemark.createCompactArray<number>({ type: 'f64' });
  for (let i = 0; i < 1_000_000; ++i) values.push(i);
  expect(movableCells() - before).toBeGreaterThanOrEqual(1900); // 8 MB are 1953 cells
  values.dispose();
  tidemark.stopMonitoring(defaultModule.id);
});

test('the packaged engine watches itself, and its timer keeps no process alive', async () => {
  const program = `import { startMonitoring, getMemoryStats, wasmMemoryMonitor, defaultModule } from 'tidemark';
    startMonitoring(defaultModule, 32 * 1024 * 1024);
    wasmMemoryMonitor.onWarning((warning) => console.warn(warning.message));
    console.log(getMemoryStats(defaultModule.id).limit);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('../..', import.meta.url),
  });
  expect(stdout.trim()).toBe(String(32 * MiB));
});

test('another configuration keeps history, peaks, and what was warned of', async () => {
  const clock = new SimulatedClock();
  const api = await createTidemark({ clock });
  const bare = { id: 'bare', memory: new WebAssembly.Memory({ initial: 16 }) };
  const seen: string[] = [];
  api.onWarning(({ level }) => seen.push(level));
  api.startMonitoring(bare, 32 * 65536 * 0.75);
  for (let i = 0; i < 5; ++i) clock.advance(1000);
  expect(seen).toEqual(['low']);
  const { peakAllocated, timestamp } = api.getMemoryStats('bare');
  const before = api.wasmMemoryMonitor.getHistory('bare');
  api.startMonitoring(bare, undefined, { maxHistorySize: 50 });
  api.startMonitoring(bare, undefined, { maxHistorySize: 50, thresholds: { low: 66 } });
  expect(api.wasmMemoryMonitor.getHistory('bare').slice(0, 6)).toEqual(before);
  expect(api.getMemoryStats('bare')).toMatchObject({ peakAllocated, timestamp });
  expect(seen).toEqual(['low', 'low']); // the threshold was raised, and is passed
  api.startMonitoring(bare, undefined, { maxHistorySize: 50, thresholds: { low: 40 } });
  expect(seen).toEqual(['low', 'low']); // it was lowered, and has been passed before
  expect(api.wasmMemoryMonitor.getWarnings('bare').map(({ threshold }) => threshold)).toEqual([60, 66]);
});

test('the peak of a profile is not below what is in use now', async () => {
  const { program, api } = await startSites(new SimulatedClock());
  api.startMonitoring(api.defaultModule);
  program._load_meshes(10, 100_000);
  const { used } = api.getMemoryStats('sites');
  expect(api.getMemoryProfile('sites').peak.used).toBe(used);
});

test('what a shrink can not give back is no waste', async () => {
  const { api } = await startSites(new SimulatedClock());
  api.startMonitoring(api.defaultModule);
  expect(api.shrink('sites').returnedBytes).toBe(0);
  const { used, reserved, free, largestFree, efficiency } = api.getMemoryStats('sites');
  const [live, held, unused, longest] = [Number(used), Number(reserved), Number(free), Number(largestFree)];
  const wholeness = 1 - (unused - longest) / (unused + live);
  expect(efficiency).toBeCloseTo(50 * (live / held) + 20 * wholeness + 10 + 20, 6);
});

test('after dispose() every use is refused as such', async () => {
  const api = await createTidemark();
  const monitor = new api.WasmMemoryMonitor();
  monitor.dispose();
  for (const use of [
    () => monitor.startMonitoring(api.defaultModule),
    () => monitor.getMemoryStats('tidemark'),
    () => monitor.onWarning(() => {}),
    () => monitor.observe(),
  ]) {
    expect(codeOf(use)).toBe('disposed');
  }
});

test('per cent are at most 100', () => {
  expect(codeOf(() => new tidemark.WasmMemoryMonitor({ thresholds: { critical: 101 } }))).toBe('invalid-config');
  expect(codeOf(() => new tidemark.WasmMemoryMonitor({ gcThreshold: 101 }))).toBe('invalid-config');
  expect(codeOf(() => new tidemark.WasmMemoryMonitor([] as never))).toBe('invalid-config');
});
