// Chrome's sampling heap profile (.heapprofile; HeapProfiler.SamplingHeapProfile of the DevTools protocol): what is alive.
import type { ProfileData } from './profile_data.js';
import { stackTree, type StackNode } from './frame_tables.js';

interface HeapProfileNode {
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  selfSize: number;
  id: number;
  children: HeapProfileNode[];
}

export function toChromeHeapProfile(data: ProfileData): { head: HeapProfileNode; samples: object[] } {
  const samples: object[] = [];
  let nextId = 1;
  const convert = ({ frame, children, sites }: StackNode): HeapProfileNode => {
    const id = nextId++;
    const liveBytes = sites.reduce((sum, site) => sum + site.liveBytes, 0);
    if (liveBytes > 0) samples.push({ size: liveBytes, nodeId: id, ordinal: samples.length + 1 });
    return {
      // Lines and columns count from 0 there.
      callFrame: {
        functionName: frame?.name ?? '(root)',
        scriptId: '0',
        url: frame?.file ?? '',
        lineNumber: Math.max((frame?.line ?? 0) - 1, -1),
        columnNumber: Math.max((frame?.column ?? 0) - 1, -1),
      },
      selfSize: liveBytes,
      id,
      children: children.map(convert),
    };
  };
  return { head: convert(stackTree(data.sites)), samples };
}
