// What the built-in tests do, where it is more than one workload.
import { useCaches, useStructures } from './tester_structures.js';
import type { TestContext } from './tester_types.js';

export const bodies = { checkReallocate, compact, detectLeaks, useCaches, useStructures };

/** A leak is planted first: where that isn't seen, it would mean nothing that none is found afterwards. */
async function detectLeaks(context: TestContext): Promise<void> {
  const planted = await context.measure({ workload: 'leaky', reference: false, maxUnits: 32, durationMs: 10_000 });
  // Addresses are compared over the second half of the rounds only.
  const expected = planted.leakEvidence === 'heap' ? planted.plantedBytes : planted.plantedBytes / 4;
  if (planted.leakedBytes < expected) {
    throw new Error(
      `a leak of ${planted.plantedBytes} bytes was planted, and ${planted.leakedBytes} were seen (${planted.leakEvidence}): leaks of this module can't be told`,
    );
  }
  await context.measure({ workload: 'clean' });
}

async function compact(context: TestContext): Promise<void> {
  const { movedBytes } = await context.measure({ workload: 'fragmentation', movable: true });
  if (movedBytes === 0) throw new Error('compaction moved nothing, though three of four blocks were freed');
}

/** Realloc keeps content: in another module's memory, that can't be checked from within the workload. */
function checkReallocate(context: TestContext): void {
  const functions = context.allocatorFunctions();
  if (functions === null) return; // the workload itself checks it
  const [allocate, free, reallocate] = functions;
  if (reallocate === null) return;
  const { watched } = context;
  for (const [from, to] of [
    [16, 40],
    [100, 5000],
    [5000, 70_000],
    [70_000, 300],
    [300, 8],
  ] as const) {
    const block = allocate(from) >>> 0;
    if (block === 0) throw new Error(`the allocator refused ${from} bytes`);
    new Uint8Array(watched.buffer, block, from).forEach((_, i, bytes) => (bytes[i] = i * 7 + 1));
    const moved = reallocate(block, to) >>> 0;
    if (moved === 0) {
      free(block);
      throw new Error(`the allocator refused to resize ${from} bytes to ${to}`);
    }
    const kept = new Uint8Array(watched.buffer, moved, Math.min(from, to)).every(
      (byte, i) => byte === ((i * 7 + 1) & 255),
    );
    free(moved);
    if (!kept) throw new Error(`the allocator is broken: realloc from ${from} to ${to} bytes lost content`);
  }
}
