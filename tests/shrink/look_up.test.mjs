// What a handle costs to look up, as tidemark/movable.h says: two loads, and nothing is called, from a C program either.
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
  for (const name of ['inlined', 'tidemark_movable_resolve']) {
    const text = functions.find((piece) => piece.startsWith(`$${name} `)) ?? '';
    assert.equal(text.match(/\.load/g)?.length, 2, text);
    assert.doesNotMatch(text, /call|store|loop|memory/);
  }

  const { default: create } = await import(pathToFileURL(file).href);
  const program = await create();
  const handle = program._made(100);
  assert.equal(program._inlined(handle), program._called(handle));
  assert.notEqual(program._called(handle), 0);
  program._freed(handle);
  assert.deepEqual([program._inlined(handle), program._called(handle)], [0, 0]);
});
