// SQLite on Tidemark gives what SQLite gives, and when memory ends it says so and stays whole.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { measureInNode } from '../measure_in_node.mjs';
import { allocators, measure, moduleFile, SQLITE_NOMEM } from '../measure.mjs';
import { limitMemory } from './limit_memory.mjs';

const folder = join(import.meta.dirname, '../../../build/wasm/examples/sqlite/page');
const mebibyte = 2 ** 20;

/** In this process. `maximumBytes` is a limit of linear memory. */
async function measureHere(allocator, orders, maximumBytes) {
  const path = join(folder, moduleFile(allocator));
  const { default: createSqlite } = await import(pathToFileURL(path).href);
  const wasm = await readFile(path.replace(/\.mjs$/, '.wasm'));
  return measure(createSqlite, {
    allocator,
    orders,
    wasmBinary: maximumBytes ? limitMemory(wasm, maximumBytes) : wasm,
  });
}

describe('the workload', () => {
  it('gives the same rows on all four mallocs', async () => {
    // Some 12 MiB at the peak: every phase has more to do than one page of anything.
    const orders = 20_000;
    const digests = [];
    for (const allocator of allocators) {
      const { code, digest } = await measureInNode({ folder, allocator, orders });
      expect(code, allocator).toBe(0);
      digests.push(digest);
    }
    expect(digests).toEqual(Array(allocators.length).fill(digests[0]));
    expect(digests[0]).toMatch(/^[0-9a-f]{16}$/);
  }, 120_000);

  it('is the same every time, and another one with one order more', async () => {
    const first = await measureHere('tidemark', 2000);
    const again = await measureHere('tidemark', 2000);
    const more = await measureHere('tidemark', 2001);
    expect(again.digest).toBe(first.digest);
    expect(more.digest).not.toBe(first.digest);
  }, 120_000);

  it('leaves nothing behind, and Tidemark counts what SQLite counts', async () => {
    const { phases, closed } = await measureHere('tidemark', 2000);
    expect(closed.heldBytes).toBe(0);
    expect(closed.heldBlocks).toBe(0);
    for (const { name, heldBytes, heldBlocks, heap } of phases) {
      // The blocks that are not SQLite's are those that Tidemark still counts when the database is closed.
      expect(heap.liveBlocks, name).toBe(heldBlocks + closed.heap.liveBlocks);
      expect(heap.usedBytes, name).toBeGreaterThanOrEqual(heldBytes);
      const inClasses = heap.sizeClasses.reduce((sum, { liveBlocks }) => sum + liveBlocks, 0);
      expect(inClasses, name).toBe(heap.liveBlocks);
    }
  });
});

describe('when linear memory ends', () => {
  // mimalloc isn't among them: it takes 64 MiB before anything else.
  for (const allocator of ['tidemark', 'dlmalloc', 'emmalloc']) {
    it(`SQLite on ${allocator} says so, and its database is whole`, async () => {
      // 4000 orders need some 4 MiB, and the program starts with 2: from too little for the schema's successors to enough.
      const outcomes = [];
      for (let maximumBytes = 2 * mebibyte; maximumBytes <= 6 * mebibyte; maximumBytes += mebibyte / 2) {
        const { code, message, check, peakMemoryBytes, closed } = await measureHere(allocator, 4000, maximumBytes);
        const where = `${maximumBytes / mebibyte} MiB`;
        outcomes.push(code);
        expect(peakMemoryBytes, where).toBeLessThanOrEqual(maximumBytes);
        expect(closed.heldBlocks, where).toBe(0);
        if (code === 0) continue;
        expect(code, where).toBe(SQLITE_NOMEM);
        expect(message, where).toBe('out of memory');
        expect(check, where).toBe('ok');
      }
      expect(outcomes[0]).toBe(SQLITE_NOMEM);
      expect(outcomes.at(-1)).toBe(0);
    }, 180_000);
  }
});
