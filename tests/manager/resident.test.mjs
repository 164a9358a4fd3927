// What the system says: resident memory of a Node process after an aggressive collection of a heap of which a tenth is live.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { run } from '../../scripts/environment.mjs';
import { build } from '../shrink/support/program.mjs';

const megabyte = 2 ** 20;

describe('resident memory after an aggressive collection', () => {
  for (const [name, movable] of [
    ['of blocks that cannot move', 0],
    ['of movable blocks', 1],
  ]) {
    test(name, { timeout: 300_000 }, async () => {
      const flags = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];
      const child = join(import.meta.dirname, 'support/rss_child.mjs');
      const args = ['--expose-gc', child, await build('scatter.c', flags), String(movable)];
      const { stdout } = await run(process.execPath, args, { capture: true });
      const { start, peak, live, after, whole, gc } = JSON.parse(stdout);
      assert.equal(whole > 1000, true);
      assert.equal(gc.completed, true);
      assert.deepEqual(gc.errors, []);
      assert.ok(peak - start > 380 * megabyte, `the peak was only ${peak - start} above the start`);
      assert.ok(live > 30 * megabyte, `${live} live`);
      assert.ok(after - start <= 1.6 * live + 8 * megabyte, `${after - start} bytes above the start, ${live} live`);
    });
  }
});
