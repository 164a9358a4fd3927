// What the system says: resident memory of Node processes after a peak of 400 MB, of which one block in 200 stays.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { run } from '../../scripts/environment.mjs';
import { build } from './support/program.mjs';

const megabyte = 2 ** 20;

describe('resident memory after a shrink', () => {
  for (const { name, movable, processes, most } of [
    { name: 'of blocks that cannot move', movable: 0, processes: 1, most: (live) => 1.6 * live + 8 * megabyte },
    { name: 'of movable blocks', movable: 1, processes: 5, most: (live) => 1.15 * live },
  ]) {
    test(name, { timeout: 300_000 }, async () => {
      const flags = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];
      const child = join(import.meta.dirname, 'support/rss_child.mjs');
      const args = ['--expose-gc', child, await build('scatter.c', flags), String(movable)];
      const growths = [];
      let mostBytes = 0;
      for (let i = 0; i < processes; ++i) {
        const { stdout } = await run(process.execPath, args, { capture: true });
        const { start, peak, live, after, whole } = JSON.parse(stdout);
        assert.equal(whole > 200, true);
        assert.ok(peak - start > 380 * megabyte, `the peak was only ${peak - start} above the start`);
        growths.push(after - start);
        mostBytes = most(live);
      }
      const median = growths.toSorted((a, b) => a - b)[growths.length >> 1];
      assert.ok(median <= mostBytes, `${median} bytes above the start (of ${growths}), and ${mostBytes} are the most`);
    });
  }
});
