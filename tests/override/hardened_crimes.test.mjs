// What the hardened malloc finds in WebAssembly: one line on standard error, then a trap.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../build/wasm/tests/override/hardened_crimes.cjs', import.meta.url));

const overrun = 'something was written past the end of this block';

const crimes = {
  'write-one-past-the-end': ['free', overrun],
  'write-past-a-full-block': ['free', overrun],
  'write-past-a-large-block': ['free', overrun],
  'write-past-the-end-and-realloc': ['realloc', overrun],
  'write-after-free': ['free', 'something was written to this block after it was freed'],
  'free-twice-with-others-between': ['free', 'this block is free already'],
  'free-within': ['free', 'this is not the start of a block of this heap'],
};

function run(...names) {
  expect(existsSync(program), `${program} is built by the wasm preset`).toBe(true);
  return spawnSync(process.execPath, [program, ...names], { encoding: 'utf8' });
}

describe('with the hardened malloc, a program', () => {
  test.each(Object.entries(crimes))('%s', (name, [operation, problem]) => {
    const { status, stdout, stderr } = run(name);
    const address = stdout.split('\n')[0];
    expect(address).toMatch(/^0x[0-9a-f]+$/);
    expect(stdout).not.toContain('still here');
    expect(stderr.split('\n')[0]).toBe(`tidemark: ${operation}(${address}): ${problem}`);
    expect(stderr).toContain('RuntimeError: unreachable');
    expect(status).not.toBe(0);
  });

  test('every crime there is has its line here', () => {
    expect(run().stdout.trim().split('\n').sort()).toEqual(Object.keys(crimes).sort());
  });

  test('that makes no mistake goes on', () => {
    const { status, stdout, stderr } = run('none');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'still here\n', stderr: '' });
  });
});
