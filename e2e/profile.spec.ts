// The profiler in browsers: their stacks are named by DWARF.
import { calls, profilePlaces } from './places.js';
import { expect, test } from './server.js';

test('DWARF names places and inlined functions', async ({ page, site }) => {
  const { stacks } = await profilePlaces(page, site);
  const named = stacks.map((stack) =>
    stack
      .filter((line) => line.includes('places.cpp:'))
      .map((line) => line.replace(/^([\w:]+)(\(.*?\))? \(.*\/(places\.cpp:\d+)(:\d+)?\)$/, '$1 $3')),
  );
  expect(named.map((stack) => stack.map((line) => line.split(' ')[0])).sort()).toEqual(
    calls.map(([, functions]) => [...functions]).sort(),
  );
  for (const line of named.flat()) expect(line).toMatch(/^[\w:]+ places\.cpp:\d+$/);
});
