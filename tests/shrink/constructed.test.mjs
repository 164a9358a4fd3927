// What constructors that the linker ran have left on the heap is in every new instance's memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { test } from 'vitest';
import { build, shrinkAfterPeak } from './support/program.mjs';

test('with -sEVAL_CTORS, memory that calloc gives is zero', async () => {
  const flags = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sEVAL_CTORS=2', '-sMODULARIZE', '-sEXPORT_ES6'];
  const file = await build('constructed.cpp', flags);
  assert.ok(readFileSync(file.replace('.mjs', '.wasm')).includes(Buffer.alloc(1000, 0xaa)));
  const { default: create } = await import(pathToFileURL(file).href);
  const program = await create();
  program._drop_early();
  for (let round = 0; round < 3; ++round) {
    shrinkAfterPeak(program);
    for (const bytes of [100, 4000, 20000, 70000]) assert.equal(program._count_bytes_not_zero(bytes), 0);
  }
  program._peak(64 << 20);
  await program.tidemark.shrinkSoon();
  assert.equal(program._count_bytes_not_zero(4000), 0);
});
