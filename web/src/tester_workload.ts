// A workload, done in the engine in slices, so that a page stays alive and a run can be ended.
import { allocatorNumber, allocatorOf } from './tester_allocator.js';
import { aFlag, aNumber, aTestDuration, checkOptions, oneOf, required } from './checks.js';
import type { Context } from './context.js';
import { TidemarkError } from './errors.js';
import { median } from './median.js';
import { HeapBalance, risingBytes } from './tester_evidence.js';
import type { LeakEvidence, TestLatency, TestSample } from './tester_types.js';
import type { WasmModule, WatchedModule } from './wasm_module.js';

/** src/tester/trace.h says what each one does. */
export const workloads = [
  'basicAllocation',
  'stress',
  'fragmentation',
  'realloc',
  'largeObjects',
  'clean',
  'leaky',
] as const;
export type Workload = (typeof workloads)[number];

export interface WorkloadOptions {
  workload: Workload;
  /** Milliseconds of timed work. */
  durationMs?: number;
  seed?: number;
  /** Do it with movable blocks, which are compacted while they are full of holes; in linked modules only. */
  movable?: boolean;
  /** False: without the reference, and so without a score. */
  reference?: boolean;
  /** At most as many units, of up to 512. */
  maxUnits?: number;
}

export interface WorkloadFigures {
  operations: number;
  opsPerSecond: number;
  latency: TestLatency;
  /** Nanoseconds for an operation, of each unit; the same of the reference, in turn with those. */
  costs: number[];
  referenceCosts: number[];
  /** The median of the reference's cost divided by this one's, unit by unit. */
  relativeSpeed: number | null;
  /** Null where only memory can be seen. */
  peakLiveBytes: number | null;
  /** The most that was held for it: by the heap, or from the lowest to the highest address. */
  peakHeldBytes: number;
  /** What is planted, where the workload is the leaky one. */
  plantedBytes: number;
  leakedBytes: number;
  leakEvidence: LeakEvidence;
  /** The share of what is held that isn't live, when most was freed again, or at the peak; null where that can't be seen. */
  fragmentation: number | null;
  throughJavaScript: boolean;
  /** Of the compaction, where blocks are movable. */
  movedBytes: number;
}

const figureNames = [
  'operations', 'testedUs', 'units', 'roundsPerUnit', 'sectionOperations', 'resolutionUs', 'p50', 'p95', 'p99', 'max',
  'liveBytes', 'peakLiveBytes', 'leakedBytes', 'leakedBytesPerRound', 'allocatedBytes', 'refused', 'referenceRefused',
  'fault', 'highestEnd', 'spanBytes', 'damaged', 'operationsPerRound', 'spentUs',
] as const; // prettier-ignore
const events = ['done', 'sliceOver', 'start', 'peak', 'holes', 'end'] as const;
const faults = [
  '',
  'it returned an address that is no multiple of 8',
  "the content of a block has changed, and it wasn't the test that changed it",
  'two blocks in use share bytes',
];

const mostUnits = 512;
const checks = {
  ...{ workload: oneOf(workloads), movable: aFlag, reference: aFlag, durationMs: aTestDuration },
  seed: aNumber('an integer', Number.isInteger),
  maxUnits: aNumber(`1 … ${mostUnits}`, (value) => Number.isInteger(value) && value > 0 && value <= mostUnits),
};

const sliceUs = 8000; // half a frame
const defaultMs = 200;

/** A turn of the event loop: input, timers and drawing come before the promise is resolved. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

export interface WorkloadWatcher {
  signal: AbortSignal;
  sample(): TestSample;
  onFraction(fraction: number): void;
}

/**
 * @throws {TidemarkError} `'not-supported'`: the module has no allocator that could be called, or no movable blocks;
 *   `'out-of-memory'`, `'busy'`
 * @throws {Error} what is wrong with the allocator
 */
