// What the system says: resident memory of a Node process after a peak of 400 MB, of which one block in 200 stays.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { run } from '../../scripts/environment.mjs';
import { build } from './support/program.mjs';

const megabyte = 2 ** 20;

describe('resident memory after a shrink', () => {
  for (const [name, movable, most] of [
    ['of blocks that cannot move', 0, 1.6],
    ['of movable blocks', 1, 1.15],
  ]) {
    test(name, { timeout: 300_000 }, async () => {
      const flags = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];
      const child = join(import.meta.dirname, 'support/rss_child.mjs');
      const args = ['--expose-gc', child, await build('scatter.c', flags), String(movable)];
      const { stdout } = await run(process.execPath, args, { capture: true });
      const { start, peak, live, after, whole } = JSON.parse(stdout);
      assert.equal(whole > 200, true);
      assert.ok(peak - start > 380 * megabyte, `the peak was only ${peak - start} above the start`);
      assert.ok(after - start <= most * live + 8 * megabyte, `${after - start} bytes above the start, ${live} live`);
    });
  }
});
