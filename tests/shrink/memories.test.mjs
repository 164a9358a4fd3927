// Programs that grow their memory themselves, and JavaScript that keeps the memory, or brings one.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'vitest';
import { build, shrinkAfterPeak, start } from './support/program.mjs';

const module = ['-O2', '-sMODULARIZE', '-sEXPORT_ES6', '--no-entry'];
const withMemory = '-sEXPORTED_RUNTIME_METHODS=wasmMemory,HEAPU8';

const valueIn = (memory, program) => new Uint32Array(memory.buffer)[program._get_value() / 4];

test('memory that a program has grown by itself stays, also in front of all that malloc has', async () => {
  const program = await start('memories.c', [...module, withMemory]);
  const { memoryBytes } = program.tidemark.stats();
  program._take_memory(100);
  assert.equal(program.tidemark.stats().memoryBytes, memoryBytes + (100 << 16));
  assert.equal(program.tidemark.benefit().returnedBytes, 0);
  program.tidemark.shrink();
  assert.equal(program._is_whole(), 1);
  await program.tidemark.shrinkSoon();
  assert.equal(program._is_whole(), 1);
  shrinkAfterPeak(program);
  assert.equal(program._is_whole(), 1);
  assert.equal(program.HEAPU8.length, program.tidemark.stats().memoryBytes);
});

test('memory that a program has grown beforehand is malloc’s, and comes back', async () => {
  const program = await start('memories.c', [...module, withMemory]);
  assert.equal(program._reserve(200 << 20), 1);
  for (let round = 0; round < 2; ++round) {
    assert.equal(program._peak(150 << 20), 1);
    assert.equal(program.tidemark.stats().memoryBytes, 200 << 20);
    const { returnedBytes } = program.tidemark.shrink();
    assert.ok(returnedBytes > 180 << 20, `${returnedBytes} bytes came back`);
    assert.equal(program._reserve(200 << 20), 1);
  }
});

describe('a memory that JavaScript has made larger than the module asks for is malloc’s', () => {
  const imported = ['-sALLOW_MEMORY_GROWTH', '-sIMPORTED_MEMORY', '-sINITIAL_MEMORY=16MB', '-sMAXIMUM_MEMORY=128MB'];
  for (const runtime of [false, true]) {
    for (const [how, argument] of [
      ['INITIAL_MEMORY', () => ({ INITIAL_MEMORY: 96 << 20 })],
      ['wasmMemory', () => ({ wasmMemory: new WebAssembly.Memory({ initial: 96 << 4, maximum: 128 << 4 }) })],
    ]) {
      test(`${how}, ${runtime ? 'with the runtime' : 'malloc alone'}`, async () => {
        const file = await build('memories.c', [...module, withMemory, ...imported], { runtime });
        const { default: create } = await import(pathToFileURL(file).href);
        const program = await create(argument());
        assert.equal(program._peak(80 << 20), 1);
        assert.equal(program._get_memory_bytes(), 96 << 20);
        if (!runtime) return;
        assert.ok(program.tidemark.shrink().returnedBytes > 64 << 20);
        shrinkAfterPeak(program);
      });
    }
  }
});

describe('a memory that JavaScript has kept', () => {
  for (const [whose, flags, argument] of [
    ['goes on', [], () => ({})],
    [
      'and has brought goes on',
      ['-sIMPORTED_MEMORY', '-sINITIAL_MEMORY=16MB'],
      () => ({ wasmMemory: new WebAssembly.Memory({ initial: 256, maximum: 65536 }) }),
    ],
  ]) {
    test(whose, async () => {
      const given = argument();
      const program = await start('memories.c', [...module, withMemory, ...flags], given);
      const kept = [given.wasmMemory ?? program.wasmMemory];
      for (let round = 2; round < 5; ++round) {
        shrinkAfterPeak(program);
        program._set_value(round);
        await Promise.resolve();
        kept.push(program.wasmMemory);
        for (const memory of kept) {
          assert.equal(valueIn(memory, program), round);
          assert.equal(memory.buffer, program.HEAPU8.buffer);
        }
      }
      const pages = kept[0].grow(1);
      assert.equal(program.wasmMemory.buffer.byteLength, (pages + 1) << 16);
      assert.equal(program.tidemark.stats().memoryBytes, (pages + 1) << 16);
    });
  }
});
