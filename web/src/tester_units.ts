// Units of work in JavaScript beside the same units on a plain counterpart: the tests of structures, and one's own.
import { aFunction, aNumber, aTestDuration, checkOptions, required } from './checks.js';
import type { Context } from './context.js';
import { shown } from './errors.js';
import { median } from './median.js';
import { heldBytes } from './tester_samples.js';
import { latencyOf } from './tester_latency.js';
import type { TestSample } from './tester_types.js';
import type { WorkloadFigures, WorkloadWatcher } from './tester_workload.js';
import type { WatchedModule } from './wasm_module.js';

export interface UnitOptions {
  /** Does the work once, and gives back what it took. What it returns must be what the reference returns, if that isn't undefined. */
  unit: () => unknown;
  /** The same work on a plain counterpart. Without one there is no score for speed. */
  reference?: () => unknown;
  /** How many operations one call is. */
  operationsPerUnit?: number;
  /** Called once, not timed: does the work, and calls `look` while all that it takes is held. */
  atPeak?: (look: () => void) => void;
  /** Milliseconds of timed work; 200 by default. */
  durationMs?: number;
}

const checks = {
  ...{ unit: aFunction, reference: aFunction, atPeak: aFunction, durationMs: aTestDuration },
  operationsPerUnit: aNumber('a number above 0', (value) => value > 0 && value < Infinity),
};

const mostUnits = 512;
const leastUnits = 8;
const stepsOfClock = 10; // that a unit lasts where it can be compared alone
const sliceMs = 8; // half a frame
const defaultMs = 200;

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** @throws {Error} unit and reference don't come to the same */
export async function runUnits(
  context: Context,
  watched: WatchedModule,
  options: UnitOptions,
  watcher: WorkloadWatcher,
): Promise<WorkloadFigures> {
  checkOptions(options, checks);
  required('unit', options.unit, aFunction);
  const { unit, reference, operationsPerUnit = 1, atPeak, durationMs = defaultMs } = options;
  const { signal } = watcher;
  const { clock } = context;
  const look = (): TestSample => watcher.sample();
  const timed = (body: () => unknown): { ms: number; result: unknown } => {
    const begun = clock.elapsed();
    const result = body();
    return { ms: clock.elapsed() - begun, result };
  };
  // What is made once and kept is no leak: the first unit isn't counted.
  unit();
  reference?.();
  const before = look();
  let peak = before;
  atPeak?.(() => (peak = look()));
  const times: number[] = [];
  const referenceTimes: number[] = [];
  let spentMs = 0;
  let sliceSpent = 0;
  while (times.length < leastUnits || (spentMs < durationMs && times.length < mostUnits)) {
    const ours = timed(unit);
    times.push(ours.ms);
    spentMs += ours.ms;
    sliceSpent += ours.ms;
    if (reference) {
      const theirs = timed(reference);
      referenceTimes.push(theirs.ms);
      sliceSpent += theirs.ms;
      if (theirs.result !== undefined && ours.result !== theirs.result) {
        throw new Error(
          `the same operations came to ${shown(ours.result)}, and to ${shown(theirs.result)} in the plain counterpart`,
        );
      }
    }
    if (sliceSpent < sliceMs) continue;
    sliceSpent = 0;
    watcher.onFraction(Math.min(1, spentMs / durationMs));
    await turn();
    signal.throwIfAborted();
  }
  watched.runtime?.compact();
  const after = look();
  const latency = latencyOf(times, operationsPerUnit, clock);
  const nanoseconds = (ms: number): number => (ms * 1e6) / operationsPerUnit;
  const known = before.used !== null && peak.used !== null && after.used !== null;
  const leak = known ? (after.used ?? 0) - (before.used ?? 0) : heldBytes(after) - heldBytes(before);
  return {
    operations: times.length * operationsPerUnit,
    opsPerSecond: spentMs > 0 ? (times.length * operationsPerUnit * 1000) / spentMs : 0,
    latency,
    costs: times.map(nanoseconds),
    referenceCosts: referenceTimes.map(nanoseconds),
    relativeSpeed: reference ? speedBeside(times, referenceTimes, latency.clockResolution / 1000) : null,
    peakLiveBytes: known ? Math.max(0, (peak.used ?? 0) - (before.used ?? 0)) : null,
    peakHeldBytes: Math.max(0, heldBytes(peak) - heldBytes(before)),
    plantedBytes: 0,
    leakedBytes: Math.max(0, leak),
    leakEvidence: known ? 'heap' : 'memory',
    fragmentation: peak.fragmentation,
    throughJavaScript: true,
    movedBytes: 0,
  };
}

/**
 * How fast the units were beside those of the reference: the median of the pairs, or, where the steps of the clock are too
 * long for a unit, all of them together, whose errors even out.
 */
export function speedBeside(times: readonly number[], referenceTimes: readonly number[], stepMs: number): number {
  if (Math.min(median(times), median(referenceTimes)) < stepsOfClock * stepMs) {
    const sum = (all: readonly number[]): number => all.reduce((total, ms) => total + ms, 0);
    return sum(referenceTimes) / Math.max(sum(times), stepMs);
  }
  return median(times.map((ms, i) => (referenceTimes[i] ?? 0) / ms));
}
