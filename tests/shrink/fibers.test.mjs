// Fibers of Asyncify that are suspended while the program is moved: each goes on where it was.
import assert from 'node:assert/strict';
import { test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

for (const flags of [['-O2'], ['-O1', '-sASSERTIONS']]) {
  test(`fibers go on after a shrink, ${flags.join(' ')}`, async () => {
    const program = await start('fibers.c', ['--no-entry', '-sASYNCIFY', '-sMODULARIZE', '-sEXPORT_ES6', ...flags]);
    program._start_fibers();
    let sum = 0;
    for (let round = 1; round <= 10; ++round) {
      sum += round;
      for (const fiber of [0, 1, 2]) {
        program._turn_of(fiber);
        assert.equal(program._sum_of(fiber), sum * (fiber + 1));
      }
      shrinkAfterPeak(program);
    }
  });
}
