// Tests of a module's memory: suites, the built-in ones and one's own. docs/tester.md
import { Context, defaultContext } from './context.js';
import { shown, TidemarkError } from './errors.js';
import type { Runtime } from './engine.js';
import { createStructuresApi, type StructuresApi } from './structures/api.js';
import { allocatorOf } from './tester_allocator.js';
import { getBuiltInTests, type BuiltInTests } from './tester_builtin.js';
import { heldBytes, sampleOf } from './tester_evidence.js';
import { latencyOf } from './tester_latency.js';
import { adviceOf, scoreOf, shownBytes } from './tester_score.js';
import type {
  LeakEvidence,
  MemoryPerformanceTest,
  TestContext,
  TestManager,
  TestOptions,
  TestResult,
  TestSample,
  TestSuite,
  TestSuiteResult,
} from './tester_types.js';
import { runUnits, type UnitOptions } from './tester_units.js';
import { runWorkload, type WorkloadFigures, type WorkloadOptions } from './tester_workload.js';
import type { WasmModule, WatchedModule } from './wasm_module.js';

const maxSamples = 1000;

/** Runs of one engine follow each other: two at a time would be in each other's figures. */
const queues = new WeakMap<Context, Promise<unknown>>();

function queued<Result>(context: Context, body: () => Promise<Result>): Promise<Result> {
  const before = queues.get(context) ?? Promise.resolve();
  const result = before.then(body, body);
  queues.set(
    context,
    result.catch(() => undefined),
  );
  return result;
}

export class MemoryPerformanceTester {
  readonly #suites = new Map<string, { name: string; description: string; tests: MemoryPerformanceTest[] }>();
  readonly #options: TestOptions;
  readonly #context: Context;

