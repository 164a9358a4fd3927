// -sMODULARIZE=instance: a script with one program, whose functions are the script's own exports.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'vitest';
import { build } from './support/program.mjs';

describe('a program that is a script of its own', () => {
  for (const optimised of [
    ['-O0', '-sASSERTIONS=2'],
    ['-O2', '-sEXPORTED_RUNTIME_METHODS=HEAPU8'],
  ]) {
    test(optimised.join(' '), async () => {
      const flags = [
        '-sALLOW_MEMORY_GROWTH',
        '-sMODULARIZE=instance',
        '-sEXPORT_ES6',
        '-Wno-experimental',
        ...optimised,
      ];
      const program = await import(pathToFileURL(await build('core.c', flags)).href);
      const { default: init, tidemark } = program;
      assert.throws(() => tidemark.shrink(), { name: 'TidemarkError', code: 'busy' });
      await init({ print() {} });
      const kept = program._bump;
      const heard = [];
      tidemark.onShrink((report) => heard.push(report));
      program._fill();
      program._thin(20);
      for (let round = 0; round < 3; ++round) {
        program._peak(64 << 20);
        const { returnedBytes } = round === 1 ? await tidemark.shrinkSoon() : tidemark.shrink();
        assert.ok(returnedBytes >= 64 << 20, `${returnedBytes} bytes came back`);
        assert.deepEqual([kept(), program._bump()], [8 + 2 * round, 9 + 2 * round]);
        assert.equal(program._verify(), 1000);
      }
      if (program.HEAPU8) assert.equal(program.HEAPU8.length, tidemark.stats().memoryBytes);
      assert.equal(heard.length, 3);
    });
  }
});
