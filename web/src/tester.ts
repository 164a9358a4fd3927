// Tests of a module's memory: suites, the built-in ones and one's own. docs/tester.md
import {
  aFunction,
  aNumber,
  anObject,
  aString,
  aTestDuration,
  check,
  checkOptions,
  isObject,
  notNegative,
  refuse,
  required,
  type Check,
} from './checks.js';
import { defaultContext, type Context } from './context.js';
import { symbolDispose } from './disposable.js';
import { shown, TidemarkError } from './errors.js';
import { loadTester } from './load_tester.js';
import { getBuiltInTests, type BuiltInTests } from './tester_builtin.js';
import type {
  MemoryPerformanceTest,
  TestManager,
  TestOptions,
  TestResult,
  TestSuite,
  TestSuiteResult,
} from './tester_types.js';
import type { WasmModule } from './wasm_module.js';

const aName: Check = ["a string that isn't empty", (value) => typeof value === 'string' && value !== ''];

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
  #disposed = false;

  /** `options` are those of every run, unless it is given others. */
  constructor(options: TestOptions = {}, context: Context = defaultContext()) {
    this.#options = checkedOptions(options);
    this.#context = context;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: no name, or one that another suite has */
  createTestSuite(name: string, description = ''): TestSuite {
    this.#requireAlive();
    check('description', description, aString);
    required('name', name, aName);
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
    this.#requireAlive();
    checkTest(test);
    checkManager(manager);
    const all = { ...this.#options, ...checkedOptions(options) };
    return queued(this.#context, async () =>
      (await loadTester()).runTest(this.#context, module, test, manager ?? null, all),
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
    this.#requireAlive();
    const given = checkedSuite(typeof suite === 'string' ? this.#suite(suite) : suite);
    given.tests.forEach(checkTest);
    checkManager(manager);
    const all = { ...this.#options, ...checkedOptions(options) };
    const snapshot = { ...given, tests: [...given.tests] };
    return queued(this.#context, async () =>
      (await loadTester()).runSuite(this.#context, module, snapshot, manager ?? null, all),
    );
  }

  // The functions of the package, by their own names.

  runMemoryPerformanceTest(...given: Parameters<MemoryPerformanceTester['runTest']>): Promise<TestResult> {
    return this.runTest(...given);
  }

  runMemoryPerformanceTestSuite(
    ...given: Parameters<MemoryPerformanceTester['runTestSuite']>
  ): Promise<TestSuiteResult> {
    return this.runTestSuite(...given);
  }

  /** Forgets all suites. Tests that are under way go on. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.#suites.clear();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  #requireAlive(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'MemoryPerformanceTester: it was used after dispose()');
  }

  #suite(name: string): { name: string; description: string; tests: MemoryPerformanceTest[] } {
    this.#requireAlive();
    const suite = this.#suites.get(name);
    if (suite) return suite;
    const known = [...this.#suites.keys()].map((key) => shown(key)).join(', ') || 'there is none yet';
    return refuse('suite', name, `the name of a test suite (${known})`);
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
  const { description, setup, teardown, maxLeakedBytes } = test as Record<string, unknown>;
  check('test.description', description, aString);
  check('test.setup', setup, aFunction);
  check('test.teardown', teardown, aFunction);
  check('test.maxLeakedBytes', maxLeakedBytes, notNegative);
}

function checkManager(manager: TestManager | null | undefined): void {
  check('manager', manager ?? undefined, anObject);
  check('manager.triggerGC', (manager as { triggerGC?: unknown } | null | undefined)?.triggerGC, aFunction);
}

function checkedSuite(suite: TestSuite): TestSuite {
  if (!isObject(suite) || !Array.isArray(suite.tests)) refuse('suite', suite, 'the name of a test suite, or one,');
  required('suite.name', suite.name, aName);
  check('suite.description', suite.description, aString);
  return suite;
}

const optionChecks: Record<keyof TestOptions, Check> = {
  signal: ['an AbortSignal', (value) => typeof (value as Partial<AbortSignal> | null)?.throwIfAborted === 'function'],
  onProgress: aFunction,
  durationMs: aTestDuration,
  seed: /* @__PURE__ */ aNumber('an integer', Number.isInteger),
};

function checkedOptions(options: TestOptions): TestOptions {
  checkOptions(options, optionChecks);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
