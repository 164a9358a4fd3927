// How long operations took, and how finely the clock could tell.
import type { Clock } from './context.js';
import type { TestLatency } from './tester_types.js';

/** Of milliseconds for `operationsPerReading` operations each. */
export function latencyOf(times: readonly number[], operationsPerReading: number, clock: Clock): TestLatency {
  const sorted = times.map((ms) => (ms * 1000) / operationsPerReading).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    operationsPerReading,
    clockResolution: resolutionOf(clock),
  };
}

/** Microseconds of the least step that the clock makes; 0 where it stands still. */
function resolutionOf(clock: Clock): number {
  let least = 0;
  let before = clock.elapsed();
  for (let reads = 0, steps = 0; reads < 50_000 && steps < 8; reads++) {
    const now = clock.elapsed();
    if (now === before) continue;
    least = steps++ === 0 ? now - before : Math.min(least, now - before);
    before = now;
  }
  return least * 1000;
}
