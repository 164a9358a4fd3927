// What a handle costs to look up, as tidemark/movable.h says: two loads, in a C program too. What is called is only for handles
// that the table does not have as they are: stale ones, and those that a shrink has folded.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'vitest';
import { loadEnvironment, run } from '../../scripts/environment.mjs';
import { build } from './support/program.mjs';

/** The program as text, a function a piece. */
async function functionsOf(file) {
  const options = { capture: true, env: loadEnvironment() };
  const { stdout: binaryen } = await run('em-config', ['BINARYEN_ROOT'], options);
  const { stdout: text } = await run(join(binaryen.trim(), 'bin/wasm-dis'), ['--all-features', file], options);
  return text.split(/^ \(func /m);
}

test('a movable block is looked up by two loads', async () => {
  const flags = ['-O2', '--no-entry', '--profiling-funcs', '-sMODULARIZE', '-sEXPORT_ES6', '-std=c++20'];
  const file = await build('look_up.cpp', flags);
  const functions = await functionsOf(file.replace('.mjs', '.wasm'));
  for (const name of ['inlined', 'as_in_c']) {
    const text = functions.find((piece) => piece.startsWith(`$${name} `)) ?? '';
    assert.equal(text.match(/\.load/g)?.length, 2, text);
    assert.doesNotMatch(text, /store|loop|memory/);
    assert.deepEqual(text.match(/call\S* \S+/g), ['call $tidemark_movable_look_up'], text);
  }

  const { default: create } = await import(pathToFileURL(file).href);
  const program = await create();
  const handle = program._made(100);
  const addresses = () => [program._inlined(handle), program._as_in_c(handle, 0), program._called(handle)];
  assert.deepEqual(addresses(), Array(3).fill(program._called(handle)));
  assert.notEqual(program._called(handle), 0);
  program._freed(handle);
  assert.deepEqual(addresses(), [0, 0, 0]);
});
