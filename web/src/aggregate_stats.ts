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
  /** Per cent of the limit that holds: the total one, or the sum of the hard limits. */
  utilization: number;
  /** 0–100, the mean over the modules: how much of what the heap holds is in use, and how whole the rest is. */
  averageEfficiency: number;
  /** The highest. */
  pressure: PressureLevel;
  gcRuns: number;
  reclaimedBytes: number;
  byModule: Record<
    string,
    { used: number | null; allocated: number; hardLimit: number; pressure: PressureLevel; efficiency: number }
  >;
}

const pagesWeight = 50;
const wholenessWeight = 20;

/** The part of the monitor's score that a moment can tell: docs/limits.md. */
function efficiencyOf({ watched, used }: ManagedModule): number {
  const stats = watched.heapStats();
  if (!stats)
    return used === null || watched.allocatedBytes === 0 ? 100 : Math.min(100, (100 * used) / watched.allocatedBytes);
  const pages = stats.reservedBytes === 0 ? 1 : stats.liveBytes / stats.reservedBytes;
  const crumbs = stats.freeBytes - stats.largestFreeBytes;
  const wholeness = crumbs <= 0 ? 1 : 1 - crumbs / (stats.freeBytes + stats.liveBytes);
  return (100 * (pagesWeight * pages + wholenessWeight * wholeness)) / (pagesWeight + wholenessWeight);
}

export function aggregate(modules: ManagedModule[], totalLimit: number | null): AggregateStats {
  const byModule: AggregateStats['byModule'] = {};
  let highest = 0;
  const sum = { used: 0, allocated: 0, hard: 0, efficiency: 0, runs: 0, reclaimed: 0 };
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
    sum.used += used ?? 0;
    sum.allocated += watched.allocatedBytes;
    sum.hard += limits.hardLimit;
    sum.efficiency += efficiency;
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
    utilization: limit > 0 ? (100 * sum.used) / limit : 0,
    averageEfficiency: modules.length === 0 ? 100 : sum.efficiency / modules.length,
    pressure: pressureLevels[highest] as PressureLevel,
    gcRuns: sum.runs,
    reclaimedBytes: sum.reclaimed,
    byModule,
  };
}
