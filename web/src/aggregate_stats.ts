// What all modules of a manager are together.
import type { ManagedModule } from './managed_module.js';
import { pressureLevels, type PressureLevel } from './pressure.js';

export interface AggregateStats {
  /** How many there are. */
  modules: number;
  /** Bytes in live blocks, of the modules where that is known. */
  totalUsed: number;
  /** Bytes of linear memory. */
  totalAllocated: number;
  /** Of all hard limits. */
  totalHardLimit: number;
  /** What setTotalLimit() has set. */
  totalLimit: number | null;
  /**
   * Per cent of the limit that holds: the total one, or the sum of the hard limits. Null where there is no limit, or the live
   * bytes of no module are known.
   */
  utilization: number | null;
  /**
   * 0–100, the mean over the modules where it is known, and null where it is of none: how much of what the heap holds is in
   * use, and how whole the rest is.
   */
  averageEfficiency: number | null;
  /** The highest. */
  pressure: PressureLevel;
  gcRuns: number;
  reclaimedBytes: number;
  byModule: Record<
    string,
    { used: number | null; allocated: number; hardLimit: number; pressure: PressureLevel; efficiency: number | null }
  >;
}

const pagesWeight = 50;
const wholenessWeight = 20;

/** The part of the monitor's score that a moment can tell: docs/limits.md. */
function efficiencyOf({ watched, used }: ManagedModule): number | null {
  const stats = watched.heapStats();
  if (!stats) {
    return used === null || watched.allocatedBytes === 0 ? null : Math.min(100, (100 * used) / watched.allocatedBytes);
  }
  const pages = stats.reservedBytes === 0 ? 1 : stats.liveBytes / stats.reservedBytes;
  const crumbs = stats.freeBytes - stats.largestFreeBytes;
  const wholeness = crumbs <= 0 ? 1 : 1 - crumbs / (stats.freeBytes + stats.liveBytes);
  return (100 * (pagesWeight * pages + wholenessWeight * wholeness)) / (pagesWeight + wholenessWeight);
}

export function aggregate(modules: ManagedModule[], totalLimit: number | null): AggregateStats {
  const byModule: AggregateStats['byModule'] = {};
  let highest = 0;
  const sum = { used: 0, allocated: 0, hard: 0, efficiency: 0, runs: 0, reclaimed: 0 };
  let seen = 0;
  let rated = 0;
  for (const managed of modules) {
    const { used, watched, limits, gauge, gc } = managed;
    const efficiency = efficiencyOf(managed);
    const pressure = gauge.read(managed.filledBytes);
    byModule[managed.id] = {
      used,
      allocated: watched.allocatedBytes,
      hardLimit: limits.hardLimit,
      pressure,
      efficiency,
    };
    highest = Math.max(highest, pressureLevels.indexOf(pressure));
    if (used !== null) ++seen;
    if (efficiency !== null) ++rated;
    sum.used += used ?? 0;
    sum.allocated += watched.allocatedBytes;
    sum.hard += limits.hardLimit;
    sum.efficiency += efficiency ?? 0;
    sum.runs += gc.runs;
    sum.reclaimed += gc.reclaimedBytes;
  }
  const limit = Math.min(totalLimit ?? Infinity, sum.hard);
  return {
    modules: modules.length,
    totalUsed: sum.used,
    totalAllocated: sum.allocated,
    totalHardLimit: sum.hard,
    totalLimit,
    utilization: seen > 0 && limit < Infinity ? (100 * sum.used) / limit : null,
    averageEfficiency: rated > 0 ? sum.efficiency / rated : null,
    pressure: pressureLevels[highest] as PressureLevel,
    gcRuns: sum.runs,
    reclaimedBytes: sum.reclaimed,
    byModule,
  };
}
