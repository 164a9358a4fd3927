// What a page measures with: bundled, and served beside the package (groups/structures.mjs).
import { LRUCache } from 'lru-cache';
import { measure } from './cases.mjs';

function heapBytes() {
  globalThis.gc();
  globalThis.gc();
  return performance.memory.usedJSHeapSize;
}

globalThis.measureStructure = async (tidemark, name, contender, count) => {
  const world = {
    tidemark: contender.startsWith('tidemark') ? await import(tidemark) : undefined,
    LRUCache,
    now: () => performance.now(),
    heapBytes,
  };
  return measure(world, name, contender, count);
};
