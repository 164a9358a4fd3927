// Closure Compiler renames properties that are not quoted: what others call has to keep its names.
import assert from 'node:assert/strict';
import { test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

/** Names of what is there, two levels deep; of lists and tables none. */
function namesOf(object, depth = 2) {
  const names = {};
  for (const [name, value] of Object.entries(object)) {
    const isPlain = value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
    names[name] = isPlain && depth > 0 ? namesOf(value, depth - 1) : typeof value;
  }
  return names;
}

test('Module.tidemark has the same names with --closure=1 as without', { timeout: 120_000 }, async () => {
  const flags = ['-O2', '-sMODULARIZE', '-sEXPORT_ES6'];
  const argument = { print() {} };
  const plain = await start('core.c', flags, argument);
  const closed = await start('core.c', [...flags, '--closure=1'], argument);
  const own = ({ version, stats, compact, benefit, shrink, shrinkSoon, onShrink, TidemarkError, engine, ...rest }) => ({
    ...{ version, stats, compact, benefit, shrink, shrinkSoon, onShrink, TidemarkError },
    engine: { ...engine, module: undefined }, // the program's own exports are minified alike
    resources: rest.resources,
    profiler: rest.profiler,
  });
  const names = namesOf(own(plain.tidemark));
  const kept = namesOf(own(closed.tidemark));
  // What is not quoted is the library's own.
  for (const [part, internal] of [
    ['resources', ['last', 'registry']],
    ['profiler', ['root', 'frameOf', 'relaxing']],
  ]) {
    for (const name of internal) delete names[part][name];
    for (const name of Object.keys(kept[part])) if (!(name in names[part])) delete kept[part][name];
  }
  assert.deepEqual(kept, names);
  assert.ok(Object.keys(names.engine.exports).length > 50);
  assert.deepEqual(namesOf(closed.tidemark.stats()), namesOf(plain.tidemark.stats()));
  assert.deepEqual(namesOf(shrinkAfterPeak(closed)), namesOf(shrinkAfterPeak(plain)));
  assert.throws(() => closed.tidemark.onShrink(5), { name: 'TidemarkError', code: 'invalid-config' });
});
