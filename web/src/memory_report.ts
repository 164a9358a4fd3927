// All that is known of a module's memory, and as a table that a person can read.
import type { BudgetReport } from './budgets.js';
import type { GCResult } from './collection.js';
import type { LeakResult } from './leaks/leak_result.js';
import type { MemoryLimits } from './manager_config.js';
import type { MemoryStats } from './memory_stats.js';
import type { MemoryProfile } from './profile.js';
import { shownBytes } from './shown_bytes.js';
import type { MemoryWarning } from './warnings.js';

export interface MemoryReport {
  moduleId: string;
  stats: MemoryStats;
  /** Null where it isn't monitored. */
  profile: MemoryProfile | null;
  /** What the leak detector found just now; null where it isn't asked. */
  leaks: LeakResult | null;
  limits: MemoryLimits | null;
  budgets: BudgetReport[];
  gc: { runs: number; reclaimedBytes: number; last: GCResult | null };
  /** Oldest first. */
  history: MemoryStats[];
  /** The last hundred. */
  warnings: MemoryWarning[];
  /** 0–100. */
  efficiency: number;
  recommendations: string[];
  toString(): string;
}

const bytes = (count: number | null): string => (count === null ? 'unknown' : shownBytes(count));

type Known = Omit<MemoryReport, 'efficiency' | 'recommendations' | 'toString'>;

function recommendationsOf(report: Known, releasableBytes: number): string[] {
  const { stats, budgets, leaks, warnings } = report;
  const found = [...(leaks?.recommendations ?? []), ...(warnings.at(-1)?.recommendations ?? [])];
  for (const { name, over, usedBytes, limitBytes } of budgets) {
    if (over)
      found.push(`Budget "${name}" uses ${bytes(usedBytes)} of ${bytes(limitBytes)}: give back, or allow more.`);
  }
  if (releasableBytes > Math.max(stats.allocated / 2, 1 << 20)) {
    found.push(
      `Of ${bytes(stats.allocated)} of memory ${bytes(stats.used)} are in use: shrink() gives ${bytes(releasableBytes)} back.`,
    );
  }
  return [...new Set(found)];
}

function lines(report: MemoryReport): string {
  const { stats, limits, gc, budgets, warnings, recommendations } = report;
  const rows: [string, string][] = [
    ['memory', bytes(stats.allocated)],
    [
      'in use',
      `${bytes(stats.used)}${stats.liveBlocks === null ? '' : ` in ${stats.liveBlocks} block${stats.liveBlocks === 1 ? '' : 's'}`}`,
    ],
    ['peak in use', bytes(stats.peakUsed)],
    ['hard limit', limits ? bytes(limits.hardLimit) : 'none'],
    ['utilization', stats.utilization === null ? 'unknown' : `${stats.utilization.toFixed(1)} %`],
    ['fragmentation', stats.fragmentation === null ? 'unknown' : stats.fragmentation.toFixed(2)],
    ['pressure', stats.pressure],
    // Without a view of its blocks, there is little that could be said against a module.
    ['efficiency', stats.used === null ? 'unknown' : report.efficiency.toFixed(0)],
    ['collections', `${gc.runs}, ${bytes(gc.reclaimedBytes)} given back`],
    ...budgets.map(({ name, usedBytes, limitBytes }): [string, string] => [
      `budget ${name}`,
      `${bytes(usedBytes)} of ${limitBytes === null ? 'any' : bytes(limitBytes)}`,
    ]),
    ['warnings', String(warnings.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return [`Memory of "${report.moduleId}"`, ...table, ...recommendations.map((text) => `  * ${text}`)].join('\n');
}

/** @param releasableBytes  what a shrink would give back */
export function memoryReport(known: Known, releasableBytes: number): MemoryReport {
  const recommendations = recommendationsOf(known, releasableBytes);
  const report = { ...known, efficiency: known.stats.efficiency, recommendations };
  // Not a field of its own: reports are written as JSON too.
  Object.defineProperty(report, 'toString', { value: () => lines(report), enumerable: false });
  return report;
}
