// What a manager can be told, its defaults, and the check of what is given.
import { aFlag, aFunction, anInterval, anObject, aNumber, notNegative, oneOf, refuse, required } from './checks.js';
import { TidemarkError } from './errors.js';
import { systemIdle, type IdleScheduler } from './idle.js';

const MiB = 1024 * 1024;

/** All sizes are bytes; docs/limits.md says what each of them counts. */
export interface MemoryLimits {
  /** What the bytes in live blocks never exceed: enforced inside malloc of linked modules. */
  hardLimit: number;
  /** From here on the pressure is medium. */
  softLimit: number;
  /** From here on the pressure is high. */
  criticalLimit: number;
  /** Bytes a second that the use may grow by, over ten seconds. */
  growthRateLimit: number;
  /** Of one allocation. */
  maxAllocationSize: number;
  /** Milliseconds. In each interval, `growthRateLimit` bytes for each of its seconds may be allocated. */
  quotaResetInterval: number;
}

export type GCStrategy = 'conservative' | 'balanced' | 'aggressive';

export interface GCConfig {
  /** Collect when `gcThreshold` is reached. */
  autoGC: boolean;
  /** Per cent of the hard limit. */
  gcThreshold: number;
  /** Per cent of the hard limit from which on an automatic collection is aggressive. */
  aggressiveGCThreshold: number;
  /** Milliseconds between automatic collections. */
  minGCInterval: number;
  strategy: GCStrategy;
  /** In slices, when there is idle time. */
  incrementalGC: boolean;
  enableCompaction: boolean;
  /** Whether an aggressive collection ends with a shrink: pointers stay, but views of the memory kept elsewhere end. */
  allowShrink: boolean;
  /** Milliseconds of a slice. */
  sliceMs: number;
  /** Milliseconds of compaction in a balanced collection that isn't incremental. */
  compactionMs: number;
}

export interface MemoryManagerConfig {
  limits?: Partial<MemoryLimits>;
  gc?: Partial<GCConfig>;
  /** Milliseconds between looks at the pressure and at autoGC. */
  checkIntervalMs?: number;
  /** Where slices of incremental collections get their time from. */
  idle?: IdleScheduler;
}

/** As the configuration is when nothing is given. */
export const defaultLimits: Readonly<MemoryLimits> = {
  hardLimit: 64 * MiB,
  softLimit: 48 * MiB,
  criticalLimit: 56 * MiB,
  growthRateLimit: MiB,
  maxAllocationSize: 10 * MiB,
  quotaResetInterval: 60000,
};

export const defaultGC: Readonly<GCConfig> = {
  autoGC: true,
  gcThreshold: 75,
  aggressiveGCThreshold: 90,
  minGCInterval: 5000,
  strategy: 'balanced',
  incrementalGC: false,
  enableCompaction: true,
  allowShrink: false,
  sliceMs: 2,
  compactionMs: 10,
};

export const strategies: readonly GCStrategy[] = ['conservative', 'balanced', 'aggressive'];

export interface ResolvedConfig {
  limits: MemoryLimits;
  gc: GCConfig;
  checkIntervalMs: number;
  idle: IdleScheduler;
}

const code = 'invalid-config';
const perCent = /* @__PURE__ */ aNumber('per cent, 0 to 100,', (value) => value >= 0 && value <= 100);
const aboveZero = /* @__PURE__ */ aNumber('a number above 0', (value) => value > 0);

function known<T extends object>(given: unknown, defaults: T, name: string): Partial<T> {
  if (given === undefined) return {};
  required(name, given, anObject, code);
  const present: Partial<T> = {};
  for (const [key, value] of Object.entries(given as object)) {
    if (!Object.hasOwn(defaults, key)) {
      refuse(`${name}.${key}`, value, `no such option, but one of ${Object.keys(defaults).join(', ')}`, code);
    }
    if (value !== undefined) present[key as keyof T] = value as T[keyof T];
  }
  return present;
}

/**
 * `given` over `base`. Where the hard limit is given alone, the soft and the critical one keep their share of it.
 *
 * @throws {TidemarkError} `'invalid-config'`
 */
export function mergeLimits(given: unknown, base: MemoryLimits, name = 'limits'): MemoryLimits {
  const present = known(given, defaultLimits, name);
  for (const [key, value] of Object.entries(present)) {
    required(`${name}.${key}`, value, aboveZero, code);
  }
  const merged = { ...base, ...present };
  // Of no limit there is no share.
  const whole = base.hardLimit < Infinity ? base : defaultLimits;
  const share = merged.hardLimit / whole.hardLimit;
  if (merged.hardLimit !== base.hardLimit) {
    // Without a limit there is no pressure: all of them are infinite then.
    merged.criticalLimit = present.criticalLimit ?? Math.round(whole.criticalLimit * share);
    merged.softLimit = present.softLimit ?? Math.min(Math.round(whole.softLimit * share), merged.criticalLimit);
    if (present.softLimit !== undefined && present.criticalLimit === undefined) {
      merged.criticalLimit = Math.max(merged.criticalLimit, merged.softLimit);
    }
  }
  if (merged.softLimit > merged.criticalLimit || merged.criticalLimit > merged.hardLimit) {
    const { softLimit, criticalLimit, hardLimit } = merged;
    throw new TidemarkError(
      'invalid-config',
      `${name}: softLimit ${softLimit}, criticalLimit ${criticalLimit} and hardLimit ${hardLimit} were given, and softLimit <= criticalLimit <= hardLimit is expected`,
    );
  }
  return merged;
}

function mergeGC(given: unknown): GCConfig {
  const present = known(given, defaultGC, 'gc');
  for (const [key, value] of Object.entries(present)) {
    const ofKind = typeof defaultGC[key as keyof GCConfig] === 'number' ? notNegative : aFlag;
    const expected = key === 'strategy' ? oneOf(strategies) : key.endsWith('Threshold') ? perCent : ofKind;
    required(`gc.${key}`, value, expected, code);
  }
  return { ...defaultGC, ...present };
}

/** @throws {TidemarkError} `'invalid-config'` */
export function resolveConfig(given: unknown): ResolvedConfig {
  const defaults = { limits: {}, gc: {}, checkIntervalMs: 1000, idle: systemIdle };
  const { limits, gc, checkIntervalMs, idle } = { ...defaults, ...known(given, defaults, 'config') };
  required('config.checkIntervalMs', checkIntervalMs, anInterval, code);
  required('config.idle', idle, aFunction, code);
  return { limits: mergeLimits(limits, defaultLimits), gc: mergeGC(gc), checkIntervalMs, idle };
}
