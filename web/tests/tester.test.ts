import { beforeEach, describe, expect, test } from 'vitest';
import {
  defaultModule,
  getBuiltInTests,
  memoryPerformanceTester,
  runMemoryPerformanceTest,
  runMemoryPerformanceTestSuite,
  type MemoryPerformanceTest,
  type Runtime,
  type TestContext,
  type TestProgress,
  type TestResult,
  type WasmModule,
} from 'tidemark';
import { attach } from 'tidemark/attach';
import { createTidemark } from 'tidemark/manual';
import { speedBeside } from '../src/tester_units.js';

type App = { _work(): number; _leak(): number; _malloc(n: number): number; _free(p: number): void; tidemark: Runtime };

async function loadApp(name: string): Promise<App> {
  const url = new URL(`../../build/wasm/web/app_${name}`, import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<App> };
  return create();
}
const durationMs = 20;
const quick = { durationMs };
const runtimeOf = (module: WasmModule): Runtime => (module as { module: App }).module.tidemark;
const tests = getBuiltInTests();

function expectSound(result: TestResult): void {
  expect(result.error).toBeNull();
  expect(result.passed).toBe(true);
  expect(result.operations).toBeGreaterThan(1000);
  expect(result.opsPerSecond).toBeGreaterThan(0);
  expect(result.costs.length).toBeGreaterThanOrEqual(8); // the least number of units
  expect(result.relativeSpeed).toBeGreaterThan(0);
  expect(result.peakLiveBytes).toBeGreaterThan(0);
  expect(result.peakBytes).toBeGreaterThan(0);
  expect(result.leakedBytes).toBe(0);
  expect(result.score).toBeGreaterThan(0);
  expect(result.score).toBeLessThanOrEqual(100);
  expect(result.fragmentation).toBeGreaterThanOrEqual(0);
  expect(result.fragmentation).toBeLessThan(1);
  const { p50, p95, p99, max } = result.latency;
  expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
  expect(result.latency.clockResolution).toBeGreaterThan(0);
  expect(result.latency.operationsPerReading).toBeGreaterThanOrEqual(16);
  expect(result.samples.length).toBeGreaterThan(0);
  expect(result.samples[0]?.allocated).toBeGreaterThan(0);
  // What a monitor says of the module, with peaks since the test began.
  for (const { allocated, peakAllocated, efficiency, growthRate, pressure, limit } of result.samples) {
    expect(peakAllocated).toBeGreaterThanOrEqual(allocated);
    expect(efficiency).toBeGreaterThanOrEqual(0);
    expect(efficiency).toBeLessThanOrEqual(100);
    expect(Number.isFinite(growthRate)).toBe(true);
    expect({ pressure, limit }).toEqual({ pressure: 'none', limit: null });
  }
}

test("the feature spec's example, with its import path mapped", async () => {
  const myWasmModule = { id: 'my-wasm-module', module: await loadApp('linked.mjs') };
  const wasmMemoryManager = null;

  // Create test suite
  const suite = memoryPerformanceTester.createTestSuite('My Memory Tests', 'Testing memory performance of my module');

  // Add built-in tests
  const builtInTests = getBuiltInTests();
  memoryPerformanceTester.addTestToSuite('My Memory Tests', builtInTests.basicAllocation);
  memoryPerformanceTester.addTestToSuite('My Memory Tests', builtInTests.stress);

  // Run test suite
  const results = await runMemoryPerformanceTestSuite(myWasmModule, 'My Memory Tests', wasmMemoryManager);

  expect(suite.description).toBe('Testing memory performance of my module');
  expect(results.name).toBe('My Memory Tests');
  expect(results.results.map(({ name }) => name)).toEqual(['basicAllocation', 'stress']);
  results.results.forEach(expectSound);
  const { summary } = results;
  expect(summary).toMatchObject({ total: 2, passed: 2, failed: 0 });
  const mean = results.results.reduce((sum, { score }) => sum + score, 0) / 2;
  expect(Math.abs(summary.score - mean)).toBeLessThan(0.051); // rounded to a tenth
  expect(summary.peakBytes).toBe(Math.max(...results.results.map(({ peakBytes }) => peakBytes)));
  expect(Array.isArray(summary.recommendations)).toBe(true);
});

