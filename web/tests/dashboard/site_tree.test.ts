import { expect, test } from 'vitest';
import { depthOf, pathOf, sameFrame, treeOf } from '../../src/dashboard/site_tree.js';
import type { Site } from '../../src/dashboard/source.js';

const site = (stack: string[], liveBytes: number, totalBytes = liveBytes): Site => ({
  ...{ stack, liveBytes, totalBytes, liveBlocks: 1, totalBlocks: 2, temporaryBytes: null, peakBytes: 3 * liveBytes },
});
const sites = [
  site(['parse', 'load', 'main'], 30, 90),
  site(['grow', 'main'], 50),
  site(['load', 'main'], 5),
  site([], 1),
];

test('frames add up, the heaviest first; outermost at the top', () => {
  const root = treeOf(sites, 'live');
  expect(root).toMatchObject({ bytes: 86, blocks: 4, weight: 86 });
  expect(root.children.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['main', 85],
    ['(unknown site)', 1],
  ]);
  const [main] = root.children;
  expect(main?.children.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['grow', 50],
    ['load', 35],
  ]);
  expect(depthOf(root)).toBe(3);
  const parse = sameFrame(root, ['main', 'load', 'parse', 'deeper']);
  expect(pathOf(parse)).toEqual(['main', 'load', 'parse']);
  expect(sameFrame(root, ['elsewhere'])).toBe(root);
});

test('each measure is its own', () => {
  expect(treeOf(sites, 'total').bytes).toBe(146);
  expect(treeOf(sites, 'temporary').bytes).toBe(60); // what was allocated and is gone
  expect(treeOf(sites, 'peak').bytes).toBe(258);
});

test('a difference: what is gone is negative, what is the same isn’t there, widths are what changed', () => {
  const root = treeOf([site(['grow', 'main'], 80), site(['load', 'main'], 5)], 'live', sites);
  const [main] = root.children;
  expect(main?.children.map(({ name, bytes, weight }) => [name, bytes, weight])).toEqual([
    ['grow', 30, 30],
    ['load', -30, 30],
  ]);
  expect(main).toMatchObject({ bytes: 0, weight: 60 });
  expect(treeOf(sites, 'live', sites).children).toEqual([]);
});
