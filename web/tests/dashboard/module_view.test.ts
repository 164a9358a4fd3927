import { expect, test } from 'vitest';
import { ModuleView } from '../../src/dashboard/module_view.js';
import type { Reading, Source } from '../../src/dashboard/source.js';

const reading = (time: number, used: number, reserved: number | null): Reading => ({
  ...{ time, used, reserved, allocated: 1 << 20, free: 0, largestFree: 0, liveBlocks: reserved === null ? null : 7 },
  ...{ peakAllocated: 1 << 20, peakUsed: used, limit: null, fragmentation: 0, efficiency: null, allocationRate: null },
});

test('what was not measured this time is as it was, and never less than what is in use', () => {
  const readings = [reading(0, 1000, 2000), reading(1, 1500, null), reading(2, 3000, null)];
  const source = {
    ...{ id: 'app', past: () => [], markers: () => [], pastMaps: () => [], leaks: () => null, savedTests: null },
    ...{ onMarker: () => () => {}, dispose: () => {}, read: () => readings.shift() ?? null },
  } as unknown as Source;
  const view = new ModuleView(source);
  const seen = [1, 2, 3].map(() => (view.read(), view.latest));
  expect(seen.map((each) => [each?.used, each?.reserved, each?.liveBlocks])).toEqual([
    [1000, 2000, 7],
    [1500, 2000, 7],
    [3000, 3000, 7],
  ]);
});