describe.each(['own', 'linked', 'foreign', 'JavaScript', 'instance'] as const)('built-in tests, module: %s', (kind) => {
  let module: WasmModule;
  beforeEach(async () => {
    if (kind === 'own') module = defaultModule;
    else if (kind === 'linked') module = { id: 'linked', module: await loadApp('linked.mjs') };
    else if (kind === 'foreign') module = { id: 'foreign', module: await loadApp('dlmalloc.mjs') };
    else {
      const app = await loadApp('dlmalloc.mjs');
      // What debug builds export, and what wrapAllocator makes of an allocator: JavaScript around the exports.
      if (kind === 'JavaScript') module = { id: 'wrapped', module: app, wrapAllocator: true };
      else module = { id: 'instance', instance: new WebAssembly.Instance(new WebAssembly.Module(bumpAllocator())) };
    }
  });

  test('pass, with figures that were measured', async () => {
    for (const test of [tests.basicAllocation, tests.stress, tests.fragmentation, tests.largeObjects]) {
      const result = await runMemoryPerformanceTest(module, test, null, quick);
      if (kind === 'instance') continue;
      expectSound(result);
      expect(result.leakEvidence).toBe(kind === 'own' || kind === 'linked' ? 'heap' : 'addresses');
    }
  });

  test('realloc keeps content, leakDetection finds what is planted and nothing else', async () => {
    if (kind === 'instance') {
      // Its free does nothing, and it has no realloc.
      const leaks = await runMemoryPerformanceTest(module, tests.leakDetection, null, quick);
      expect(leaks.error).toMatch(/leaked \(addresses\)/);
      expect(leaks.score).toBe(0);
      expect((await runMemoryPerformanceTest(module, tests.realloc, null, quick)).error).toMatch(/exports no realloc/);
      return;
    }
    expectSound(await runMemoryPerformanceTest(module, tests.realloc, null, quick));
    expectSound(await runMemoryPerformanceTest(module, tests.leakDetection, null, quick));
  });

  test.each(['compaction', 'structures', 'cache'] as const)('%s is of linked modules', async (name) => {
    const result = await runMemoryPerformanceTest(module, tests[name], null, quick);
    if (kind === 'own' || kind === 'linked') expectSound(result);
    else
      expect(result).toMatchObject({
        passed: false,
        score: 0,
        error: expect.stringContaining('not linked with Tidemark') as string,
      });
  });
});

/** An instance of 2048 pages with a malloc that only ever goes up, and a free that does nothing. */
function bumpAllocator(): Uint8Array<ArrayBuffer> {
  const names = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  const malloc = [0, 35, 0, 35, 0, 32, 0, 106, 65, 7, 106, 65, 120, 113, 36, 0, 11]; // old top; top = (top + n + 7) & -8
  const free = [0, 11];
  return new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, 2, 96, 1, 127, 1, 127, 96, 1, 127, 0), // types: (i32) -> i32, (i32) -> ()
    ...section(3, 2, 0, 1),
    ...section(5, 1, 1, 0x80, 0x10, 0x80, 0x10), // the memory
    ...section(6, 1, 127, 1, 65, 0x80, 8, 11), // the top, 1024 at first
    ...section(7, 3, ...names('malloc'), 0, 0, ...names('free'), 0, 1, ...names('memory'), 2, 0),
    ...section(10, 2, malloc.length, ...malloc, free.length, ...free),
  ]);
}

