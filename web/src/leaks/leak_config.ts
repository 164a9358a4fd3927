// The check of what a leak detector is told.
import { anInterval, anObject, refuse, required } from '../checks.js';
import { defaultLeakDetectorConfig, type LeakDetectorConfig } from './leak_result.js';

const code = 'invalid-config';

/**
 * `config` over the defaults.
 *
 * @throws {TidemarkError} `'invalid-config'`
 */
export function checkedConfig(config: Partial<LeakDetectorConfig>): LeakDetectorConfig {
  required('config', config, anObject, code);
  const result = { ...defaultLeakDetectorConfig };
  const least: Partial<Record<keyof LeakDetectorConfig, number>> = {
    minSamples: 3,
    detectionWindowMs: 1,
  };
  for (const [key, value] of Object.entries(config) as [keyof LeakDetectorConfig, unknown][]) {
    if (value === undefined) continue;
    const expected = defaultLeakDetectorConfig[key] as unknown;
    const type = key === 'limitBytes' ? 'number' : typeof expected;
    const good =
      Object.hasOwn(defaultLeakDetectorConfig, key) &&
      ((key === 'limitBytes' && value === null) ||
        (typeof value === type &&
          (type !== 'number' || ((value as number) >= (least[key] ?? 0) && Number.isFinite(value))))) &&
      (key !== 'fragmentationThreshold' || (value as number) <= 1);
    if (!good) {
      const wanted = !Object.hasOwn(defaultLeakDetectorConfig, key)
        ? `one of ${Object.keys(defaultLeakDetectorConfig).join(', ')}`
        : type === 'boolean'
          ? 'true or false'
          : `a number ${key === 'fragmentationThreshold' ? 'from 0 to 1' : `of at least ${least[key] ?? 0}`}`;
      refuse(key, value, wanted, code);
    }
    (result as Record<string, unknown>)[key] = value;
  }
  required('intervalMs', result.intervalMs, anInterval, code);
  return result;
}
