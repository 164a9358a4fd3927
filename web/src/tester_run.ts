// One test, once: its samples, its figures, its result.
import { aString, required } from './checks.js';
import { Context } from './context.js';
import { messageOf, TidemarkError } from './errors.js';
import type { Runtime } from './engine.js';
import { shownBytes } from './shown_bytes.js';
import type { StructuresApi } from './structures/api.js';
import { createStructuresApi } from './structures/bound_classes.js';
import { allocatorOf } from './tester_allocator.js';
import { heldBytes, TestSamples } from './tester_samples.js';
import { latencyOf } from './tester_latency.js';
import { adviceOf, scoreOf } from './tester_score.js';
import type {
  LeakEvidence,
  MemoryPerformanceTest,
  TestContext,
  TestManager,
  TestOptions,
  TestResult,
} from './tester_types.js';
import { runUnits, type UnitOptions } from './tester_units.js';
import { runWorkload, type WorkloadFigures, type WorkloadOptions } from './tester_workload.js';
import type { WasmModule, WatchedModule } from './wasm_module.js';

/** One test, once. */
export class TestRun {
  readonly #samples: TestSamples;
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
  ) {
    this.#samples = new TestSamples(watched, context);
  }

  dispose(): void {
    this.#samples.dispose();
  }

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
    const held = heldBytes(this.#samples.take());
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
        this.#samples.take();
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
    this.#samples.take();
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
    const sampledPeak = Math.max(0, ...this.#samples.kept.map((sample) => heldBytes(sample) - seen.held));
    const scored = {
      relativeSpeed: figures?.relativeSpeed ?? null,
      peakLiveBytes: figures?.peakLiveBytes ?? null,
      peakBytes: figures?.peakHeldBytes ?? sampledPeak,
      leakedBytes: leaked,
    };
    const fragmentation = figures?.fragmentation ?? this.#samples.kept.at(-1)?.fragmentation ?? null;
    const advised = {
      ...scored,
      fragmentation,
      ...(!this.#ofAllocator && { relativeSpeed: null, fragmentation: null }),
    };
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
      samples: this.#samples.kept,
      recommendations: [...this.#advice, ...adviceOf(test.name, advised, this.watched.runtime !== null)],
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
      sample: () => this.#samples.take(),
      recommend: (text) => {
        required('text', text, aString);
        this.#advice.push(text);
      },
      allocatorFunctions: () => allocatorOf(context, given, watched).functions(),
      measure: async (wanted: WorkloadOptions) => {
        const { durationMs, seed, signal } = options;
        const asked = { ...(durationMs && { durationMs }), ...(seed !== undefined && { seed }), ...wanted };
        this.#ofAllocator = true;
        this.#figures = await runWorkload(context, given, watched, asked, {
          signal,
          sample: () => this.#samples.take(),
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
          sample: () => this.#samples.take(),
          onFraction: this.onFraction,
        });
        return this.#figures;
      },
      structures: () => structuresIn(context, watched),
    };
  }

  #live(): Live {
    const { recorded } = this.watched;
    return {
      heap: this.watched.heapStats()?.liveBytes ?? null,
      recorded: recorded.known ? recorded.liveBytes : null,
      held: heldBytes(this.#samples.look()),
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
