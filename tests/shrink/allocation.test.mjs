// V8 looks for garbage from the moment that the new memory is there, and may finish that in the middle of the pause when
// another 64 KiB of objects have been made: between there and the end, shrink makes hardly any.
import assert from 'node:assert/strict';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { test } from 'vitest';
import { start } from './support/program.mjs';

setFlagsFromString('--min-semi-space-size=16'); // MB: no collection while it is counted

/** The bytes of objects that are made from the last growth of a memory in `work` to its end. */
function bytesAfterGrowth(work) {
  let before;
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    const length = grow.call(this, pages);
    if (pages > 0) before = getHeapStatistics().used_heap_size;
    return length;
  };
  try {
    work();
    return getHeapStatistics().used_heap_size - before;
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
}

// By the median: the first shrink compiles what it calls, and a later one may optimise it.
test(
  'from the growth of the new memory to the end, less than 64 KiB of objects are made',
  { timeout: 300_000 },
  async () => {
    const program = await start('scatter.c', ['-O2', '-sMODULARIZE', '-sEXPORT_ES6', '-sMAXIMUM_MEMORY=1GB']);
    const made = [];
    for (let round = 0; round < 20 && made.length < 5; ++round) {
      program._scatter(100 * 2 ** 20, 0);
      program._keep_one_in(50); // about as many pieces are copied as after a peak of 400 MB of which one in 200 stays
      const bytes = bytesAfterGrowth(() => program.tidemark.shrink());
      if (bytes > 0) made.push(bytes); // else a collection that was under way has ended in between
      assert.ok(program._whole() >= 100);
      program._keep_one_in(2 ** 30);
      program.tidemark.shrink();
    }
    assert.equal(made.length, 5);
    const median = made.toSorted((a, b) => a - b)[made.length >> 1];
    assert.ok(median < 65536, `${made} bytes`);
  },
);