  /** `options` are those of every run, unless it is given others. */
  constructor(options: TestOptions = {}, context: Context = defaultContext()) {
    this.#options = checkedOptions(options);
    this.#context = context;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: no name, or one that another suite has */
  createTestSuite(name: string, description = ''): TestSuite {
    if (typeof name !== 'string' || name === '') {
      throw new TidemarkError(
        'invalid-argument',
        `name: ${shown(name)} was given, and a string that isn't empty is expected`,
      );
    }
    if (this.#suites.has(name)) {
      throw new TidemarkError('invalid-argument', `name: there is a test suite ${shown(name)} already`);
    }
    const suite = { name, description, tests: [] };
    this.#suites.set(name, suite);
    return suite;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: no such suite, no test, or one whose name another one in it has */
  addTestToSuite(suiteName: string, test: MemoryPerformanceTest): void {
    const suite = this.#suite(suiteName);
    checkTest(test);
    if (suite.tests.some(({ name }) => name === test.name)) {
      throw new TidemarkError(
        'invalid-argument',
        `test: suite ${shown(suiteName)} has a test ${shown(test.name)} already`,
      );
    }
    suite.tests.push(test);
  }

  get suites(): readonly TestSuite[] {
    return [...this.#suites.values()];
  }

  /** Whether there was such a suite. */
  removeTestSuite(name: string): boolean {
    return this.#suites.delete(name);
  }

  getBuiltInTests(): BuiltInTests {
    return getBuiltInTests();
  }

  /**
   * Runs one test. What goes wrong in it is in the result, as `error`.
   *
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`, `'invalid-argument'`
   * @throws the reason of `options.signal`, when that is aborted
   */
  async runTest(
    module: WasmModule,
    test: MemoryPerformanceTest,
    manager?: TestManager | null,
    options: TestOptions = {},
  ): Promise<TestResult> {
    checkTest(test);
    const all = { ...this.#options, ...checkedOptions(options) };
    return queued(this.#context, () =>
      this.#run(module, test, manager ?? null, all, { suite: null, index: 0, total: 1 }),
    );
  }

  /**
   * Runs all tests of a suite, one after the other; one that fails doesn't stop the others.
   *
   * @throws as {@link runTest}, and `'invalid-argument'`: no such suite
   */
  async runTestSuite(
    module: WasmModule,
    suite: string | TestSuite,
    manager?: TestManager | null,
    options: TestOptions = {},
  ): Promise<TestSuiteResult> {
    const { name, description, tests } = typeof suite === 'string' ? this.#suite(suite) : suite;
    tests.forEach(checkTest);
    const all = { ...this.#options, ...checkedOptions(options) };
    return queued(this.#context, async () => {
      const { clock } = this.#context;
      const timestamp = clock.now();
      const begun = clock.elapsed();
      const results: TestResult[] = [];
      for (const [index, test] of tests.entries()) {
        const place = { suite: name, index, total: tests.length };
        results.push(await this.#run(module, test, manager ?? null, all, place));
      }
      const passed = results.filter((result) => result.passed).length;
      const mean = results.reduce((sum, { score }) => sum + score, 0) / Math.max(1, results.length);
      return {
        name,
        description,
        moduleId: module.id,
        timestamp,
        version: this.#context.runtime.version,
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
    });
  }

  #suite(name: string): { name: string; description: string; tests: MemoryPerformanceTest[] } {
    const suite = this.#suites.get(name);
    if (suite) return suite;
    const known = [...this.#suites.keys()].map((key) => shown(key)).join(', ') || 'there is none yet';
    throw new TidemarkError(
      'invalid-argument',
      `suite: ${shown(name)} was given, and the name of a test suite is expected (${known})`,
    );
  }

  async #run(
    given: WasmModule,
    test: MemoryPerformanceTest,
    manager: TestManager | null,
    options: TestOptions,
    place: { suite: string | null; index: number; total: number },
  ): Promise<TestResult> {
    const signal = options.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const owner = {};
    const watched = this.#context.modules.acquire(given, owner);
    const report = (fraction: number, result: TestResult | null): void =>
      options.onProgress?.({ ...place, test: test.name, fraction, result });
    try {
      if (manager) collect(manager, watched.id);
      report(0, null);
      const run = new TestRun(this.#context, given, watched, manager, { ...options, signal }, (f) => report(f, null));
      const result = await run.run(test);
      report(1, result);
      return result;
    } finally {
      this.#context.modules.release(watched.id, owner);
    }
  }
}

/** What a test before has left is not this one's. A module that the manager doesn't know has nothing to collect. */
function collect(manager: TestManager, id: string): void {
  try {
    manager.triggerGC?.(id, false);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'unknown-module') throw error;
  }
}

function checkTest(test: unknown): void {
  const { name, run, iterations = 1, warmup = 0 } = (test ?? {}) as Partial<MemoryPerformanceTest>;
  const problem =
    typeof test !== 'object' || test === null
      ? shown(test)
      : typeof name !== 'string' || name === ''
        ? `one whose name is ${shown(name)}`
        : typeof run !== 'function'
          ? `one whose run is ${shown(run)}`
          : !Number.isInteger(iterations) || iterations < 1
            ? `one with ${shown(iterations)} iterations`
            : !Number.isInteger(warmup) || warmup < 0
              ? `one with a warmup of ${shown(warmup)}`
              : null;
  if (problem !== null) {
    throw new TidemarkError('invalid-argument', `test: ${problem} was given, and { name, run } is expected`);
  }
}

function checkedOptions(options: TestOptions): TestOptions {
  const { durationMs = 1, seed = 1 } = options;
  if (!(durationMs > 0 && durationMs <= 600_000)) {
    throw new TidemarkError(
      'invalid-argument',
      `durationMs: ${shown(durationMs)} was given, and milliseconds up to 600000 are expected`,
    );
  }
  if (!Number.isInteger(seed)) {
    throw new TidemarkError('invalid-argument', `seed: ${shown(seed)} was given, and an integer is expected`);
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** One test, once. */
class TestRun {
  readonly #samples: TestSample[] = [];
  readonly #advice: string[] = [];
  #figures: WorkloadFigures | null = null;
  /** Whether the figures are of a workload: advice on an allocator goes with no others. */
  #ofAllocator = false;
  #iteration = 0;

  constructor(
    private readonly context: Context,
    private readonly given: WasmModule,
    private readonly watched: WatchedModule,
    private readonly manager: TestManager | null,
    private readonly options: TestOptions & { signal: AbortSignal },
    private readonly onFraction: (fraction: number) => void,
  ) {}

  async run(test: MemoryPerformanceTest): Promise<TestResult> {
    const { clock } = this.context;
    const { signal } = this.options;
    const { iterations = 1, warmup = 0 } = test;
    const context = this.#contextOfTest();
    const begun = clock.elapsed();
    const times: number[] = [];
    let operations = 0;
    let failed: { error: unknown } | null = null;
    let before = this.#live();
    const held = heldBytes(this.#sample());
    let after = before;
    try {
      await test.setup?.(context);
      for (this.#iteration = -warmup; this.#iteration < 0; this.#iteration++) {
        await test.run(context);
        signal.throwIfAborted();
      }
      if (warmup > 0) before = this.#live();
      for (this.#iteration = 0; this.#iteration < iterations; this.#iteration++) {
        const from = clock.elapsed();
        const done = await test.run(context);
        times.push(clock.elapsed() - from);
        operations += typeof done === 'number' && done > 0 ? done : 1;
        this.#sample();
        signal.throwIfAborted();
        if (this.#figures === null) this.onFraction(this.#iteration / iterations);
      }
      after = this.#live();
    } catch (error) {
      failed = { error };
    }
    try {
      await test.teardown?.(context);
    } catch (error) {
      failed ??= { error };
    }
    signal.throwIfAborted();
    if (warmup === 0) after = this.#live();
    this.#sample();
    const durationMs = clock.elapsed() - begun;
    return this.#result(test, { durationMs, times, operations, failed, before, after, held });
  }

  #result(
    test: MemoryPerformanceTest,
    seen: {
      durationMs: number;
      times: number[];
      operations: number;
      failed: { error: unknown } | null;
      before: Live;
      after: Live;
      held: number;
    },
  ): TestResult {
    const figures = this.#figures;
    const { times } = seen;
    const [leaked, evidence]: [number, LeakEvidence] = figures
      ? [figures.leakedBytes, figures.leakEvidence]
      : leakedBetween(seen.before, seen.after);
    const timedMs = times.reduce((sum, ms) => sum + ms, 0);
    const sampledPeak = Math.max(0, ...this.#samples.map((sample) => heldBytes(sample) - seen.held));
    const scored = {
      relativeSpeed: figures?.relativeSpeed ?? null,
      peakLiveBytes: figures?.peakLiveBytes ?? null,
      peakBytes: figures?.peakHeldBytes ?? sampledPeak,
      leakedBytes: leaked,
    };
    const fragmentation = figures?.fragmentation ?? this.#samples.at(-1)?.fragmentation ?? null;
    const advised = { ...scored, fragmentation, ...(!this.#ofAllocator && { relativeSpeed: null }) };
    let error = seen.failed ? messageOf(seen.failed.error) : null;
    if (error === null && test.maxLeakedBytes !== undefined && leaked > test.maxLeakedBytes) {
      error = `${shownBytes(leaked)} leaked (${evidence}), and at most ${shownBytes(test.maxLeakedBytes)} are allowed`;
    }
    const perOperation = seen.operations / Math.max(1, times.length);
    return {
      name: test.name,
      moduleId: this.watched.id,
      passed: error === null,
      durationMs: seen.durationMs,
      operations: figures?.operations ?? seen.operations,
      opsPerSecond: figures?.opsPerSecond ?? (timedMs > 0 ? (seen.operations / timedMs) * 1000 : 0),
      ...scored,
      leakEvidence: evidence,
      fragmentation,
      score: error === null ? scoreOf(scored) : 0,
      latency: figures?.latency ?? latencyOf(times, perOperation, this.context.clock),
      samples: this.#samples,
      recommendations: [...this.#advice, ...adviceOf(test.name, advised)],
      error,
      costs: figures?.costs ?? times.map((ms) => (ms * 1e6) / perOperation),
    };
  }

  #contextOfTest(): TestContext {
    const { context, given, watched, manager, options } = this;
    const iteration = (): number => this.#iteration;
    return {
      module: given,
      watched,
      moduleId: watched.id,
      manager,
      signal: options.signal,
      get iteration() {
        return iteration();
      },
      sample: () => this.#sample(),
      recommend: (text) => void this.#advice.push(text),
      allocatorFunctions: () => allocatorOf(context, given, watched).functions(),
      measure: async (wanted: WorkloadOptions) => {
        const { durationMs, seed, signal } = options;
        const asked = { ...(durationMs && { durationMs }), ...(seed && { seed }), ...wanted };
        this.#ofAllocator = true;
        this.#figures = await runWorkload(context, given, watched, asked, {
          signal,
          onSample: (sample) => this.#keep(sample),
          onFraction: this.onFraction,
        });
        return this.#figures;
      },
      measureUnits: async (wanted: UnitOptions) => {
        const { durationMs, signal } = options;
        const asked = { ...(durationMs && { durationMs }), ...wanted };
        this.#ofAllocator = false;
        this.#figures = await runUnits(context, watched, asked, {
          signal,
          onSample: (sample) => this.#keep(sample),
          onFraction: this.onFraction,
        });
        return this.#figures;
      },
      structures: () => structuresIn(context, watched),
    };
  }

  #sample(): TestSample {
    return this.#keep(sampleOf(this.watched, this.context.clock));
  }

  #keep(sample: TestSample): TestSample {
    // When there is no more room, every second one goes: they still cover all of the test.
    if (this.#samples.length >= maxSamples) {
      this.#samples.splice(0, maxSamples, ...this.#samples.filter((_, i) => i % 2 === 0));
    }
    this.#samples.push(sample);
    return sample;
  }

  #live(): Live {
    const { recorded } = this.watched;
    return {
      heap: this.watched.heapStats()?.liveBytes ?? null,
      recorded: recorded.known ? recorded.liveBytes : null,
      held: heldBytes(sampleOf(this.watched, this.context.clock)),
    };
  }
}

/** Structures live in the memory of an engine; each program that is linked with one has them in its own. */
const structuresOf = new WeakMap<Runtime, StructuresApi>();

function structuresIn(context: Context, { id, runtime }: WatchedModule): StructuresApi {
  if (runtime === null) {
    throw new TidemarkError(
      'not-supported',
      `module: "${id}" has no structures in its memory: it is not linked with Tidemark`,
    );
  }
  let structures = structuresOf.get(runtime);
  if (!structures) {
    const own = runtime === context.runtime ? context : new Context(runtime, context.clock, id);
    structures = createStructuresApi(own);
    structuresOf.set(runtime, structures);
  }
  return structures;
}

interface Live {
  heap: number | null;
  recorded: number | null;
  held: number;
}

function leakedBetween(before: Live, after: Live): [number, LeakEvidence] {
  if (after.heap !== null) return [Math.max(0, after.heap - (before.heap ?? 0)), 'heap'];
  if (after.recorded !== null) return [Math.max(0, after.recorded - (before.recorded ?? 0)), 'recorded'];
  return [Math.max(0, after.held - before.held), 'memory'];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
