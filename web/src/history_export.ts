// Samples as text: JSON, and CSV as spreadsheets read it (RFC 4180).
import type { MemoryStats } from './memory_stats.js';

const columns = [
  'moduleId',
  'timestamp',
  'allocated',
  'used',
  'reserved',
  'free',
  'largestFree',
  'peakAllocated',
  'peakUsed',
  'limit',
  'utilization',
  'fragmentation',
  'efficiency',
  'liveBlocks',
  'allocationRate',
  'growthRate',
  'pressure',
] as const satisfies (keyof MemoryStats)[];

/** What isn't known is an empty field. */
export function historyAsCsv(history: readonly MemoryStats[]): string {
  const field = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = history.map((stats) => columns.map((column) => field(stats[column])).join(','));
  return [columns.join(','), ...rows].map((row) => `${row}\r\n`).join('');
}

export function historyAsJson(history: readonly MemoryStats[]): string {
  return JSON.stringify(history, columns as unknown as string[], 2);
}
