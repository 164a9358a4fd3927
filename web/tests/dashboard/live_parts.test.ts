// What the components tell, in the panels' shapes.
import { expect, test } from 'vitest';
import { leaksOf, readingOf } from '../../src/dashboard/live_parts.js';

const found = (evidence: unknown): ReturnType<typeof leaksOf>['findings'][number] | undefined =>
  leaksOf({
    ...{ hasLeak: true, confidence: 1, severity: 'low', recommendations: [], analyzedMs: 0, samples: 0 },
    patterns: [
      {
        ...{ type: 'any', severity: 'low', confidence: 1, bytes: 1, blocks: 1, ratePerSecond: null, sites: [] },
        description: '',
        evidence,
      },
    ],
  }).findings[0];

test.each([
  [{ path: 'Node(96 B) → Edge(8 B) → Node(96 B)' }, ['Node(96 B)', 'Edge(8 B)']], // as the detector writes it: closed
  [{ path: 'Node(96 B) → Node(96 B)' }, ['Node(96 B)']],
  [{ path: 'block(8 B)' }, ['block(8 B)']],
  [{ cycle: [4096, { address: 8192, bytes: 64 }] }, ['0x1000', '0x2000 (64 B)']],
  [{ what: 'nothing of a cycle' }, []],
])('the cycle of %o', (evidence, cycle) => expect(found(evidence)?.cycle).toEqual(cycle));

test('a trend is what the evidence has of times and bytes', () => {
  const trend = [
    { time: 1, bytes: 2 },
    { time: 3, bytes: 4 },
  ];
  expect(found({ samples: 9, trend })?.trend).toEqual(trend);
  expect(found({ samples: 9 })?.trend).toEqual([]);
});

test('the efficiency is not known where it is not known what is used', () => {
  const stats = {
    ...{ timestamp: 5, allocated: 65536, reserved: null, free: null, largestFree: null, liveBlocks: null },
    ...{ peakAllocated: 65536, peakUsed: null, limit: null, fragmentation: null, efficiency: 100, allocationRate: 0 },
  };
  expect(readingOf({ ...stats, used: null })).toMatchObject({ time: 5, efficiency: null });
  expect(readingOf({ ...stats, used: 4096 })).toMatchObject({ efficiency: 100 });
});
