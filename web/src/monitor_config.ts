// What a monitor can be told, and its defaults.
import { aLimit, aNumber, anInterval, anObject, check, refuse, required, type Check } from './checks.js';
import { TidemarkError } from './errors.js';
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

const code = 'invalid-config';
const fail = (name: string, value: unknown, expected: string): never => refuse(name, value, expected, code);
const ranges: Partial<Record<keyof MonitorConfig, Check>> = {
  intervalMs: anInterval,
  maxHistorySize: /* @__PURE__ */ aNumber(
    'a whole number from 4 to 1000000',
    (value) => Number.isInteger(value) && value >= 4 && value <= 1e6,
  ),
  gcThreshold: /* @__PURE__ */ aNumber(
    'a number of per cent above 0, up to 100,',
    (value) => value > 0 && value <= 100,
  ),
  maxProfilingDuration: anInterval,
};

/** @throws {TidemarkError} `'invalid-config'` */
export function monitorConfig(
  given: unknown = {},
  base: Readonly<MonitorConfig> = defaultMonitorConfig,
  what = 'config',
): MonitorConfig {
  required(what, given, anObject, code);
  const present = Object.entries(given as object).filter(([, value]) => value !== undefined);
  for (const [name, value] of present) {
    if (!Object.hasOwn(base, name))
      fail(`${what}.${name}`, value, `no such option, but one of ${Object.keys(base).join(', ')}`);
    const kind = typeof base[name as keyof MonitorConfig];
    if (typeof value !== kind) fail(name, value, kind === 'object' ? 'an object' : `a ${kind}`);
  }
  const config = { ...base, ...(Object.fromEntries(present) as Partial<MonitorConfig>) };
  const thresholds = Object.entries((given as PartialMonitorConfig).thresholds ?? {});
  required('thresholds', config.thresholds, anObject, code);
  for (const [name, value] of thresholds) {
    if (!Object.hasOwn(base.thresholds, name))
      fail(`thresholds.${name}`, value, 'one of low, medium, high and critical');
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
  for (const [name, range] of Object.entries(ranges)) check(name, config[name as keyof MonitorConfig], range, code);
  return config;
}

/** @throws {TidemarkError} `'invalid-config'` */
export function checkedLimit(limit: unknown): number | null {
  if (limit === undefined || limit === null) return null;
  required('limit', limit, aLimit, code);
  return limit === Infinity ? null : (limit as number);
}
