import { expect, test } from 'vitest';
import {
  cleanupMemoryOptimization,
  DEFAULT_CONFIG,
  defaultModule,
  getMemoryReport,
  initializeMemoryOptimization,
  wasmMemoryManager,
  wasmMemoryMonitor,
} from 'tidemark';
import { bareModule, bench, code, MiB } from './support.js';

test('the quick start of the specification', () => {
  const myWasmModule = defaultModule;
  // Initialize memory optimization for a WASM module
  initializeMemoryOptimization(myWasmModule, {
    enableMonitoring: true,
    enableLeakDetection: true,
    enableMemoryManagement: true,
    memoryLimit: 64 * 1024 * 1024, // 64MB
  });
  // Get comprehensive memory report
  const report = getMemoryReport(myWasmModule.id);
  expect(report.moduleId).toBe(myWasmModule.id);
  expect(report.stats.limit).toBe(64 * MiB);
  expect(report.limits).toMatchObject({ hardLimit: 64 * MiB, softLimit: 48 * MiB, criticalLimit: 56 * MiB });
  expect(report.stats.used).toBeLessThanOrEqual(report.stats.allocated);
  expect(report.efficiency).toBe(report.stats.efficiency);
  expect(report.profile?.moduleId).toBe(myWasmModule.id);
  expect(report.leaks).toMatchObject({ moduleId: myWasmModule.id, hasLeak: false });
  expect(report.gc).toEqual({ runs: 0, reclaimedBytes: 0, last: null });
  expect(Array.isArray(report.history)).toBe(true);
  expect(report.toString()).toMatch(/hard limit\s+64\.0 MiB/);
  expect(() => JSON.stringify(report)).not.toThrow();
  // Cleanup when done
  cleanupMemoryOptimization(myWasmModule.id);
  cleanupMemoryOptimization(myWasmModule.id);
  expect(wasmMemoryManager.has(myWasmModule.id)).toBe(false);
  expect(wasmMemoryMonitor.isMonitoring(myWasmModule.id)).toBe(false);
  expect(code(() => getMemoryReport(myWasmModule.id))).toBe('unknown-module');
});

test('the default configuration is the specification’s', () => {
  expect(DEFAULT_CONFIG).toEqual({
    monitoring: {
      intervalMs: 1000,
      thresholds: { low: 60, medium: 75, high: 85, critical: 95 },
      maxHistorySize: 1000,
      leakDetection: true,
      autoGC: true,
      gcThreshold: 80,
      profiling: true,
      maxProfilingDuration: 60000,
    },
    leakDetection: {
      minSamples: 10,
      detectionWindowMs: 60000,
      growthThreshold: 1024,
      fragmentationThreshold: 0.7,
      continuousMonitoring: true,
      autoPrevention: true,
    },
    memoryManagement: {
      limits: {
        hardLimit: 64 * 1024 * 1024,
        softLimit: 48 * 1024 * 1024,
        criticalLimit: 56 * 1024 * 1024,
        growthRateLimit: 1024 * 1024,
        maxAllocationSize: 10 * 1024 * 1024,
        quotaResetInterval: 60000,
      },
      gc: { autoGC: true, gcThreshold: 75, aggressiveGCThreshold: 90, minGCInterval: 5000, strategy: 'balanced' },
    },
  });
});

test('a second call changes what is done, and each part can be left out', async () => {
  const { api, clock } = await bench();
  const { wasmMemoryManager: manager, wasmMemoryMonitor: monitor } = api;
  const module = bareModule('m');
  api.initializeMemoryOptimization(module);
  expect([manager.has('m'), monitor.isMonitoring('m')]).toEqual([true, true]);
  expect(manager.getLimits('m').hardLimit).toBe(64 * MiB);
  api.initializeMemoryOptimization(module, { memoryLimit: 32 * MiB, enableMonitoring: false });
  expect([manager.has('m'), monitor.isMonitoring('m')]).toEqual([true, false]);
  expect(manager.getLimits('m')).toMatchObject({ hardLimit: 32 * MiB, softLimit: 24 * MiB });
  const unmonitored = api.getMemoryReport('m');
  expect(unmonitored).toMatchObject({ profile: null, history: [], limits: { hardLimit: 32 * MiB } });
  expect(unmonitored.leaks).toMatchObject({ moduleId: 'm' });
  expect(unmonitored.stats).toMatchObject({ moduleId: 'm', used: null, allocated: 65536 });
  expect(monitor.isMonitoring('m')).toBe(false);
  api.initializeMemoryOptimization(module, { enableMemoryManagement: false, enableLeakDetection: false });
  expect([manager.has('m'), monitor.isMonitoring('m')]).toEqual([false, true]);
  expect(api.getMemoryReport('m')).toMatchObject({ limits: null, budgets: [], leaks: null });
  api.cleanupMemoryOptimization('m');
  expect(clock.timers).toBe(0);
});

test('warnings, budgets and collections are in the report', async () => {
  const { api } = await bench();
  api.initializeMemoryOptimization(bareModule('m'), { memoryLimit: 10 * MiB });
  api.setBudget('textures', MiB);
  api.withBudget('textures', () => api.recordAllocation('m', 9 * MiB));
  api.wasmMemoryMonitor.sample('m');
  await Promise.resolve();
  const report = api.getMemoryReport('m');
  expect(report.warnings.map(({ level }) => level)).toEqual(['high']);
  expect(report.budgets).toMatchObject([{ name: 'textures', over: true }]);
  expect(report.gc.runs).toBe(1);
  expect(report.recommendations.join()).toMatch(/Budget "textures" uses 9\.0 MiB of 1\.0 MiB/);
  expect(report.toString()).toMatch(/budget textures\s+9\.0 MiB of 1\.0 MiB/);
  api.cleanupMemoryOptimization('m');
});