describe('leaks of a program', () => {
  const calls = (
    name: string,
    call: (app: App) => void,
    more: Partial<MemoryPerformanceTest> = {},
  ): MemoryPerformanceTest => ({
    name,
    iterations: 40,
    warmup: 2,
    maxLeakedBytes: 0,
    run: ({ module }) => call((module as { module: App }).module),
    ...more,
  });
  const leaky = calls('leaky', (app) => app._leak());
  const clean = calls('clean', (app) => app._work());
  const planted = 40 * 10 * 3000;

  test.each(['linked', 'foreign, wrapped', 'foreign'])(
    '%s: a planted one is found, a clean program passes',
    async (kind) => {
      const app = await loadApp(kind === 'linked' ? 'linked.mjs' : 'dlmalloc.mjs');
      const module = { id: 'app', module: app, ...(kind === 'foreign, wrapped' && { wrapAllocator: true }) };
      if (kind === 'foreign, wrapped') {
        // Only calls from JavaScript are counted.
        const fromOutside = calls('outside', (it) => it._malloc(1000));
        const found = await runMemoryPerformanceTest(module, fromOutside);
        expect(found).toMatchObject({ passed: false, leakedBytes: 40_000, leakEvidence: 'recorded' });
        const both = calls('both', (it) => it._free(it._malloc(1000)));
        expect(await runMemoryPerformanceTest(module, both)).toMatchObject({ passed: true, leakedBytes: 0 });
        return;
      }
      const good = await runMemoryPerformanceTest(module, clean);
      expect(good).toMatchObject({ passed: true, leakedBytes: 0, error: null, operations: 40 });
      expect(good.latency.operationsPerReading).toBe(1);
      // What can't be seen in a heap shows when memory grows: enough must leak for that.
      const times = kind === 'linked' ? 40 : 1000;
      const bad = await runMemoryPerformanceTest(module, { ...leaky, iterations: times });
      expect(bad.passed).toBe(false);
      expect(bad.score).toBe(0);
      expect(bad.error).toMatch(
        kind === 'linked' ? /leaked \(heap\), and at most 0 B are allowed/ : /leaked \(memory\)/,
      );
      if (kind === 'linked') {
        expect(bad.leakedBytes).toBeGreaterThanOrEqual(planted);
        expect(bad.leakedBytes).toBeLessThan(planted * 1.2); // a block is at most an eighth larger than asked for
      }
      expect(bad.recommendations.join()).toMatch(/stayed behind/);
    },
  );

  test('what is made once is no leak after the warm-up, and is one without', async () => {
    const module = { id: 'app', module: await loadApp('linked.mjs') };
    const cold = await runMemoryPerformanceTest(module, { ...clean, warmup: 0 });
    expect(cold.leakedBytes).toBeGreaterThanOrEqual(4000);
    expect(await runMemoryPerformanceTest(module, { ...clean, warmup: 0 })).toMatchObject({ passed: true });
  });

  test('of the attached application', async () => {
    const api = attach({ id: 'app', module: await loadApp('linked.mjs') });
    expect((await api.runMemoryPerformanceTest(api.defaultModule, leaky)).passed).toBe(false);
    expect((await api.runMemoryPerformanceTest(api.defaultModule, clean)).passed).toBe(true);
    expectSound(await api.runMemoryPerformanceTest(api.defaultModule, tests.stress, null, quick));
  });
});

describe('allocators that are broken', () => {
  const run = async (broken: Partial<App>, test: MemoryPerformanceTest): Promise<TestResult> => {
    const module = { id: 'broken', module: Object.assign(await loadApp('dlmalloc.mjs'), broken) };
    return runMemoryPerformanceTest(module, test, null, quick);
  };

  test('one that hands out the same bytes twice', async () => {
    let next = 4096;
    const result = await run(
      { _malloc: (n) => (next = 4096 + ((next + (n >> 4) * 8 + 8) % 65_536)), _free: () => undefined },
      tests.stress,
    );
    expect(result.error).toBe('the allocator is broken: two blocks in use share bytes');
  });

  test('one whose free does nothing', async () => {
    const result = await run({ _free: () => undefined }, tests.leakDetection);
    expect(result.error).toMatch(/leaked \(addresses\)/);
  });

  test('one that gives up', async () => {
    const module = { id: 'small', module: await loadApp('small.mjs') };
    const result = await runMemoryPerformanceTest(module, tests.stress, null, quick);
    expect(result.error).toMatch(/^the allocator refused \d+ allocations/);
  });

  test('one that throws', async () => {
    const result = await run(
      {
        _malloc: () => {
          throw new Error('no malloc today');
        },
      },
      tests.basicAllocation,
    );
    expect(result.error).toBe('no malloc today');
    expectSound(await runMemoryPerformanceTest(defaultModule, tests.basicAllocation, null, quick));
  });

  test('the exports of a debug build are called through JavaScript', async () => {
    const module = { id: 'asserting', module: await loadApp('asserting.mjs') };
    expectSound(await runMemoryPerformanceTest(module, tests.basicAllocation, null, quick));
  });

  test('a memory has none', async () => {
    const module = { id: 'memory', memory: new WebAssembly.Memory({ initial: 1 }) };
    const result = await runMemoryPerformanceTest(module, tests.stress, null, quick);
    expect(result.error).toMatch(/a memory without an allocator/);
    const grown = await runMemoryPerformanceTest(module, { name: 'grow', run: () => module.memory.grow(3) });
    expect(grown).toMatchObject({
      passed: true,
      peakBytes: 3 * 65_536,
      leakedBytes: 3 * 65_536,
      leakEvidence: 'memory',
    });
    expect(grown.fragmentation).toBeNull();
  });
});

