// Memory grows by what is needed, and goes ahead where growth was seen to take long (src/platform/growth.js).
import assert from 'node:assert/strict';
import { afterEach, describe, test, vi } from 'vitest';
import { start } from './support/program.mjs';

const mib = 2 ** 20;
const flags = ['-O2', '-sEXPORTED_RUNTIME_METHODS=HEAPU8'];

/** What each look at a growth finds it to take, in milliseconds; the last one goes on. */
function growthsTake(...durations) {
  let now = 0;
  let reads = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => {
    if (reads++ % 2 === 1) now += durations.length > 1 ? durations.shift() : durations[0];
    return now;
  });
}

/** Takes blocks until there are so many, or no more; [what memory was, and what it has become] for each of its growths, in MiB. */
function growthsUpTo(program, blocks) {
  const growths = [];
  for (let taken = 0; taken < blocks;) {
    const before = program.HEAPU8.length / mib;
    taken = program._take();
    if (taken === 0) break;
    const after = program.HEAPU8.length / mib;
    if (after !== before) growths.push([before, after]);
  }
  return growths;
}

const most = (growths) => Math.max(...growths.map(([before, after]) => after - before));
/** A block of a MiB, 4 MiB ahead and a page; and where the heap needs a larger map, the same for that. */
const little = 2 * (1 + 4 + 1 / 16) + 1;

describe('memory that grows', () => {
  afterEach(() => vi.restoreAllMocks());

  test('goes ahead by a few MiB where a growth takes no time', async () => {
    const program = await start('growth.c', flags);
    growthsTake(8);
    const growths = growthsUpTo(program, 300);
    assert.ok(most(growths) <= little, `${most(growths)} MiB`);
    assert.equal(program._give_back(), 300);
  });

  test('goes ahead by a fifth where a growth takes long, from 64 MiB on', async () => {
    const program = await start('growth.c', flags);
    growthsTake(9);
    const growths = growthsUpTo(program, 300);
    const [small, large] = [growths.filter(([, to]) => to < 64), growths.filter(([from]) => from > 64 + little)];
    assert.ok(most(small) <= little, `${most(small)} MiB`);
    assert.ok(large.length >= 6 && large.length <= 9, `${large.length} growths`);
    for (const [from, to] of large) {
      assert.ok(to - from > from / 5 && to - from < from / 5 + 1.2 * little, `from ${from} to ${to} MiB`);
    }
    assert.equal(program._give_back(), 300);
  });

  test('no longer goes ahead when growths have been fast again', async () => {
    const program = await start('growth.c', flags);
    growthsTake(9, 0);
    const growths = growthsUpTo(program, 400).filter(([from]) => from > 64);
    const far = growths.filter(([from, to]) => to - from > from / 5);
    assert.equal(far.length, 3, JSON.stringify(growths));
    assert.ok(most(growths.slice(growths.indexOf(far[2]) + 1)) <= little, JSON.stringify(growths));
  });

  test('is looked at anew after a shrink', async () => {
    const program = await start('growth.c', flags);
    growthsTake(0);
    growthsUpTo(program, 500);
    assert.equal(program._give_back(), 500);
    program.tidemark.shrink();
    assert.ok(program.HEAPU8.length < 64 * mib);
    growthsTake(9);
    const growths = growthsUpTo(program, 300).filter(([from]) => from > 64 + little);
    assert.ok(growths.length <= 9, `${growths.length} growths`);
    assert.equal(program._give_back(), 300);
  });

  test('is all used up to its maximum, however long that takes', async () => {
    const taken = [];
    for (const duration of [0, 9]) {
      const program = await start('growth.c', [...flags, '-sMAXIMUM_MEMORY=128MB']);
      growthsTake(duration);
      growthsUpTo(program, Infinity);
      taken.push(program._give_back());
      vi.restoreAllMocks();
    }
    assert.ok(taken[1] >= 120 && taken[1] >= taken[0], `${taken} blocks`);
  });

  test('goes ahead by the steps that Emscripten was given', async () => {
    for (const [setting, wanted] of [
      ['-sMEMORY_GROWTH_LINEAR_STEP=48MB', () => 48],
      ['-sMEMORY_GROWTH_GEOMETRIC_STEP=0.5', (from) => Math.min(from / 2, 96)],
      ['-sMEMORY_GROWTH_GEOMETRIC_CAP=16MB', () => 16],
    ]) {
      const program = await start('growth.c', [...flags, setting]);
      growthsTake(9);
      for (const [from, to] of growthsUpTo(program, 300).filter(([from]) => from > 64 + little)) {
        const ahead = to - from - wanted(from);
        assert.ok(ahead > -1 && ahead < 1.2 * little, `${setting}: from ${from} to ${to} MiB`);
      }
      vi.restoreAllMocks();
    }
  });
});
