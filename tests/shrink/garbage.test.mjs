// What a shrink has replaced is garbage: no memory, instance or view of an earlier round is held by anything.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Runs `work`; returns weak references to all that was made with WebAssembly[name] meanwhile. */
async function instancesMadeBy(work) {
  const made = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args) {
      const instance = new target(...args);
      made.push(new WeakRef(instance));
      return instance;
    },
  });
  try {
    await work();
  } finally {
    WebAssembly.Instance = Instance;
  }
  return made;
}

const alive = (references) => references.filter((reference) => reference.deref() !== undefined).length;

async function aliveAfterCollection(references, most) {
  for (let rounds = 0; rounds < 50 && alive(references) > most; ++rounds) {
    await sleep(10); // until the end of the job, deref() keeps what it returned
    collect();
  }
  return alive(references);
}

/** Rounds of growth and shrink, with all that is made in them counted while it goes on, and at the end. */
async function leavesNothing(rounds, flags) {
  const methods = '-sEXPORTED_RUNTIME_METHODS=wasmMemory,HEAPU8,addFunction';
  const program = await start('core.c', ['-sMODULARIZE', '-sEXPORT_ES6', '-sALLOW_TABLE_GROWTH', methods, ...flags], {
    print() {},
  });
  const memories = [new WeakRef(program.wasmMemory)];
  const views = [new WeakRef(program.HEAPU8)];
  program.addFunction(program._use_stack, 'ii');
  let most = 0;
  const instances = await instancesMadeBy(async () => {
    for (let round = 1; round <= rounds; ++round) {
      program._work(200, round);
      program._peak(32 << 20);
      assert.ok(program.tidemark.shrink().returnedBytes > 0, `round ${round}`);
      assert.ok(program._verify() > 0, `round ${round}`);
      memories.push(new WeakRef(program.wasmMemory));
      views.push(new WeakRef(program.HEAPU8));
      if (round % 10 === 0) most = Math.max(most, await aliveAfterCollection(memories, 1));
    }
  });
  assert.equal(instances.length, rounds);
  assert.equal(most, 1); // at any time: what is kept does not depend on what comes after
  assert.equal(await aliveAfterCollection(instances, 1), 1);
  assert.equal(await aliveAfterCollection(views, 1), 1);
  assert.equal(program._bump(), 8);
}

describe('rounds of growth and shrink leave no memory and no instance behind', { timeout: 300_000 }, () => {
  test('a hundred', () => leavesNothing(100, ['-O2']));
  // Each of these stands between the program and its exports.
  for (const flags of [
    ['-O2', '-sASYNCIFY'],
    ['-O2', '-sABORT_ON_WASM_EXCEPTIONS'],
    ['-O1', '-sASSERTIONS=2', '-sSTACK_OVERFLOW_CHECK=2', '-sSAFE_HEAP'],
    ['-O2', '--closure=1'],
  ]) {
    test(flags.join(' '), () => leavesNothing(20, flags));
  }
});

test('what JavaScript keeps of one round holds that round only', async () => {
  const methods = '-sEXPORTED_RUNTIME_METHODS=wasmMemory,wasmExports,HEAPU8';
  const program = await start('core.c', ['-O2', '-sMODULARIZE', '-sEXPORT_ES6', methods], { print() {} });
  const kept = { view: program.HEAPU8, memory: program.wasmMemory, bump: program.wasmExports.bump };
  const memories = [];
  const instances = await instancesMadeBy(() => {
    for (let round = 0; round < 10; ++round) {
      shrinkAfterPeak(program, 32 << 20);
      memories.push(new WeakRef(program.wasmMemory));
    }
  });
  assert.equal(await aliveAfterCollection(memories, 1), 1);
  assert.equal(await aliveAfterCollection(instances, 1), 1);
  assert.equal(kept.memory.buffer, program.HEAPU8.buffer);
  assert.equal(kept.view.length, 0);
  assert.throws(kept.bump, WebAssembly.RuntimeError);
});
