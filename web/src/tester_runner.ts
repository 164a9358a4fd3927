// Runs tests, one after the other. docs/tester.md
import type { Context } from './context.js';
import { TestRun } from './tester_run.js';
import type {
  MemoryPerformanceTest,
  TestManager,
  TestOptions,
  TestResult,
  TestSuite,
  TestSuiteResult,
} from './tester_types.js';
import type { WasmModule } from './wasm_module.js';

export { bodies } from './tester_bodies.js';

/** Where a test is among others, for who is told of the progress. */
interface Place {
  suite: string | null;
  index: number;
  total: number;
}

export async function runTest(
  context: Context,
  given: WasmModule,
  test: MemoryPerformanceTest,
  manager: TestManager | null,
  options: TestOptions,
  place: Place = { suite: null, index: 0, total: 1 },
): Promise<TestResult> {
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const owner = {};
  const watched = context.modules.acquire(given, owner);
  const report = (fraction: number, result: TestResult | null): void =>
    options.onProgress?.({ ...place, test: test.name, fraction, result });
  try {
    if (manager) collect(manager, watched.id);
    report(0, null);
    const run = new TestRun(context, given, watched, manager, { ...options, signal }, (f) => report(f, null));
    try {
      const result = await run.run(test);
      report(1, result);
      return result;
    } finally {
      run.dispose();
    }
  } finally {
    context.modules.release(watched.id, owner);
  }
}

export async function runSuite(
  context: Context,
  module: WasmModule,
  { name, description, tests }: TestSuite,
  manager: TestManager | null,
  options: TestOptions,
): Promise<TestSuiteResult> {
  const { clock } = context;
  const owner = {};
  const { id } = context.modules.acquire(module, owner);
  context.modules.release(id, owner);
  const timestamp = clock.now();
  const begun = clock.elapsed();
  const results: TestResult[] = [];
  for (const [index, test] of tests.entries()) {
    const place = { suite: name, index, total: tests.length };
    results.push(await runTest(context, module, test, manager, options, place));
  }
  const passed = results.filter((result) => result.passed).length;
  const mean = results.reduce((sum, { score }) => sum + score, 0) / Math.max(1, results.length);
  return {
    name,
    description,
    moduleId: id,
    timestamp,
    version: context.runtime.version,
    results,
    summary: {
      total: results.length,
      passed,
      failed: results.length - passed,
      score: Math.round(mean * 10) / 10,
      durationMs: clock.elapsed() - begun,
      peakBytes: Math.max(0, ...results.map(({ peakBytes }) => peakBytes)),
      recommendations: [...new Set(results.flatMap(({ recommendations }) => recommendations))],
    },
  };
}

/** What a test before has left is not this one's. A module that the manager doesn't know has nothing to collect. */
function collect(manager: TestManager, id: string): void {
  try {
    manager.triggerGC?.(id, false);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'unknown-module') throw error;
  }
}