export async function runWorkload(
  context: Context,
  given: WasmModule,
  watched: WatchedModule,
  options: WorkloadOptions,
  watcher: WorkloadWatcher,
): Promise<WorkloadFigures> {
  checkOptions(options, checks);
  required('workload', options.workload, checks.workload);
  const { movable = false, reference = true } = options;
  const { runtime } = watched;
  if (movable && runtime === null) {
    throw new TidemarkError(
      'not-supported',
      `module: "${watched.id}" has no movable blocks: it is not linked with Tidemark`,
    );
  }
  // Movable blocks are those of the module's own engine, and so is the reference then.
  const engine = movable && runtime ? runtime.engine : context.engine;
  const allocator = movable
    ? {
        number: allocatorNumber.movable,
        reference: allocatorNumber.plain,
        throughJavaScript: false,
        canReallocate: true,
        bound: <Result>(body: () => Result): Result => body(),
      }
    : allocatorOf(context, given, watched);
  if (options.workload === 'realloc' && !allocator.canReallocate) {
    throw new TidemarkError(
      'not-supported',
      `module: "${watched.id}" exports no realloc to test: link it with -sEXPORTED_FUNCTIONS=_realloc`,
    );
  }
  const { exports } = engine;
  const figures = (): Record<(typeof figureNames)[number], number> => {
    const at = (exports.tidemark_tester_figures() >>> 0) / 8;
    return Object.fromEntries(figureNames.map((name, i) => [name, engine.views.f64[at + i]])) as never;
  };
  const costs = (ofReference: number, count: number): number[] => {
    const at = (exports.tidemark_tester_costs(ofReference) >>> 0) / 8;
    return [...engine.views.f64.subarray(at, at + count)];
  };

  const balance = new HeapBalance(() => {
    const stats = watched.heapStats();
    return { live: stats?.liveBytes ?? 0, held: stats?.reservedBytes ?? 0 };
  });
  const budgetUs = Math.max(1, (options.durationMs ?? defaultMs) * 1000);
  const began = exports.tidemark_tester_begin(
    workloads.indexOf(options.workload),
    options.seed ?? 1,
    budgetUs,
    options.maxUnits ?? mostUnits,
    allocator.number,
    reference ? allocator.reference : 0,
  );
  if (began === 0)
    throw new TidemarkError(
      'out-of-memory',
      'tester: the engine has no memory for the test, or another one is under way in it',
    );

  let intact = true;
  let peakHeld = 0;
  let liveAtHoles = 0;
  let heldAtHoles = 0;
  let fragmentation = 0;
  let movedBytes = 0;
  const highest: number[] = [];
  const sample = (): void => void watcher.sample();
  try {
    for (let done = false; !done;) {
      watcher.signal.throwIfAborted();
      balance.resume();
      const until = context.clock.elapsed() + sliceUs / 1000;
      do {
        let event: (typeof events)[number];
        try {
          event = allocator.bound(() => events[exports.tidemark_tester_run(sliceUs)] ?? 'done');
        } catch (error) {
          intact = false; // what has trapped isn't asked to free anything
          throw error;
        }
        if (event === 'start') balance.start();
        if (event === 'end') {
          highest.push(figures().highestEnd);
          if (movable) {
            compactAll(watched);
            // What movable memory keeps for good, such as its table of handles, is there by now.
            if (highest.length === 1) balance.start();
          }
        }
        if (event === 'peak' || event === 'holes') {
          const now = figures();
          if (movable && event === 'holes') movedBytes += compactAll(watched);
          const held = watched.runtime ? Math.max(balance.read().held, now.liveBytes) : now.spanBytes;
          peakHeld = Math.max(peakHeld, held);
          if (event === 'holes' || liveAtHoles === 0)
            fragmentation = held > 0 ? Math.max(0, 1 - now.liveBytes / held) : 0;
          if (event === 'holes') [liveAtHoles, heldAtHoles] = [now.liveBytes, held];
          sample();
        }
        done = event === 'done';
      } while (!done && context.clock.elapsed() < until);
      balance.pause();
      const now = figures();
      const spent = now.spentUs / budgetUs;
      watcher.onFraction(done ? 1 : Math.min(0.99, Math.max(spent, now.units / (options.maxUnits ?? mostUnits))));
      if (now.fault !== 0) throw new Error(`the allocator is broken: ${faults[now.fault]}`);
      if (now.damaged !== 0) throw new Error(`movable memory is broken: the content of ${now.damaged} blocks was lost`);
      if (now.refused !== 0)
        throw new Error(
          `the allocator refused ${now.refused} allocations: the module's memory is too small, or may not grow`,
        );
      if (now.referenceRefused !== 0)
        throw new TidemarkError('out-of-memory', 'tester: the engine has no memory for the reference');
      if (!done) await turn();
    }
    balance.resume();
    if (movable) compactAll(watched);
    const end = figures();
    const own = costs(0, end.units);
    const other = reference ? costs(1, end.units) : [];
    const ratios = own.map((cost, unit) => (cost > 0 ? (other[unit] ?? 0) / cost : 1));
    if (movable) peakHeld = Math.max(heldAtHoles, 1);
    return {
      operations: end.operations,
      opsPerSecond: end.testedUs > 0 ? (end.operations / end.testedUs) * 1e6 : 0,
      latency: {
        p50: end.p50 / 1000,
        p95: end.p95 / 1000,
        p99: end.p99 / 1000,
        max: end.max / 1000,
        operationsPerReading: end.sectionOperations,
        clockResolution: end.resolutionUs,
      },
      costs: own,
      referenceCosts: other,
      relativeSpeed: reference ? median(ratios) : null,
      peakLiveBytes: movable ? liveAtHoles : end.peakLiveBytes,
      peakHeldBytes: peakHeld,
      plantedBytes: end.leakedBytes,
      leakedBytes: watched.runtime ? Math.max(0, balance.read().live) : risingBytes(highest),
      leakEvidence: watched.runtime ? 'heap' : 'addresses',
      fragmentation,
      throughJavaScript: allocator.throughJavaScript,
      movedBytes,
    };
  } finally {
    allocator.bound(() => exports.tidemark_tester_end(intact ? 1 : 0));
  }
}

/** Bytes that were moved; what movable memory keeps for speed is given back. */
function compactAll({ runtime }: WatchedModule): number {
  return runtime?.compact(Infinity).movedBytes ?? 0;
}
