// What the tester adds to the API.
import type { Context } from './context.js';
import { MemoryPerformanceTester } from './tester.js';
import { getBuiltInTests, type BuiltInTests } from './tester_builtin.js';
import { compare } from './tester_compare.js';
import { readBaseline, toJson, toJUnit, toTable } from './tester_report.js';
import type {
  MemoryPerformanceTest,
  TestManager,
  TestOptions,
  TestResult,
  TestSuite,
  TestSuiteResult,
} from './tester_types.js';
import type { WasmModule } from './wasm_module.js';

export interface TesterApi {
  readonly MemoryPerformanceTester: new (options?: TestOptions) => MemoryPerformanceTester;
  /** What the functions below work on. */
  readonly memoryPerformanceTester: MemoryPerformanceTester;
  /** @throws {TidemarkError} `'invalid-argument'`: no name, or one that another suite has */
  createTestSuite: (name: string, description?: string) => TestSuite;
  /** @throws {TidemarkError} `'invalid-argument'`: no such suite, no test, or one whose name another one in it has */
  addTestToSuite: (suiteName: string, test: MemoryPerformanceTest) => void;
  getBuiltInTests: () => BuiltInTests;
  /**
   * Runs one test. What goes wrong in it is in the result, as `error`.
   *
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`, `'invalid-argument'`
   * @throws the reason of `options.signal`, when that is aborted
   */
  runMemoryPerformanceTest: (
    module: WasmModule,
    test: MemoryPerformanceTest,
    manager?: TestManager | null,
    options?: TestOptions,
  ) => Promise<TestResult>;
  /** Runs all tests of a suite, of the tester here or of any other, one after the other. */
  runMemoryPerformanceTestSuite: (
    module: WasmModule,
    suite: string | TestSuite,
    manager?: TestManager | null,
    options?: TestOptions,
  ) => Promise<TestSuiteResult>;
  /** Whether one run was better than another, or only luckier. */
  compare: typeof compare;
  readBaseline: typeof readBaseline;
  toJson: typeof toJson;
  toJUnit: typeof toJUnit;
  toTable: typeof toTable;
}

export function createTesterApi(context: Context): TesterApi {
  const tester = new MemoryPerformanceTester({}, context);
  return {
    MemoryPerformanceTester: class extends MemoryPerformanceTester {
      constructor(options: TestOptions = {}) {
        super(options, context);
      }
    },
    memoryPerformanceTester: tester,
    createTestSuite: (name, description) => tester.createTestSuite(name, description),
    addTestToSuite: (suiteName, test) => tester.addTestToSuite(suiteName, test),
    getBuiltInTests,
    runMemoryPerformanceTest: (module, test, manager, options) => tester.runTest(module, test, manager, options),
    runMemoryPerformanceTestSuite: (module, suite, manager, options) =>
      tester.runTestSuite(module, suite, manager, options),
    compare,
    readBaseline,
    toJson,
    toJUnit,
    toTable,
  };
}
