// Programs that cannot be moved at all are told so before anything is touched.
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { start } from './support/program.mjs';

const libraries = 900_000; // ms: the first program of its kind on a machine waits until Emscripten has built its libraries

describe('a program that cannot be moved', () => {
  for (const flag of ['-sMAIN_MODULE=2', '-sSPLIT_MODULE']) {
    test(
      flag,
      async () => {
        const methods = '-sEXPORTED_RUNTIME_METHODS=wasmMemory';
        const program = await start('core.c', ['-O1', '-sMODULARIZE', '-sEXPORT_ES6', methods, flag], { print() {} });
        program._fill();
        program._thin(20);
        program._peak(64 << 20);
        const { wasmMemory, tidemark, _bump: bump } = program;
        const before = tidemark.stats();
        const { buffer } = wasmMemory;
        let notified = false;
        tidemark.onShrink(() => (notified = true));
        const refusal = { name: 'TidemarkError', code: 'not-supported', message: /MAIN_MODULE, SPLIT_MODULE/ };
        assert.throws(() => tidemark.shrink(), refusal);
        await assert.rejects(tidemark.shrinkSoon(), refusal);
        assert.equal(tidemark.benefit().returnedBytes, 0);
        assert.equal(notified, false);
        assert.equal(program.wasmMemory, wasmMemory);
        assert.equal(wasmMemory.buffer, buffer);
        assert.deepEqual(tidemark.stats(), before);
        assert.equal(program._verify(), 1000);
        assert.deepEqual([bump(), program._bump()], [8, 9]);
      },
      libraries,
    );
  }
});
