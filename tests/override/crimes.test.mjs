// Programs that break their heap end in WebAssembly as they do natively: one line on standard error, then a trap.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const programFile = (name) => fileURLToPath(new URL(`../../build/wasm/tests/override/${name}.cjs`, import.meta.url));

const noBlock = 'this is not the start of a block of this heap';
const freedAlready = 'this block is free already';

const crimes = {
  'free-small-twice': ['free', freedAlready],
  'free-large-twice': ['free', freedAlready],
  'free-within-small': ['free', noBlock],
  'free-within-large': ['free', noBlock],
  'free-misaligned': ['free', noBlock],
  'free-stack': ['free', noBlock],
  'free-static': ['free', noBlock],
  'free-never-allocated': ['free', noBlock],
  'free-beyond-memory': ['free', noBlock],
  'free-sbrk': ['free', noBlock],
  'realloc-freed': ['realloc', freedAlready],
  'usable-size-of-freed': ['malloc_usable_size', freedAlready],
  'delete-twice': ['free', freedAlready],
};

function runOf(program, ...names) {
  expect(existsSync(program), `${program} is built by the wasm preset`).toBe(true);
  return spawnSync(process.execPath, [program, ...names], { encoding: 'utf8' });
}

describe.each([
  ['', 'crimes'],
  [', the small one', 'small_crimes'],
])('a program that breaks its heap%s', (_, name) => {
  const run = (...names) => runOf(programFile(name), ...names);

  test.each(Object.entries(crimes))('%s', (crime, [operation, problem]) => {
    const { status, stdout, stderr } = run(crime);
    const address = stdout.split('\n')[0];
    expect(address).toMatch(/^0x[0-9a-f]+$/);
    expect(stdout).not.toContain('still here');
    const [line, ...rest] = stderr.split('\n');
    expect(line).toBe(`tidemark: ${operation}(${address}): ${problem}`);
    expect(rest.filter((other) => other.startsWith('tidemark:'))).toEqual([]);
    expect(stderr).toContain('RuntimeError: unreachable');
    expect(status).not.toBe(0);
  });

  test('every crime there is has its line here', () => {
    const names = run().stdout.trim().split('\n');
    expect(names.filter((name) => name !== 'none').sort()).toEqual(Object.keys(crimes).sort());
  });

  test('that breaks nothing ends in peace', () => {
    const { status, stdout, stderr } = run('none');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'still here\n', stderr: '' });
  });
});
