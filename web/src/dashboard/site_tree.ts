// Allocation sites as a tree of frames, outermost first: what the icicle is drawn from.
import type { Site } from './source.js';

export type Measure = 'live' | 'total' | 'temporary' | 'peak';

export interface Frame {
  name: string;
  /** Bytes of this frame and all inside; of a difference they may be negative. */
  bytes: number;
  blocks: number;
  /** What a frame's width stands for: bytes, or the sum of the absolute differences inside. */
  weight: number;
  parent: Frame | null;
  children: Frame[];
  depth: number;
}

export function bytesOf(site: Site, measure: Measure): number {
  switch (measure) {
    case 'live':
      return site.liveBytes;
    case 'total':
      return site.totalBytes;
    case 'temporary':
      return site.temporaryBytes ?? Math.max(0, site.totalBytes - site.liveBytes);
    case 'peak':
      return site.peakBytes ?? 0;
  }
}

function blocksOf(site: Site, measure: Measure): number {
  if (measure === 'live') return site.liveBlocks;
  return measure === 'total' ? site.totalBlocks : 0;
}

/** The sites as a tree; with `before`, the difference of the two moments. Children are sorted by weight. */
export function treeOf(sites: readonly Site[], measure: Measure, before?: readonly Site[] | null): Frame {
  const root: Frame = { name: 'all', bytes: 0, blocks: 0, weight: 0, parent: null, children: [], depth: 0 };
  const children = new Map<Frame, Map<string, Frame>>();
  const leaves = new Map<Frame, number>();
  const add = (site: Site, sign: number): void => {
    const bytes = bytesOf(site, measure) * sign;
    const blocks = blocksOf(site, measure) * sign;
    if (bytes === 0 && blocks === 0) return;
    let frame = root;
    frame.bytes += bytes;
    frame.blocks += blocks;
    const names = site.stack.length > 0 ? site.stack : ['(unknown site)'];
    for (let i = names.length - 1; i >= 0; --i) {
      const name = names[i] ?? '';
      let known = children.get(frame);
      if (!known) children.set(frame, (known = new Map<string, Frame>()));
      let child = known.get(name);
      if (!child) {
        child = { name, bytes: 0, blocks: 0, weight: 0, parent: frame, children: [], depth: frame.depth + 1 };
        known.set(name, child);
        frame.children.push(child);
      }
      frame = child;
      frame.bytes += bytes;
      frame.blocks += blocks;
    }
    leaves.set(frame, (leaves.get(frame) ?? 0) + bytes);
  };
  for (const site of sites) add(site, 1);
  for (const site of before ?? []) add(site, -1);
  weigh(root, leaves);
  return root;
}

function weigh(frame: Frame, leaves: Map<Frame, number>): void {
  frame.weight = Math.abs(leaves.get(frame) ?? 0);
  for (const child of frame.children) {
    weigh(child, leaves);
    frame.weight += child.weight;
  }
  frame.children = frame.children.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
}

export function depthOf(frame: Frame): number {
  return frame.children.reduce((deepest, child) => Math.max(deepest, depthOf(child)), frame.depth);
}

export function pathOf(frame: Frame): string[] {
  const path: string[] = [];
  for (let at: Frame | null = frame; at?.parent; at = at.parent) path.unshift(at.name);
  return path;
}

/** The frame of another tree with the same path, as deep as there is one. */
export function sameFrame(root: Frame, path: readonly string[]): Frame {
  let frame = root;
  for (const name of path) {
    const child = frame.children.find((each) => each.name === name);
    if (!child) break;
    frame = child;
  }
  return frame;
}
