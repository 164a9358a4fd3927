// What `npm start` understands and says.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadArgument, readArguments } from '../../../scripts/start/arguments.mjs';
import { verdict } from '../../../scripts/start/verdict.mjs';
import { fragmentation, fullOrders } from '../measure.mjs';
import { asBytes, asCount, asMs, asPercent, fullest, median, summarize } from '../summary.mjs';
import { comparisonTable, sizeClassTable } from '../terminal_report.mjs';

const root = join(import.meta.dirname, '../../..');

describe('the arguments', () => {
  it('have values where none are given', () => {
    expect(readArguments([])).toEqual({ once: false, port: 8080, orders: fullOrders, runs: 3 });
  });

  it('are read in both spellings', () => {
    expect(readArguments(['--once', '--port', '9000', '--runs=1'])).toMatchObject({ once: true, port: 9000, runs: 1 });
  });

  it.each([
    [['--port', 'http'], '--port: http was given, and a whole number from 0 to 65535 is expected'],
    [['--port=65536'], '--port: 65536 was given, and a whole number from 0 to 65535 is expected'],
    [['--port'], '--port: no value was given, and a whole number from 0 to 65535 is expected'],
    [['--runs', '0'], '--runs: 0 was given, and a whole number from 1 to 99 is expected'],
    [['--orders', '-5'], '--orders: -5 was given, and a whole number from 1 to 10000000 is expected'],
    [['--twice'], '--twice: no such argument; expected are --once, --port N, --orders N, --runs N'],
    [['once'], 'once: no such argument; expected are --once, --port N, --orders N, --runs N'],
  ])('%j are refused in one line', (words, line) => {
    expect(() => readArguments(words)).toThrow(new BadArgument(line));
  });

  it('that are wrong end the program with 2 before anything is set up', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/start.mjs'), '--port', 'x'], {
      encoding: 'utf8',
      env: {}, // without a PATH no set-up could begin
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: '--port: x was given, and a whole number from 0 to 65535 is expected\n',
    });
  });
});

describe('numbers in words', () => {
  it('have a unit that fits', () => {
    expect([0, 1023, 1024, 2 ** 20, 130.8 * 2 ** 20].map(asBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.0 MiB',
      '130.8 MiB',
    ]);
    expect([0.4, 999, 1000].map(asMs)).toEqual(['0 ms', '999 ms', '1.00 s']);
    expect(asCount(17_372)).toBe('17,372');
  });

  it('are a dash when a malloc cannot tell', () => {
    expect([asBytes, asCount, asMs, asPercent].map((format) => format(null))).toEqual(['–', '–', '–', '–']);
    expect(fragmentation({ freeBytes: 8, largestFreeBytes: null })).toBe(null);
  });

  it('of fragmentation go from 0, all in one piece, towards 1', () => {
    expect(fragmentation({ freeBytes: 0, largestFreeBytes: 0 })).toBe(0);
    expect(fragmentation({ freeBytes: 100, largestFreeBytes: 100 })).toBe(0);
    expect(fragmentation({ freeBytes: 100, largestFreeBytes: 25 })).toBe(0.75);
  });
});

describe('the verdict', () => {
  const good = (allocator, ...digests) => ({ allocator, code: 0, message: null, digests });

  it('is good when all digests are equal', () => {
    expect(verdict([good('tidemark', 'feed'), good('dlmalloc', 'feed')])).toEqual({
      equal: true,
      line: 'Every query gave the same rows on all of them: digest feed.',
    });
  });

  it('names the digests when one malloc differs, or one run', () => {
    expect(verdict([good('tidemark', 'dead'), good('dlmalloc', 'feed', 'beef')])).toEqual({
      equal: false,
      line: 'The results are NOT the same on all mallocs. Digests: tidemark dead, dlmalloc feed and beef',
    });
  });

  it('names what failed', () => {
    const failed = { allocator: 'tidemark', code: 7, message: 'out of memory', digests: [null] };
    expect(verdict([failed, good('dlmalloc', 'feed')])).toEqual({
      equal: false,
      line: 'SQLite on tidemark failed: out of memory (7)',
    });
  });
});

describe('the tables', () => {
  const heap = (more) => ({
    usedBytes: null,
    reservedBytes: 2 ** 20,
    peakReservedBytes: null,
    freeBytes: null,
    largestFreeBytes: null,
    topFreeBytes: null,
    liveBlocks: null,
    freeBlocks: null,
    metadataBytes: null,
    sizeClasses: [],
    ...more,
  });
  const sizeClasses = [
    { blockBytes: 16, liveBlocks: 3, freeBlocks: 61, slabs: 1 },
    { blockBytes: 0, liveBlocks: 2, freeBlocks: 0, slabs: 0 },
  ];
  const oneRun = (allocator, [insertMs, vacuumMs], more) => ({
    allocator,
    code: 0,
    digest: 'feed',
    phases: [
      { name: 'insert', ms: insertMs, heldBytes: 900, heldBlocks: 5, heap: heap(more) },
      { name: 'vacuum', ms: vacuumMs, heldBytes: 100, heldBlocks: 1, heap: heap(more) },
    ],
    totalMs: insertMs + vacuumMs,
    peakMemoryBytes: 2 ** 21,
    finalMemoryBytes: 2 ** 21,
    peakHeldBytes: 1000,
    closed: { heap: heap(more) },
  });
  const tidemark = summarize([
    oneRun('tidemark', [10, 5], { liveBlocks: 5, sizeClasses }),
    oneRun('tidemark', [30, 1], { liveBlocks: 5, sizeClasses }),
    oneRun('tidemark', [20, 9], { liveBlocks: 5, sizeClasses }),
  ]);
  const dlmalloc = summarize([oneRun('dlmalloc', [1500, 7])]);
  const cells = (table, label) => {
    const line = table.split('\n').find((row) => row.includes(label));
    return line
      ?.split('│')
      .slice(2, -1)
      .map((cell) => cell.trim());
  };

  it('take the median of each phase and of the whole', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    const table = comparisonTable([tidemark, dlmalloc]);
    expect(cells(table, 'insert ')).toEqual(['20 ms', '1.50 s']);
    expect(cells(table, 'all phases')).toEqual(['29 ms', '1.51 s']);
  });

  it('stand for the run that failed, when one did', () => {
    const failed = { ...oneRun('tidemark', [10, 5]), code: 7, digest: null, message: 'out of memory' };
    failed.phases.pop();
    const summary = summarize([oneRun('tidemark', [20, 5]), failed]);
    expect(summary).toMatchObject({ code: 7, message: 'out of memory', digests: ['feed', null] });
    expect(summary.phases.map(({ ms }) => ms)).toEqual([15]);
  });

  it('show a dash for what only the other can tell', () => {
    const table = comparisonTable([tidemark, dlmalloc]);
    expect(cells(table, 'blocks in use')).toEqual(['5', '–']);
    expect(cells(table, 'largest free block')).toEqual(['–', '–']);
  });

  it('show the heap when SQLite holds most, and its size classes', () => {
    expect(fullest(tidemark).name).toBe('insert');
    expect(comparisonTable([tidemark, dlmalloc])).toContain('SQLITE HOLDS 900 B IN 5 BLOCKS');
    const classes = sizeClassTable(tidemark);
    expect(classes).toMatch(/16 B │ +3 │ +61 │ +1 │/);
    expect(classes).toMatch(/larger │ +2 │ +– │ +– │/);
    expect(sizeClassTable(dlmalloc)).toBe('');
  });
});
