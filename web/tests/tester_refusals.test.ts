// What a tester refuses, and how long it lives.
import { describe, expect, test } from 'vitest';
import {
  addTestToSuite,
  createTestSuite,
  defaultModule,
  getBuiltInTests,
  memoryPerformanceTester,
  MemoryPerformanceTester,
  runMemoryPerformanceTest,
  runMemoryPerformanceTestSuite,
} from 'tidemark';

const quick = { durationMs: 20 };

describe('what is refused', () => {
  const code = (error: unknown): unknown => (error as { code?: unknown }).code;
  const thrown = (body: () => unknown): unknown => {
    try {
      body();
    } catch (error) {
      return code(error);
    }
    return 'nothing was thrown';
  };
  const test1 = { name: 'a', run: () => undefined };

  test('suites and tests without a name, twice, or unknown', async () => {
    createTestSuite('refusals');
    addTestToSuite('refusals', test1);
    const refused = [
      () => createTestSuite('refusals'),
      () => createTestSuite(''),
      () => addTestToSuite('nowhere', test1),
      () => addTestToSuite('refusals', test1),
      () => addTestToSuite('refusals', { name: '', run: () => undefined }),
      () => addTestToSuite('refusals', { name: 'b' } as never),
      () => addTestToSuite('refusals', { ...test1, name: 'c', iterations: 0 }),
      () => new MemoryPerformanceTester({ durationMs: -1 }),
      () => new MemoryPerformanceTester({ seed: 0.5 }),
    ];
    for (const body of refused) expect(thrown(body)).toBe('invalid-argument');
    expect(memoryPerformanceTester.suites.find(({ name }) => name === 'refusals')?.tests).toEqual([test1]);
    await expect(runMemoryPerformanceTestSuite(defaultModule, 'nowhere')).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(runMemoryPerformanceTest({} as never, test1)).rejects.toMatchObject({ code: 'invalid-module' });
    expect(memoryPerformanceTester.removeTestSuite('refusals')).toBe(true);
  });
});

describe('a tester of its own', () => {
  test('has the names of the functions, too', async () => {
    const tester = new MemoryPerformanceTester(quick);
    const { basicAllocation } = tester.getBuiltInTests();
    tester.createTestSuite('mine');
    tester.addTestToSuite('mine', basicAllocation);
    const { results } = await tester.runMemoryPerformanceTestSuite(defaultModule, 'mine');
    expect(results).toHaveLength(1);
    expect((await tester.runMemoryPerformanceTest(defaultModule, basicAllocation)).passed).toBe(true);
  });

  test('is of no use after dispose(), which may be called twice', async () => {
    const tester = new MemoryPerformanceTester(quick);
    tester.createTestSuite('mine');
    tester.dispose();
    tester.dispose();
    expect(tester.suites).toEqual([]);
    expect(() => tester.createTestSuite('more')).toThrow(expect.objectContaining({ code: 'disposed' }));
    await expect(tester.runTestSuite(defaultModule, 'mine')).rejects.toMatchObject({ code: 'disposed' });
    await expect(tester.runTest(defaultModule, getBuiltInTests().stress)).rejects.toMatchObject({ code: 'disposed' });
  });
});

test.each([{ onProgress: 5 }, { signal: 5 }, 5, null])('%j are no options', async (options) => {
  const run = runMemoryPerformanceTest(defaultModule, getBuiltInTests().stress, null, options as never);
  await expect(run).rejects.toMatchObject({ code: 'invalid-argument' });
});

test.each([5, null, {}])('%j is no suite', async (suite) => {
  const run = runMemoryPerformanceTestSuite(defaultModule, suite as never);
  await expect(run).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('a suite without tests is not run on what is no module', async () => {
  const suite = { name: 'empty', description: '', tests: [] };
  await expect(runMemoryPerformanceTestSuite(undefined as never, suite)).rejects.toMatchObject({
    code: 'invalid-module',
  });
  const { summary } = await runMemoryPerformanceTestSuite(defaultModule, suite);
  expect(summary).toMatchObject({ total: 0, passed: 0, failed: 0 });
});
