// What a monitor can be told, and its defaults.
import { shown, TidemarkError } from './errors.js';
import type { MonitorThresholds } from './monitor_memory.js';

export interface MonitorConfig {
  /** Milliseconds between samples. */
  intervalMs: number;
  /** Per cent of the limit at which warnings are given, ascending. */
  thresholds: MonitorThresholds;
  /** Samples that are kept; older ones are kept ever more coarsely. */
  maxHistorySize: number;
  /** Whether initializeMemoryOptimization() gives the module to the leak detector too. */
  leakDetection: boolean;
  /** Ask the module's manager for a collection when `gcThreshold` is reached. */
  autoGC: boolean;
  /** Per cent of the limit. */
  gcThreshold: number;
  /** Whether linked modules sample their allocations. */
  profiling: boolean;
  /** Milliseconds after which a profiling session that was asked for with startProfiling() ends by itself. */
  maxProfilingDuration: number;
  /** Whether each sample is an entry of `performance`, a measure of the name `tidemark`. */
  performanceEntries: boolean;
}

export type PartialMonitorConfig = Partial<Omit<MonitorConfig, 'thresholds'>> & {
  thresholds?: Partial<MonitorThresholds>;
};

export const defaultMonitorConfig: Readonly<MonitorConfig> = {
  intervalMs: 1000,
  thresholds: { low: 60, medium: 75, high: 85, critical: 95 },
  maxHistorySize: 1000,
  leakDetection: true,
  autoGC: true,
  gcThreshold: 80,
  profiling: true,
  maxProfilingDuration: 60000,
  performanceEntries: false,
};

const fail = (name: string, value: unknown, expected: string): never => {
  throw new TidemarkError('invalid-config', `${name}: ${shown(value)} was given, and ${expected} is expected`);
};

/** @throws {TidemarkError} `'invalid-config'` */
export function monitorConfig(
  given: unknown = {},
  base: Readonly<MonitorConfig> = defaultMonitorConfig,
  what = 'config',
): MonitorConfig {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) fail(what, given, 'an object');
  const present = Object.entries(given as object).filter(([, value]) => value !== undefined);
  for (const [name, value] of present) {
    if (!(name in base)) fail(`${what}.${name}`, value, `no such option, but one of ${Object.keys(base).join(', ')}`);
    const kind = typeof base[name as keyof MonitorConfig];
    if (typeof value !== kind) fail(name, value, kind === 'object' ? 'an object' : `a ${kind}`);
  }
  const config = { ...base, ...(Object.fromEntries(present) as Partial<MonitorConfig>) };
  const thresholds = Object.entries((given as PartialMonitorConfig).thresholds ?? {});
  if (config.thresholds === null || Array.isArray(config.thresholds))
    fail('thresholds', config.thresholds, 'an object');
  for (const [name, value] of thresholds) {
    if (!(name in base.thresholds)) fail(`thresholds.${name}`, value, 'one of low, medium, high and critical');
    if (typeof value !== 'number') fail(`thresholds.${name}`, value, 'a number of per cent');
  }
  config.thresholds = { ...base.thresholds, ...Object.fromEntries(thresholds) };
  const { low, medium, high, critical } = config.thresholds;
  const ascending = [0, low, medium, high, critical].every((value, i, all) => value >= (all[i - 1] ?? 0));
  if (!ascending || critical > 100) {
    const values = [low, medium, high, critical].join(', ');
    throw new TidemarkError(
      'invalid-config',
      `thresholds: low, medium, high and critical are ${values}, and ascending numbers of per cent, up to 100, are expected`,
    );
  }
  if (!(config.intervalMs > 0 && config.intervalMs < 2 ** 31)) {
    fail('intervalMs', config.intervalMs, 'a number of milliseconds above 0');
  }
  if (!Number.isInteger(config.maxHistorySize) || config.maxHistorySize < 4 || config.maxHistorySize > 1e6) {
    fail('maxHistorySize', config.maxHistorySize, 'a whole number from 4 to 1000000');
  }
  if (!(config.gcThreshold > 0 && config.gcThreshold <= 100)) {
    fail('gcThreshold', config.gcThreshold, 'a number of per cent above 0, up to 100,');
  }
  if (!(config.maxProfilingDuration > 0)) {
    fail('maxProfilingDuration', config.maxProfilingDuration, 'a number of milliseconds above 0');
  }
  return config;
}

/** @throws {TidemarkError} `'invalid-config'` */
export function checkedLimit(limit: unknown): number | null {
  if (limit === undefined || limit === null) return null;
  if (typeof limit !== 'number' || !(limit > 0)) fail('limit', limit, 'a number of bytes above 0');
  return limit === Infinity ? null : (limit as number);
}
