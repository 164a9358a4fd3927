// tidemark report app.js
import Table from 'cli-table3';
import * as tidemark from '../index.js';
import { shownBytes } from '../shown_bytes.js';
import { loadApp, type StartOptions } from './load_app.js';
import { tell } from './output.js';

const inBytes = new Set(['allocated', 'used', 'reserved', 'free', 'largestFree', 'peakAllocated', 'peakUsed', 'limit']);

function shownFigure(name: string, value: string | number | null): string {
  if (value === null) return name === 'limit' ? 'none' : 'not known';
  if (typeof value === 'number' && inBytes.has(name)) return shownBytes(value);
  if (name.endsWith('Rate') && typeof value === 'number') return `${shownBytes(value)}/s`;
  if (name === 'timestamp' && typeof value === 'number') return new Date(value).toISOString();
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);
}

export interface ReportCommandOptions extends StartOptions {
  json?: boolean;
}

/** Returns the exit code. */
export async function reportCommand(file: string, options: ReportCommandOptions): Promise<number> {
  const app = await loadApp(file, options);
  tidemark.startMonitoring(app);
  const stats = tidemark.getMemoryStats(app.id);
  const { tidemark: runtime } = app.module;
  const sizeClasses = runtime?.stats().sizeClasses ?? null;
  tidemark.stopMonitoring(app.id);
  if (options.json) {
    tell(`${JSON.stringify({ stats, sizeClasses }, null, 2)}\n`);
    return 0;
  }
  const style = { head: [], border: [] };
  const table = new Table({ head: [app.id, runtime ? 'linked with Tidemark' : 'not linked with Tidemark'], style });
  // Without a view of its blocks, there is little that could be said against a module.
  const figures = { ...stats, efficiency: stats.used === null ? null : stats.efficiency };
  for (const [name, value] of Object.entries<string | number | null>(figures))
    if (name !== 'moduleId') table.push([name, shownFigure(name, value)]);
  tell(`${table.toString()}\n`);
  if (sizeClasses && sizeClasses.length > 0) {
    const classes = new Table({ head: ['block', 'live blocks', 'live', 'free blocks', 'slabs'], style });
    for (const row of sizeClasses) {
      const block = row.blockBytes === 0 ? 'large' : shownBytes(row.blockBytes);
      classes.push([block, row.liveBlocks, shownBytes(row.liveBytes), row.freeBlocks, row.slabs]);
    }
    tell(`${classes.toString()}\n`);
  }
  return 0;
}