describe("tests of one's own", () => {
  const calls: string[] = [];
  const traced = (more: Partial<MemoryPerformanceTest>): MemoryPerformanceTest => ({
    name: 'mine',
    setup: () => void calls.push('setup'),
    run: ({ iteration }: TestContext) => void calls.push(`run ${iteration}`),
    teardown: () => void calls.push('teardown'),
    ...more,
  });
  beforeEach(() => void calls.splice(0));

  test('are set up, run as often as they say, and torn down', async () => {
    const result = await runMemoryPerformanceTest(defaultModule, traced({ iterations: 2, warmup: 1 }));
    expect(calls).toEqual(['setup', 'run -1', 'run 0', 'run 1', 'teardown']);
    expect(result).toMatchObject({ name: 'mine', moduleId: 'tidemark', passed: true, operations: 2, score: 100 });
  });

  test.each(['setup', 'run', 'teardown'])(
    'that fail in %s give a result with the error, and are torn down',
    async (step) => {
      const boom = (): Promise<never> => {
        calls.push(step);
        return Promise.reject(new Error(`no ${step}`));
      };
      const result = await runMemoryPerformanceTest(defaultModule, traced({ [step]: boom }));
      expect(result).toMatchObject({ passed: false, score: 0, error: `no ${step}` });
      expect(calls.at(-1)).toBe('teardown');
    },
  );

  test('measure workloads of their own choice, and say how many operations they did', async () => {
    const { engine } = runtimeOf(defaultModule);
    const result = await runMemoryPerformanceTest(defaultModule, {
      name: 'hold',
      run(context) {
        const block = engine.exports.malloc(5 << 20);
        context.sample();
        engine.exports.free(block);
        context.recommend('hold less');
        return 7;
      },
    });
    expect(result).toMatchObject({ operations: 7, leakedBytes: 0, recommendations: ['hold less'] });
    // What was idle in the heap before is used first.
    expect(result.peakBytes).toBeGreaterThan(4 << 20);
    expect(result.samples.map(({ used }) => used)).toHaveLength(4);
  });

  test('the heap around them is nothing that they are advised on', async () => {
    const api = await createTidemark();
    const { engine } = runtimeOf(api.defaultModule);
    const blocks = Array.from({ length: 800 }, () => engine.exports.malloc(50_000));
    for (const [i, block] of blocks.entries()) if (i % 2 === 0) engine.exports.free(block);
    const result = await api.runMemoryPerformanceTest(api.defaultModule, { name: 'nothing', run: () => undefined });
    expect(result.fragmentation).toBeGreaterThan(0.85);
    expect(result.recommendations).toEqual([]);
  });
});

test('an aborted run rejects with the reason, tears down, and leaves nothing behind', async () => {
  const { engine, stats } = runtimeOf(defaultModule);
  const before = stats().liveBytes;
  const controller = new AbortController();
  let tornDown = 0;
  const running = runMemoryPerformanceTest(
    defaultModule,
    {
      name: 'long',
      run: (context) => context.measure({ workload: 'stress', durationMs: 600_000 }),
      teardown: () => (tornDown += 1),
    },
    null,
    { signal: controller.signal, onProgress: ({ fraction }) => fraction > 0 && controller.abort(new Error('enough')) },
  );
  await expect(running).rejects.toThrow('enough');
  expect(tornDown).toBe(1);
  expect(stats().liveBytes).toBe(before);
  await expect(
    runMemoryPerformanceTest(defaultModule, tests.stress, null, { signal: AbortSignal.abort('before') }),
  ).rejects.toBe('before');
  expect(engine.exports.malloc(8)).not.toBe(0);
});

