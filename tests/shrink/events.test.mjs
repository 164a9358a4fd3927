// Main loop, timers, streams, and the file system.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

const embedded = join(dirname(import.meta.filename), 'programs/embedded.txt');

async function until(holds) {
  while (!holds()) await sleep(5);
}

test('main loop, timers and files', async () => {
  const program = await start('events.c', [
    '-O1',
    '-sMODULARIZE',
    '-sEXPORT_ES6',
    '-sFORCE_FILESYSTEM',
    '-sEXPORTED_RUNTIME_METHODS=FS,stackSave',
    `--embed-file=${embedded}@/embedded.txt`,
  ]);
  await until(() => program._get_frames() > 1);
  program.FS.writeFile('/data.bin', Uint8Array.of(1, 2, 3));
  assert.equal(program._open_file(), 1);
  program._begin();
  const stack = program.stackSave();

  shrinkAfterPeak(program);
  assert.equal(program.stackSave(), stack);
  const frames = program._get_frames();
  await until(() => program._get_frames() > frames + 2);
  await until(() => program._get_calls() === 5);
  const ticks = program._get_ticks();
  await until(() => program._get_ticks() > ticks);

  assert.equal(program._write_line(), 1);
  assert.equal(program.FS.readFile('/notes.txt', { encoding: 'utf8' }), 'before\nafter\n');
  assert.deepEqual([...program.FS.readFile('/data.bin')], [1, 2, 3]);
  assert.equal(program._read_embedded(), 13);
  shrinkAfterPeak(program);
  await until(() => program._get_frames() > frames + 5);
  assert.equal(program._read_embedded(), 13);
});

test('an embedded file, of a memory that cannot grow', async () => {
  const program = await start('events.c', [
    '-O1',
    '-sMODULARIZE',
    '-sEXPORT_ES6',
    '-sALLOW_MEMORY_GROWTH=0',
    '-sINITIAL_MEMORY=32MB',
    '-sEXPORTED_RUNTIME_METHODS=FS,HEAPU8',
    '-sEXPORTED_FUNCTIONS=_main,_malloc',
    `--embed-file=${embedded}@/embedded.txt`,
  ]);
  const address = program._malloc(4);
  program.HEAPU8.set([1, 2, 3, 4], address);
  program.FS.writeFile('/owned.bin', program.HEAPU8.subarray(address, address + 4), { canOwn: true });
  for (let round = 0; round < 3; ++round) {
    program._peak(16 << 20);
    program.tidemark.shrink();
    await until(() => program.HEAPU8.length > 0);
    assert.equal(program._read_embedded(), 13);
    assert.deepEqual([...program.FS.readFile('/owned.bin')], [1, 2, 3, 4]);
  }
});

test('shrink() while shrinkSoon() makes its memory', async () => {
  const program = await start('core.c', ['-O1', '--no-entry', '-sMODULARIZE', '-sEXPORT_ES6', '-sINITIAL_HEAP=64KB']);
  program._fill();
  const waiting = program.tidemark.shrinkSoon();
  for (let turn = 0; turn < 8; ++turn) await sleep(1);
  program._thin(1 << 20);
  const { allocatedAfter } = program.tidemark.shrink();
  const report = await waiting;
  assert.ok(report.returnedBytes >= 0, `${report.returnedBytes} bytes came back`);
  assert.equal(report.allocatedAfter, allocatedAfter);
  program._fill();
  program._thin(1 << 20);
  assert.equal(program.tidemark.shrink().allocatedAfter, allocatedAfter);
});
