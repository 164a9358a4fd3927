// Handles across shrinks: of a table in which few are in use, those are copied, and the rest of it is zero.
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

const kibibyte = 1024;

describe('few of many handles', () => {
  test('cost what is in use, and not the table', async () => {
    const program = await start('handles.cpp', ['-O2', '-sEXPORTED_FUNCTIONS=_tidemark_movable_resolve']);
    for (let i = 0; i < 2; ++i) {
      assert.equal(program._fill(), 1); // the program's own tables, too
      assert.equal(program._keep_one_in(1 << 30), 1);
    }
    const { copiedBytes: before } = shrinkAfterPeak(program);
    assert.equal(program._fill(), 1);
    const kept = program._keep_one_in(200);
    assert.equal(kept, 300);
    const { copiedBytes } = shrinkAfterPeak(program);
    // 300 blocks of 64 bytes at most, beside 16 that each takes, lie on 6 pages; the others are of the heap's map, of what is
    // known of free slots, and of where the blocks are.
    assert.ok(program._table_bytes() > 460 * kibibyte);
    assert.ok(copiedBytes - before < 80 * kibibyte, `${copiedBytes} bytes were copied, and ${before} before`);
    assert.equal(program._whole(), kept);
    assert.notEqual(program._address_of(200), 0);
    assert.equal(program._tidemark_movable_resolve(program._handle_of(200)), program._address_of(200));
    assert.equal(program._tidemark_movable_resolve(program._handle_of(201)), 0);
    const { copiedBytes: expected } = program.tidemark.benefit();
    const { copiedBytes: found } = program.tidemark.shrink();
    assert.ok(Math.abs(expected - found) < 32 * kibibyte, `${expected} bytes were expected, and ${found} copied`);
    assert.equal(program._whole(), kept);
  });

  for (const flags of [['-O0', '-sASSERTIONS'], ['-O3'], ['-O1', '-sSAFE_HEAP']]) {
    test(`do what they did, through shrinks and growth: ${flags.join(' ')}`, async () => {
      const program = await start('handles.cpp', flags);
      for (const oneIn of [200, 7, 64, 1000, 3]) {
        assert.equal(program._fill(), 1);
        const kept = program._keep_one_in(oneIn);
        shrinkAfterPeak(program);
        assert.equal(program._whole(), kept);
        assert.equal(program._use(), 1);
        const used = program._whole();
        assert.ok(used > 0 && used < kept);
        program.tidemark.shrink();
        assert.equal(program._whole(), used);
        if (program._look_up_often(0, 1)) assert.equal(program._look_up_often(0, 10_000), 1);
        await program.tidemark.shrinkSoon();
        assert.equal(program._whole(), used);
      }
      assert.equal(program._fill(), 1);
      assert.equal(program._whole(), 60_000);
    });
  }
});
