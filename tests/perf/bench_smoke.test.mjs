// The benchmark itself: every program runs on every allocator, and comes to the same result. No time is looked at.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { run } from '../../scripts/environment.mjs';
import { programNames } from './groups/programs.mjs';
import { sectionBytes } from './groups/size.mjs';
import { parseOptions } from './runner/options.mjs';
import { geometricMean, median, ratioToBest } from './runner/statistics.mjs';

const bench = fileURLToPath(new URL('bench.mjs', import.meta.url));
const buildTimeout = 1_800_000; // ms: the first time, every program is built for four allocators
const allocators = ['dlmalloc', 'emmalloc', 'mimalloc', 'tidemark'];
const runBench = (...args) => run(process.execPath, [bench, ...args], { capture: true, mayFail: true });

test(
  'programs and ageing end with one checksum on every allocator',
  async () => {
    const { code, stdout, stderr } = await runBench('programs', 'ageing', '--quick', '--json', '-');
    assert.equal(code, 0, stderr);
    const { groups } = JSON.parse(stdout);
    assert.deepEqual(
      groups.programs.rows.map((row) => row.name),
      programNames,
    );
    assert.equal(groups.ageing.rows.length, 3);
    for (const row of [...groups.programs.rows, ...groups.ageing.rows]) {
      assert.deepEqual(Object.keys(row.checksum).sort(), allocators, row.name);
      assert.equal(new Set(Object.values(row.checksum)).size, 1, `${row.name}: ${JSON.stringify(row.checksum)}`);
      for (const name of allocators) assert.ok(row.memoryBytes[name] > 0, `${row.name} on ${name}`);
    }
  },
  buildTimeout,
);

test('what is not known is named in one line, with exit code 2', async () => {
  for (const [args, line] of [
    [
      ['mirco'],
      "bench: unknown group 'mirco': there are micro, programs, real, ageing, size, tiny, growth, startup, profiler, structures, leaks, manager, shrink, dashboard\n",
    ],
    [['--allocators', 'jemalloc'], `bench: unknown allocator 'jemalloc': there are ${allocators.join(', ')}\n`],
    [['--fast'], 'bench: unknown option --fast (see --help)\n'],
    [['--json'], 'bench: --json needs a value\n'],
    [['--repetitions', 'many'], 'bench: --repetitions needs a number, 1 or more\n'],
  ]) {
    const { code, stdout, stderr } = await runBench(...args);
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: line });
  }
});

test('groups and allocators keep the order of the tables', () => {
  const known = { groups: ['micro', 'ageing'], allocators };
  assert.deepEqual(parseOptions(['ageing', 'micro'], known).groups, ['micro', 'ageing']);
  assert.deepEqual(parseOptions(['--allocators=tidemark,dlmalloc'], known).allocators, ['dlmalloc', 'tidemark']);
  assert.deepEqual(parseOptions([], known).groups, known.groups);
});

test('medians, means and ratios', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Math.abs(geometricMean([2, 8]) - 4) < 1e-12);
  assert.equal(ratioToBest({ dlmalloc: 4, emmalloc: 5, tidemark: 2 }), 0.5);
  assert.equal(ratioToBest({ dlmalloc: 4 }), undefined);
});

test('the sections of a module are measured', () => {
  // Magic and version; an empty type section; a code section of 3 bytes; a data section whose length 130 takes two bytes.
  const module = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0, 10, 3, 0, 0, 0, 11, 0x82, 1, ...Array(130).fill(0)];
  assert.deepEqual(sectionBytes(Uint8Array.from(module)), { code: 3, data: 130 });
});
