// The check of what a leak detector is told.
import { shown, TidemarkError } from '../errors.js';
import { defaultLeakDetectorConfig, type LeakDetectorConfig } from './leak_result.js';

/**
 * `config` over the defaults.
 *
 * @throws {TidemarkError} `'invalid-config'`
 */
export function checkedConfig(config: Partial<LeakDetectorConfig>): LeakDetectorConfig {
  if (typeof config !== 'object' || (config as unknown) === null || Array.isArray(config)) {
    throw new TidemarkError('invalid-config', `config: ${shown(config)} was given, and an object is expected`);
  }
  const result = { ...defaultLeakDetectorConfig };
  const least: Partial<Record<keyof LeakDetectorConfig, number>> = {
    minSamples: 3,
    intervalMs: 1,
    detectionWindowMs: 1,
  };
  for (const [key, value] of Object.entries(config) as [keyof LeakDetectorConfig, unknown][]) {
    if (value === undefined) continue;
    const expected = defaultLeakDetectorConfig[key] as unknown;
    const type = key === 'limitBytes' ? 'number' : typeof expected;
    const good =
      key in defaultLeakDetectorConfig &&
      ((key === 'limitBytes' && value === null) ||
        (typeof value === type &&
          (type !== 'number' || ((value as number) >= (least[key] ?? 0) && Number.isFinite(value))))) &&
      (key !== 'fragmentationThreshold' || (value as number) <= 1);
    if (!good) {
      const wanted = !(key in defaultLeakDetectorConfig)
        ? `one of ${Object.keys(defaultLeakDetectorConfig).join(', ')}`
        : type === 'boolean'
          ? 'true or false'
          : `a number ${key === 'fragmentationThreshold' ? 'from 0 to 1' : `of at least ${least[key] ?? 0}`}`;
      throw new TidemarkError('invalid-config', `${key}: ${shown(value)} was given, and ${wanted} is expected`);
    }
    (result as Record<string, unknown>)[key] = value;
  }
  return result;
}
