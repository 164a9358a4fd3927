// Warnings: what a module's memory is filling up with, and what can be done about it.
import type { MemoryStats } from './memory_stats.js';
import type { Level } from './monitor_memory.js';

export interface MemoryWarning {
  moduleId: string;
  level: Exclude<Level, 'none'>;
  /** Per cent of the limit that was reached. */
  threshold: number;
  /** Per cent of the limit. */
  utilization: number;
  message: string;
  timestamp: number;
  stats: MemoryStats;
  recommendations: string[];
}

export function bytesAsText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), 3);
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

export function recommendationsFor(stats: MemoryStats): string[] {
  const advice: string[] = [];
  const { used, reserved, free, limit, fragmentation, growthRate } = stats;
  if (limit !== null && growthRate > 0) {
    const seconds = (limit - (used ?? stats.allocated)) / growthRate;
    if (seconds > 0 && seconds < 3600) {
      advice.push(
        `At ${bytesAsText(Math.round(growthRate))} a second the limit is reached in ${Math.ceil(seconds)} s: look for what grows (detectMemoryLeaks, getMemoryProfile().sites).`,
      );
    }
  }
  if (fragmentation !== null && free !== null && fragmentation > 0.5 && free > stats.allocated / 10) {
    advice.push(
      `${bytesAsText(free)} are free, in pieces of at most ${bytesAsText(stats.largestFree ?? 0)}: keep what lives long in movable blocks or compact structures, and compact.`,
    );
  }
  if (used !== null && reserved !== null && reserved > 1 << 20 && used < reserved / 2) {
    advice.push(
      `Only ${bytesAsText(used)} of ${bytesAsText(reserved)} that the heap holds are in use: trim pools, collect (triggerGC).`,
    );
  }
  if (stats.pressure === 'high' || stats.pressure === 'critical') {
    advice.push('Give memory back now: drop caches, dispose of what is done with, triggerGC(id, true).');
  }
  if (advice.length === 0)
    advice.push('Raise the limit if this use is expected; else see getMemoryProfile() for what it is.');
  return advice;
}

export function warningOf(level: Exclude<Level, 'none'>, threshold: number, stats: MemoryStats): MemoryWarning {
  const utilization = stats.utilization ?? 0;
  const filled = stats.used ?? stats.allocated;
  return {
    moduleId: stats.moduleId,
    level,
    threshold,
    utilization,
    message: `${stats.moduleId}: ${bytesAsText(filled)} of ${bytesAsText(stats.limit ?? 0)} in use (${utilization.toFixed(1)} %), past the ${level} threshold of ${threshold} %`,
    timestamp: stats.timestamp,
    stats,
    recommendations: recommendationsFor(stats),
  };
}