test('runs of one engine follow each other, tell how far they are, and leave the heap as it was', async () => {
  const api = await createTidemark();
  const live = (): number => runtimeOf(api.defaultModule).stats().liveBytes;
  const before = live();
  const seen: TestProgress[] = [];
  const onProgress = (progress: TestProgress): void => void seen.push(progress);
  api.createTestSuite('two', 'of them');
  api.addTestToSuite('two', tests.basicAllocation);
  api.addTestToSuite('two', tests.largeObjects);
  const [first, second] = await Promise.all([
    api.runMemoryPerformanceTestSuite(api.defaultModule, 'two', null, { ...quick, onProgress }),
    api.runMemoryPerformanceTest(api.defaultModule, { ...tests.stress, name: 'last' }, null, { ...quick, onProgress }),
  ]);
  expect(first.summary.passed).toBe(2);
  expectSound(second);
  const order = seen.map(({ test }) => test).filter((name, i, all) => name !== all[i - 1]);
  expect(order).toEqual(['basicAllocation', 'largeObjects', 'last']);
  const ofFirst = seen.filter(({ test }) => test === 'basicAllocation');
  expect(ofFirst[0]).toMatchObject({ suite: 'two', index: 0, total: 2, fraction: 0, result: null });
  expect(ofFirst.at(-1)).toMatchObject({ fraction: 1, result: first.results[0] });
  expect(live()).toBe(before);
  expect([...ofFirst.map(({ fraction }) => fraction)]).toEqual(
    ofFirst.map(({ fraction }) => fraction).sort((a, b) => a - b),
  );
});

test('shrinks between runs, of the engine and of the module, change nothing', async () => {
  const api = await createTidemark();
  const app = await loadApp('linked.mjs');
  const module = { id: 'app', module: app };
  for (let round = 0; round < 3; round++) {
    expectSound(await api.runMemoryPerformanceTest(module, tests.largeObjects, null, quick));
    runtimeOf(api.defaultModule).shrink();
    app.tidemark.shrink();
  }
  expectSound(await api.runMemoryPerformanceTest(module, tests.compaction, null, quick));
});

test('a manager collects before each test; one that does not know the module is no reason to stop', async () => {
  const asked: unknown[] = [];
  const manager = { triggerGC: (id: string, aggressive?: boolean) => asked.push([id, aggressive]) };
  const test = { name: 'nothing', run: () => undefined };
  expect((await runMemoryPerformanceTest(defaultModule, test, manager)).passed).toBe(true);
  expect(asked).toEqual([['tidemark', false]]);
  const stranger = {
    triggerGC() {
      throw Object.assign(new Error('who?'), { code: 'unknown-module' });
    },
  };
  expect((await runMemoryPerformanceTest(defaultModule, test, stranger)).passed).toBe(true);
});

test("work of one's own, beside the same on something plain (docs/tester.md)", async () => {
  const fill = (array: { push(value: number): unknown; at(index: number): number | undefined }) => {
    for (let i = 0; i < 1000; i++) array.push(i * i);
    return array.at(999);
  };
  const squares = (plain: () => number | undefined) => ({
    name: 'squares',
    maxLeakedBytes: 0,
    async run(context: TestContext) {
      await context.measureUnits({
        unit() {
          const array = context.structures().createCompactArray<number>({ type: 'f64' });
          const last = fill(array);
          array.dispose();
          return last;
        },
        reference: plain,
        operationsPerUnit: 1000,
      });
    },
  });
  const result = await runMemoryPerformanceTest(
    defaultModule,
    squares(() => fill([])),
    null,
    quick,
  );
  expectSound({ ...result, peakLiveBytes: 1, peakBytes: 1 }); // nobody looked at the peak
  expect(result.latency.operationsPerReading).toBe(1000);
  const wrong = await runMemoryPerformanceTest(
    defaultModule,
    squares(() => 1),
    null,
    quick,
  );
  expect(wrong).toMatchObject({ passed: false, score: 0 });
  expect(wrong.error).toBe('the same operations came to 998001, and to 1 in the plain counterpart');
});

test('units that take less than some steps of the clock are compared together', () => {
  // Of 2.4 ms and 0.6 ms each, as a clock with steps of a millisecond has them.
  const readings = (ms: number): number[] =>
    Array.from({ length: 50 }, (_, i) => Math.floor((i + 1) * ms) - Math.floor(i * ms));
  expect(speedBeside(readings(2.4), readings(0.6), 1)).toBe(0.25);
  expect(speedBeside(readings(2.4), new Array<number>(50).fill(0), 1)).toBe(0);
  expect(speedBeside(new Array<number>(50).fill(0), readings(0.6), 1)).toBe(30);
  // Of a fine clock, the median of the pairs: one that was interrupted says nothing.
  expect(speedBeside([10, 10, 900], [5, 5, 5], 0.1)).toBe(0.5);
});