test('what is refused has started nothing', async () => {
  const { api, clock } = await bench();
  const module = bareModule('m');
  for (const options of [
    { memoryLimit: 0 },
    { memoryLimit: '1' },
    { enableMonitoring: 1 },
    { memorylimit: 1 },
    4,
    null,
  ]) {
    expect(code(() => api.initializeMemoryOptimization(module, options as never))).toBe('invalid-config');
  }
  expect(code(() => api.initializeMemoryOptimization(module, { monitoring: { intervalMs: -1 } }))).toBe(
    'invalid-config',
  );
  expect(code(() => api.initializeMemoryOptimization(module, { limits: { hardLimit: -1 } }))).toBe('invalid-config');
  expect(code(() => api.initializeMemoryOptimization({ id: 'x' } as never))).toBe('invalid-module');
  expect(api.wasmMemoryManager.has('m')).toBe(false);
  expect(clock.timers).toBe(0);
});

test('a second call that is refused has changed nothing either', async () => {
  const { api } = await bench();
  const { wasmMemoryManager: manager, wasmMemoryMonitor: monitor } = api;
  const module = bareModule('m');
  api.initializeMemoryOptimization(module, { memoryLimit: 8 * MiB });
  for (const options of [
    { memoryLimit: 16 * MiB, monitoring: { intervalMs: -1 } },
    { memoryLimit: 16 * MiB, monitoring: 7 },
    { memoryLimit: 16 * MiB, limits: { softLimit: -1 } },
    { memoryLimit: 16 * MiB, limits: 5 },
  ]) {
    expect(code(() => api.initializeMemoryOptimization(module, options as never))).toBe('invalid-config');
  }
  const other = bareModule('m');
  const none = { enableMemoryManagement: false, enableLeakDetection: false };
  expect(code(() => api.initializeMemoryOptimization(other, none))).toBe('duplicate-module');
  const tooMany = { memoryLimit: 16 * MiB, monitoring: { maxHistorySize: 1e6 } };
  api.setTotalLimit(null);
  manager.registerModule(api.defaultModule, { hardLimit: MiB });
  expect(code(() => api.initializeMemoryOptimization(module, tooMany))).toBe('out-of-memory');
  expect(manager.getLimits('m').hardLimit).toBe(8 * MiB);
  expect(monitor.getMemoryStats('m').limit).toBe(8 * MiB);
});

test('a registration that was there before is there still when the rest is refused', async () => {
  const { api } = await bench();
  const module = bareModule('m');
  api.registerModule(module, { hardLimit: 9 * MiB });
  const refused = { memoryLimit: 16 * MiB, monitoring: { intervalMs: -1 } };
  expect(code(() => api.initializeMemoryOptimization(module, refused))).toBe('invalid-config');
  expect(api.wasmMemoryManager.getLimits('m').hardLimit).toBe(9 * MiB);
});

test('clean-up stops what was started one by one, too', async () => {
  const { api, clock } = await bench();
  const module = bareModule('m');
  api.startMonitoring(module);
  api.startLeakMonitoring(module);
  api.registerModule(module);
  api.cleanupMemoryOptimization('m');
  expect(clock.timers).toBe(0);
  expect([api.wasmMemoryMonitor.isMonitoring('m'), api.wasmMemoryManager.has('m')]).toEqual([false, false]);
  expect(code(() => api.getLeakHistory('m'))).toBe('unknown-module');
});

test('a report has the warnings and the leaks of a module that was never initialized', async () => {
  const { api } = await bench();
  const module = bareModule('m', 16);
  api.startLeakMonitoring(module);
  expect(api.getMemoryReport('m')).toMatchObject({ leaks: { moduleId: 'm' }, profile: null, warnings: [] });
  api.startMonitoring(module, 2 * MiB);
  module.memory.grow(15);
  api.wasmMemoryMonitor.sample('m');
  const report = api.getMemoryReport('m');
  expect(report.warnings).toMatchObject([{ level: 'critical', threshold: 95 }]);
  expect(report.profile?.peak.allocated).toBe(31 * 65536);
});

test('a report advises a shrink where that gives memory back, and only there', async () => {
  const { api, id, malloc, free } = await bench();
  const advice = (of: string): string => api.getMemoryReport(of).recommendations.join();
  const foreign = bareModule('m', 256);
  api.initializeMemoryOptimization(foreign);
  api.recordAllocation('m', 1);
  expect(advice('m')).not.toMatch(/shrink/);
  expect(api.getMemoryReport('m').toString()).toMatch(/1 B in 1 block\n/);
  api.initializeMemoryOptimization(api.defaultModule);
  expect(advice(id)).not.toMatch(/shrink/);
  free(malloc(32 * MiB));
  expect(advice(id)).toMatch(/shrink\(\) gives 3\d\.\d MiB back/);
  api.shrink(id);
  expect(advice(id)).not.toMatch(/shrink/);
});

test('the default configuration can be read, and not be changed', () => {
  expect(() => Object.assign(DEFAULT_CONFIG.monitoring.thresholds, { low: 1 })).toThrow(TypeError);
  expect(() => Object.assign(DEFAULT_CONFIG.memoryManagement.limits, { hardLimit: 1 })).toThrow(TypeError);
  expect(() => Object.assign(DEFAULT_CONFIG.memoryManagement.gc, { autoGC: false })).toThrow(TypeError);
  expect(() => Object.assign(DEFAULT_CONFIG, { monitoring: {} })).toThrow(TypeError);
});
