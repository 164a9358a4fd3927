import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { heapStatsFields, sizeClassFields } from '../src/heap_stats.js';
import { readHeapStats, TidemarkError, type LinkedModule } from 'tidemark';
import { loadProgram, type Program } from './program.js';

const mib = 1024 * 1024;

describe('a program linked with Tidemark', () => {
  let program: Program;
  beforeEach(async () => {
    program = await loadProgram('linked');
  });

  test('a block that is held is live, and one that was let go is not', () => {
    const before = readHeapStats(program);
    const block = program._hold(3 * mib);
    const held = readHeapStats(program);
    program._let_go(block);
    const after = readHeapStats(program);

    expect(held.liveBlocks).toBe(before.liveBlocks + 1);
    expect(held.liveBytes - before.liveBytes).toBeGreaterThanOrEqual(3 * mib);
    expect(held.largestFreeBytes).toBeLessThanOrEqual(held.freeBytes);
    expect(after.liveBlocks).toBe(before.liveBlocks);
    expect(after.liveBytes).toBe(before.liveBytes);
    expect(after.peakReservedBytes).toBe(held.peakReservedBytes);
  });

  test('reading allocates nothing and leaves the stack as it was', () => {
    program._hold(100);
    const stack = program.stackSave();
    const first = readHeapStats(program);
    expect(readHeapStats(program)).toEqual(first);
    expect(program.stackSave()).toBe(stack);
  });

  test('memory is the whole linear memory, also after it has grown', () => {
    const before = readHeapStats(program);
    expect(before.memoryBytes).toBe(program.HEAPU8.byteLength);
    program._hold(64 * mib);
    const after = readHeapStats(program);
    expect(after.memoryBytes).toBe(program.HEAPU8.byteLength);
    expect(after.memoryBytes).toBeGreaterThanOrEqual(before.memoryBytes + 48 * mib); // 16 MiB are there at the start
  });

  test('the size classes add up to the live bytes and blocks', () => {
    for (let bytes = 1; bytes <= 4096; bytes *= 2) program._hold(bytes);
    const { liveBytes, liveBlocks, sizeClasses } = readHeapStats(program);
    const sum = (pick: (row: (typeof sizeClasses)[number]) => number): number =>
      sizeClasses.reduce((total, row) => total + pick(row), 0);

    expect(sum((row) => row.liveBytes)).toBe(liveBytes);
    expect(sum((row) => row.liveBlocks)).toBe(liveBlocks);
    expect(sizeClasses.find((row) => row.blockBytes === 64)?.liveBlocks).toBeGreaterThanOrEqual(1);
    expect(sizeClasses.at(-1)?.blockBytes).toBe(0);
  });

  test('fragmentation is a ratio, and 0 where all that is free lies together', () => {
    const blocks = Array.from({ length: 64 }, () => program._hold(64 * 1024));
    blocks.forEach((block, index) => {
      if (index % 2 === 0) program._let_go(block);
    });
    const { fragmentation, freeBytes, largestFreeBytes } = readHeapStats(program);
    expect(fragmentation).toBe(1 - largestFreeBytes / freeBytes);
    expect(fragmentation).toBeGreaterThan(0);
    expect(fragmentation).toBeLessThan(1);
  });
});

describe('what is not such a program', () => {
  const codeOf = (module: unknown): { code: string; message: string } => {
    try {
      readHeapStats(module as LinkedModule);
    } catch (error) {
      if (error instanceof TidemarkError) return error;
      throw error;
    }
    throw new Error('no error was thrown');
  };

  test('an Emscripten Module without Tidemark is not supported', async () => {
    const { code, message } = codeOf(await loadProgram('unlinked'));
    expect(code).toBe('not-supported');
    expect(message).toContain('_tidemark_get_heap_stats, _tidemark_get_size_class_stats not exported');
  });

  test.each([
    [undefined, 'undefined was given'],
    [null, 'null was given'],
    [7, '7 was given'],
    [{}, 'HEAPU8 is not there'],
  ])('%o is an invalid module', (given, words) => {
    const { code, message } = codeOf(given);
    expect(code).toBe('invalid-module');
    expect(message).toContain(words);
  });
});

test('the fields are those of tidemark/heap_stats.h, in its order', () => {
  const header = readFileSync(new URL('../../src/tidemark/heap_stats.h', import.meta.url), 'utf8');
  const fieldsOf = (struct: string): string[] => {
    const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(header)?.[1] ?? '';
    return Array.from(body.matchAll(/size_t (\w+);/g), ([, name = '']) =>
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
  };
  expect(fieldsOf('tidemark_heap_stats')).toEqual([...heapStatsFields]);
  expect(fieldsOf('tidemark_size_class_stats')).toEqual([...sizeClassFields]);
});
