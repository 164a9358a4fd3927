// What the parts of a saved file have to look like: anybody may have written it.

/** With `?`: null, or missing. */
type Shape =
  'number' | 'number?' | 'string' | 'string?' | 'boolean' | readonly [Shape] | { readonly [name: string]: Shape };
type Fields = Readonly<Record<string, Shape>>;

const stack: Shape = ['string'];
const severity: Fields = { severity: 'string', confidence: 'number' };
const finding: Fields = {
  ...{
    ...severity,
    type: 'string',
    description: 'string',
    bytes: 'number',
    blocks: 'number',
    ratePerSecond: 'number?',
  },
  sites: [{ stack, bytes: 'number', blocks: 'number' }],
};
const leaks: Fields = {
  ...{ ...severity, hasLeak: 'boolean', samples: 'number', analyzedMs: 'number', recommendations: ['string'] },
};
const sizeClass: Fields = { blockBytes: 'number', liveBlocks: 'number', liveBytes: 'number' };

export const shapes = {
  sites: [
    {
      ...{ stack, liveBytes: 'number', liveBlocks: 'number', totalBytes: 'number', totalBlocks: 'number' },
      ...{ temporaryBytes: 'number?', peakBytes: 'number?' },
    },
  ],
  sizeClasses: [{ ...sizeClass, freeBlocks: 'number' }],
  profileSizeClasses: [{ ...sizeClass, freeBytes: 'number' }],
  markers: [{ time: 'number', kind: 'string', text: 'string' }],
  maps: [{ time: 'number', cellBytes: 'number', stretches: ['number'] }],
  leaks: {
    ...leaks,
    findings: [{ ...finding, trend: [{ time: 'number', bytes: 'number' }], cycle: ['string'] }],
  },
  reportedLeaks: { ...leaks, patterns: [finding] },
  limits: {
    limits: [{ label: 'string', bytes: 'number', meaning: 'string' }],
    budgets: [{ name: 'string', usedBytes: 'number', limitBytes: 'number' }],
    handlers: [{ name: 'string', calls: 'number', gainedBytes: 'number' }],
  },
  tests: [
    {
      ...{ name: 'string', passed: 'boolean', score: 'number', error: 'string?', durationMs: 'number' },
      ...{ opsPerSecond: 'number?', peakBytes: 'number?', leakedBytes: 'number?' },
    },
  ],
} satisfies Record<string, Shape>;

export function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'string') {
    if (shape.endsWith('?') && (value === null || value === undefined)) return true;
    return shape.startsWith(typeof value) && (typeof value !== 'number' || Number.isFinite(value));
  }
  if (isList(shape)) return Array.isArray(value) && value.every((each) => fits(each, shape[0]));
  const fields = value as Record<string, unknown> | null;
  return (
    typeof fields === 'object' &&
    fields !== null &&
    Object.keys(shape).every((name) => fits(fields[name], shape[name] as Shape))
  );
}

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] => Array.isArray(shape);
