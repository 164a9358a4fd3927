// A program that Asyncify has suspended is moved by shrinkSoon() as it is, and goes on where it was. shrink() refuses.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

const module = ['-sMODULARIZE', '-sEXPORT_ES6', '-sASYNCIFY'];

async function until(holds) {
  while (!holds()) await sleep(1);
}

async function shrinkSoonAfterPeak(program) {
  program._peak(64 << 20);
  assert.throws(() => program.tidemark.shrink(), { code: 'busy', message: /suspended \(Asyncify\)/ });
  const { returnedBytes } = await program.tidemark.shrinkSoon();
  assert.ok(returnedBytes > 32 << 20);
}

describe('a program that Asyncify has suspended', () => {
  for (const flags of [['-O0', '-sASSERTIONS=2', '-sSTACK_OVERFLOW_CHECK=2'], ['-O2'], ['-O2', '-sIMPORTED_MEMORY']]) {
    test(`in the middle of a call, ${flags.join(' ')}`, async () => {
      const program = await start('suspended.c', [
        ...module,
        ...flags,
        '--no-entry',
        '-sEXPORTED_RUNTIME_METHODS=ccall',
      ]);
      const call = (name, argument) => program.ccall(name, 'number', ['number'], [argument], { async: true });
      const napping = call('nap', 21);
      await shrinkSoonAfterPeak(program);
      assert.equal(await napping, 42);
      const nappingDeepDown = call('nap_deep_down', 20);
      await shrinkSoonAfterPeak(program);
      assert.equal(await nappingDeepDown, 63);
      assert.equal(await call('nap', 4), 8);
      shrinkAfterPeak(program);
      assert.equal(await call('nap', 5), 10);
    });
  }

  test('in the loop of its main(), which never ends', async () => {
    let status;
    const program = await start('suspended.c', [...module, '-O2', '-DLOOP_IN_MAIN', '-sEXIT_RUNTIME'], {
      onExit: (code) => (status = code),
    });
    for (let round = 0; round < 5; ++round) {
      const turns = program._get_turns();
      await until(() => program._get_turns() > turns + 2);
      await shrinkSoonAfterPeak(program);
    }
    const turns = program._get_turns();
    await until(() => program._get_turns() > turns + 2);
    assert.equal(program._get_kept_ones(), program._get_turns());
    program._stop_main();
    await until(() => status !== undefined);
    assert.equal(status, 7);
  });
});
