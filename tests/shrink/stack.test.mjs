// Where the stack lies, which a collector of garbage asks and checks look at, is the same after a shrink.
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

const variants = [
  ['-O2'],
  ['-O2', '-sSTACK_OVERFLOW_CHECK=1'],
  ['-O1', '-sSTACK_OVERFLOW_CHECK=2'],
  ['-O2', '-sASYNCIFY'],
];

describe('the limits of the stack', () => {
  for (const flags of variants) {
    test(flags.join(' '), async () => {
      const program = await start('stack.c', ['--no-entry', '-sMODULARIZE', '-sEXPORT_ES6', ...flags]);
      const limits = () => [program._stack_base(), program._stack_end(), program._stack_free()];
      const before = limits();
      const found = program._found_on_stack();
      assert.ok(before[0] > before[1] && found >= 3, `${before}, ${found} found`);
      for (let round = 0; round < 3; ++round) {
        // The first one, which finds out where data segments write, in the background.
        if (round > 0) shrinkAfterPeak(program);
        else await program.tidemark.shrinkSoon();
        assert.deepEqual(limits(), before);
        assert.equal(program._found_on_stack(), found);
      }
    });
  }
});
