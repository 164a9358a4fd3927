// What tests are made of, and what comes out of them.
import type { MemoryStats } from './memory_stats.js';
import type { WatchedModule, WasmModule } from './wasm_module.js';
import type { StructuresApi } from './structures/api.js';
import type { AllocatorFunctions } from './tester_allocator.js';
import type { UnitOptions } from './tester_units.js';
import type { WorkloadFigures, WorkloadOptions } from './tester_workload.js';

/** One look at a module's memory; its peaks and its rates are those since the test began. */
export type TestSample = MemoryStats;

/** What the functions of a test are given. */
export interface TestContext {
  /** The module, as it was given. */
  readonly module: WasmModule;
  readonly watched: WatchedModule;
  readonly moduleId: string;
  readonly manager: TestManager | null;
  /** Aborted when the run is: long tests should end then. */
  readonly signal: AbortSignal;
  /** Number of this call of `run`, from 0 on; those of the warm-up come first, and have negative numbers. */
  readonly iteration: number;
  /** Takes a sample, which will be among those of the result; the peak is that of all samples. */
  sample(): TestSample;
  /** Does a workload with the module's allocator; its figures become those of the result. */
  measure(options: WorkloadOptions): Promise<WorkloadFigures>;
  /** Times work of your own, in turn with the same work on a plain counterpart; its figures become those of the result. */
  measureUnits(options: UnitOptions): Promise<WorkloadFigures>;
  /**
   * Structures in the memory of the module.
   *
   * @throws {TidemarkError} `'not-supported'`: it isn't linked with Tidemark
   */
  structures(): StructuresApi;
  /** malloc, free and realloc of the module, or `null`: the engine's own. The last may be missing. */
  allocatorFunctions(): AllocatorFunctions | null;
  /** One line of advice for the result. */
  recommend(text: string): void;
}

/** A test. `run` throws, or rejects, when the test fails; `teardown` is called in any case. */
export interface MemoryPerformanceTest {
  name: string;
  description?: string;
  setup?(context: TestContext): unknown;
  /** May return how many operations one call was; 1 by default. */
  run(context: TestContext): unknown;
  teardown?(context: TestContext): unknown;
  /** How often `run` is called: once by default. Each call is one figure of the latency. */
  iterations?: number;
  /** Calls before those: what they leave behind is no leak, since it doesn't grow. None by default. */
  warmup?: number;
  /** The test fails when more stays behind. By default what stays lowers the score, and is reported. */
  maxLeakedBytes?: number;
}

/** What a run uses of a memory manager, which spec and types allow to be left out. */
export interface TestManager {
  triggerGC?(moduleId: string, aggressive?: boolean): unknown;
}

export interface TestLatency {
  /** All in microseconds. */
  p50: number;
  p95: number;
  p99: number;
  max: number;
  /** How many operations each figure is the mean of: the clock is too coarse for one alone. */
  operationsPerReading: number;
  /** The least step that the clock was seen to make. */
  clockResolution: number;
}

/** Where `leakedBytes` comes from: the heap, what was recorded, addresses that rise from round to round, or memory that grew. */
export type LeakEvidence = 'heap' | 'recorded' | 'addresses' | 'memory';

export interface TestResult {
  name: string;
  moduleId: string;
  passed: boolean;
  durationMs: number;
  operations: number;
  opsPerSecond: number;
  /** The most memory that the module held for the test, above what it held before. */
  peakBytes: number;
  /** The most that was in live blocks of the test at once; `null` where only memory can be seen. */
  peakLiveBytes: number | null;
  leakedBytes: number;
  leakEvidence: LeakEvidence;
  /**
   * 0–1: of workloads, the share of what was held that wasn't live when most was freed again; of other tests, the heap's
   * own figure, or `null` where the heap can't be seen.
   */
  fragmentation: number | null;
  /** 0–100: docs/tester.md has the formula. 0 when it failed. */
  score: number;
  /** How fast it was beside the reference, 1 being as fast; `null` for tests without one. */
  relativeSpeed: number | null;
  latency: TestLatency;
  samples: TestSample[];
  recommendations: string[];
  error: string | null;
  /** Nanoseconds for an operation, of each unit or iteration: what compare() compares. */
  costs: number[];
}

export interface TestSuite {
  readonly name: string;
  readonly description: string;
  readonly tests: readonly MemoryPerformanceTest[];
}

export interface TestSuiteResult {
  name: string;
  description: string;
  moduleId: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  version: string;
  results: TestResult[];
  summary: {
    total: number;
    passed: number;
    failed: number;
    /** The mean of the scores. */
    score: number;
    durationMs: number;
    peakBytes: number;
    recommendations: string[];
  };
}

export interface TestProgress {
  suite: string | null;
  test: string;
  index: number;
  total: number;
  /** 0–1, of this test. */
  fraction: number;
  /** Of the test, when it has ended. */
  result: TestResult | null;
}

export interface TestOptions {
  /** The promise is rejected with the signal's reason, after the teardown of the test under way. */
  signal?: AbortSignal;
  onProgress?: (progress: TestProgress) => void;
  /** Milliseconds of timed work for each workload; 200 by default. */
  durationMs?: number;
  /** Of the workloads; the same one gives the same operations. 1 by default. */
  seed?: number;
}
