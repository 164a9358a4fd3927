// docs/options.md names every option of these, with the default that the code has.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultLeakDetectorConfig } from '../src/leaks/leak_result.js';
import { defaultGC, defaultLimits } from '../src/manager_config.js';
import { defaultMonitorConfig } from '../src/monitor_config.js';

const guide = readFileSync(join(import.meta.dirname, '../../docs/options.md'), 'utf8');

/** The first table after a heading: what it says of each option's default. */
function table(heading: string): Record<string, string> {
  const section = guide.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const rows = section.matchAll(/^\| `(\w+)` +\| ([^|]*?) +\|/gm);
  return Object.fromEntries([...rows].map(([, name = '', value = '']) => [name, value.replaceAll('`', '')]));
}

const written = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object' && value !== null
      ? Object.values(value).join(', ')
      : String(value);

test.each([
  ['Monitor', defaultMonitorConfig],
  ['Leak detector', defaultLeakDetectorConfig],
  ['Limits', defaultLimits],
  ['Collection', defaultGC],
])('%s', (heading, defaults) => {
  const expected = Object.entries(defaults).map(([name, value]) => [name, written(value)]);
  expect(table(heading)).toEqual(Object.fromEntries(expected));
});
