// Every code example of the feature specification, as written there (spec_examples.md), with nothing but its import paths
// mapped. What an example takes for granted (`myWasmModule`, `computeExpensiveData`, …) is there under that name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tidemark from 'tidemark';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

interface App {
  _malloc(bytes: number): number;
  _free(address: number): void;
  HEAPU8: Uint8Array;
}
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'build/spec_examples');
mkdirSync(folder, { recursive: true });

const text = readFileSync(join(import.meta.dirname, 'spec_examples.md'), 'utf8');
const examples = new Map(
  [...text.matchAll(/## (.*)\n\n```typescript\n([\s\S]*?)```\n/g)].map(([, title = '', code = '']) => [title, code]),
);

let ran = 0;
/** Runs an example with these names around it, and returns what it declares. */
async function run(title: string, names: Record<string, unknown>): Promise<Record<string, unknown>> {
  const code = examples.get(title);
  if (code === undefined) throw new Error(`there is no example ${title}`);
  vi.stubGlobal('given', names);
  const declared = [...code.matchAll(/^const (\w+)/gm)].map(([, name]) => name);
  const own = join(folder, `${title.replaceAll(/\W+/g, '_')}_${ran++}`);
  writeFileSync(`${own}_module.ts`, 'export const { myWasmModule } = (globalThis as any).given;\n');
  const mapped = code
    .replaceAll("'./optimization'", "'tidemark'")
    .replaceAll("'./my-wasm-module'", `'${own}_module.ts'`);
  const undeclared = Object.keys(names).filter((name) => !new RegExp(`^import [^']*\\b${name}\\b`, 'm').test(code));
  const around = undeclared.length > 0 ? `const { ${undeclared.join(', ')} } = (globalThis as any).given;\n` : '';
  writeFileSync(`${own}.ts`, `${around}${mapped}\nexport { ${declared.join(', ')} };\n`);
  return (await import(/* @vite-ignore */ `${own}.ts`)) as Record<string, unknown>;
}

const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
beforeEach(() => vi.clearAllMocks());
afterEach(() => vi.unstubAllGlobals());

async function startApp(name: string): Promise<App> {
  const { default: create } = (await import(join(root, `build/wasm/web/app_${name}.mjs`))) as {
    default: () => Promise<App>;
  };
  return create();
}
let named = 0;
async function makeModule(name: string): Promise<{ id: string; module: App }> {
  return { id: `${name}-${named++}`, module: await startApp(name) };
}

test('no example is left out', () => {
  expect([...examples.keys()]).toEqual([
    'Basic Usage',
    'Memory Monitoring',
    'Memory Leak Detection',
    'Using Optimized Data Structures',
    'Memory Management',
    'Performance Testing',
    'Default Configuration',
    'Custom Configuration',
    'Debugging Tools',
  ]);
});

describe.each(['linked', 'dlmalloc'])('a module on %s', (malloc) => {
  const isLinked = malloc === 'linked';

  test('Basic Usage', async () => {
    const myWasmModule = await makeModule(malloc);
    const { report } = (await run('Basic Usage', { myWasmModule })) as { report: tidemark.MemoryReport };
    expect(log).toHaveBeenCalledWith('Memory Report:', report);
    expect(report.moduleId).toBe(myWasmModule.id);
    expect(report.stats.allocated).toBe(myWasmModule.module.HEAPU8.byteLength);
    expect(report.stats.limit).toBe(64 * 1024 * 1024);
    expect(report.limits?.hardLimit).toBe(64 * 1024 * 1024);
    expect(report.leaks?.hasLeak).toBe(false);
    expect(report.stats.used === null).toBe(!isLinked);
    expect(report.toString()).toContain(myWasmModule.id);
    expect(() => tidemark.getMemoryReport(myWasmModule.id)).toThrow(tidemark.TidemarkError);
  });

  test('Memory Monitoring', async () => {
    const myWasmModule = await makeModule(malloc);
    const { getMemoryStats } = tidemark;
    const { stats } = (await run('Memory Monitoring', { myWasmModule, getMemoryStats })) as {
      stats: tidemark.MemoryStats;
    };
    expect(log).toHaveBeenCalledWith(`Memory usage: ${stats.used} / ${stats.allocated}`);
    expect(stats.limit).toBe(32 * 1024 * 1024);
    // 24 of 32 MiB: 60 and 75 % are passed.
    const block = myWasmModule.module._malloc(24 * 1024 * 1024);
    tidemark.wasmMemoryMonitor.sample(myWasmModule.id);
    await vi.waitFor(() => expect(warn).toHaveBeenCalled()); // linked programs sound their alarm a turn later
    expect(warn.mock.calls[0]?.[0]).toMatch(/^Memory warning: .*\d/);
    myWasmModule.module._free(block);
    tidemark.stopMonitoring(myWasmModule.id);
  });

  test('Memory Leak Detection', async () => {
    const myWasmModule = await makeModule(malloc);
    const { leakResult } = (await run('Memory Leak Detection', { myWasmModule })) as {
      leakResult: tidemark.LeakResult;
    };
    expect(leakResult).toMatchObject({ moduleId: myWasmModule.id, hasLeak: false, severity: 'none', patterns: [] });
    expect(error).not.toHaveBeenCalled();
    tidemark.stopLeakMonitoring(myWasmModule.id);
  });

  test('Memory Management', async () => {
    const myWasmModule = await makeModule(malloc);
    const { getAggregateStats } = tidemark;
    myWasmModule.module._malloc(50_000);
    const { stats } = (await run('Memory Management', { myWasmModule, getAggregateStats })) as {
      stats: tidemark.AggregateStats;
    };
    expect(log).toHaveBeenCalledWith(`Total memory usage: ${stats.totalUsed} bytes`);
    expect(log).toHaveBeenCalledWith(`Average efficiency: ${stats.averageEfficiency}%`);
    // What is linked is measured; what isn't is what was recorded.
    if (isLinked) expect(stats.totalUsed).toBeGreaterThanOrEqual(50_000);
    else expect(stats.totalUsed).toBe(1024 * 1024);
    expect(stats.averageEfficiency).toBeGreaterThanOrEqual(0);
    expect(stats.averageEfficiency).toBeLessThanOrEqual(100);
    tidemark.unregisterModule(myWasmModule.id);
  });

  test('Performance Testing', async () => {
    const myWasmModule = await makeModule(malloc);
    const { wasmMemoryManager } = tidemark;
    const names = { myWasmModule, wasmMemoryManager };
    const { suite, builtInTests, results } = (await run('Performance Testing', names)) as {
      suite: tidemark.TestSuite;
      builtInTests: tidemark.BuiltInTests;
      results: tidemark.TestSuiteResult;
    };
    expect(suite).toMatchObject({ name: 'My Memory Tests', description: 'Testing memory performance of my module' });
    expect(suite.tests).toEqual([
      expect.objectContaining({ name: builtInTests.basicAllocation.name }),
      expect.objectContaining({ name: builtInTests.stress.name }),
    ]);
    expect(results.summary).toMatchObject({ total: 2, passed: 2, failed: 0 });
    expect(results.summary.score).toBeGreaterThan(0);
    expect(results.results.map(({ leakedBytes }) => leakedBytes)).toEqual([0, 0]);
    expect(log).toHaveBeenCalledWith('Test Results:', results.summary);
    expect(log).toHaveBeenCalledWith('Recommendations:', results.summary.recommendations);
    tidemark.memoryPerformanceTester.removeTestSuite('My Memory Tests');
  });

  test('Debugging Tools', async () => {
    const module = await makeModule(malloc);
    tidemark.initializeMemoryOptimization(module);
    const manager = tidemark.wasmMemoryManager;
    tidemark.createTestSuite('tests');
    tidemark.addTestToSuite('tests', tidemark.getBuiltInTests().basicAllocation);
    const { getMemoryReport, detectMemoryLeaks, runMemoryPerformanceTestSuite } = tidemark;
    const { report, leakResult, results } = (await run('Debugging Tools', {
      ...{ module, manager, moduleId: module.id },
      ...{ getMemoryReport, detectMemoryLeaks, runMemoryPerformanceTestSuite },
    })) as { report: tidemark.MemoryReport; leakResult: tidemark.LeakResult; results: tidemark.TestSuiteResult };
    expect(log).toHaveBeenCalledWith('Memory Report:', report);
    expect(leakResult.hasLeak).toBe(false);
    expect(results.summary).toMatchObject({ total: 1, passed: 1, failed: 0 });
    expect(log).toHaveBeenCalledWith('Performance issues:', results.summary.recommendations);
    tidemark.memoryPerformanceTester.removeTestSuite('tests');
    tidemark.cleanupMemoryOptimization(module.id);
  });
});

test('Using Optimized Data Structures', async () => {
  const computeExpensiveData = vi.fn(() => ({ costly: true }));
  let made = 0;
  class ExpensiveObject {
    readonly reset = vi.fn();
    constructor() {
      made++;
    }
  }
  const { array, map, cache, pool, obj } = (await run('Using Optimized Data Structures', {
    computeExpensiveData,
    ExpensiveObject,
  })) as {
    array: tidemark.CompactArray<number>;
    map: tidemark.CompactMap<string, number>;
    cache: tidemark.MemoryEfficientCache<string, unknown>;
    pool: tidemark.MemoryPool<ExpensiveObject>;
    obj: ExpensiveObject;
  };
  expect([...array]).toEqual([42, 3.14]);
  expect([...map]).toEqual([
    ['key1', 100],
    ['key2', 200],
  ]);
  expect(cache.get('expensive_data')).toBe(computeExpensiveData.mock.results[0]?.value);
  expect(made).toBe(1);
  expect(obj.reset).toHaveBeenCalledOnce();
  expect(pool.acquire()).toBe(obj);
  expect(made).toBe(1);
  for (const each of [array, map, cache, pool]) each.dispose();
});

test('Default Configuration', async () => {
  const { DEFAULT_CONFIG } = await run('Default Configuration', {});
  expect(tidemark.DEFAULT_CONFIG).toEqual(DEFAULT_CONFIG);
  // And they are what is in force.
  const { monitoring, leakDetection, memoryManagement } = tidemark.DEFAULT_CONFIG;
  expect(new tidemark.WasmMemoryMonitor().config).toMatchObject(monitoring);
  expect(new tidemark.MemoryLeakDetector().config).toMatchObject(leakDetection);
  expect(new tidemark.WasmMemoryManager().config).toMatchObject(memoryManagement);
});

test('Custom Configuration', async () => {
  const { monitor, leakDetector, memoryManager } = (await run('Custom Configuration', {})) as {
    monitor: tidemark.WasmMemoryMonitor;
    leakDetector: tidemark.MemoryLeakDetector;
    memoryManager: tidemark.WasmMemoryManager;
  };
  const { monitoring, leakDetection, memoryManagement } = tidemark.DEFAULT_CONFIG;
  expect(monitor.config).toMatchObject({
    ...monitoring,
    intervalMs: 500,
    thresholds: { low: 40, medium: 60, high: 80, critical: 95 },
  });
  expect(leakDetector.config).toMatchObject({
    ...leakDetection,
    minSamples: 20,
    detectionWindowMs: 120_000,
    growthThreshold: 2048,
    autoPrevention: true,
  });
  expect(memoryManager.config).toMatchObject({
    limits: {
      ...memoryManagement.limits,
      hardLimit: 128 * 1024 * 1024,
      softLimit: 96 * 1024 * 1024,
      criticalLimit: 112 * 1024 * 1024,
    },
    gc: { ...memoryManagement.gc, strategy: 'aggressive', incrementalGC: true, enableCompaction: true },
  });
});
