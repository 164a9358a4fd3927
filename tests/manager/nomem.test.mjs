// SQLite at its hard limit: each allocation in turn is refused, it says SQLITE_NOMEM, and the database is what it was, or what
// it was to become.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { loadEnvironment, root, run } from '../../scripts/environment.mjs';
import { installedPrefix, withDatabase } from '../shrink/support/program.mjs';

const outcomes = [
  'good',
  'served all the same',
  'wrong code',
  'damaged',
  'wrong content',
  'memory lost',
  'not reached',
];
let program;

beforeAll(async () => {
  const output = join(root, 'build/manager');
  mkdirSync(output, { recursive: true });
  const file = join(output, `nomem-${process.pid}.mjs`);
  const port = join(await installedPrefix(), 'share/tidemark/tidemark.py:runtime=true');
  const source = join(import.meta.dirname, 'programs/nomem.c');
  await run(
    'emcc',
    [
      source,
      ...withDatabase(),
      `--use-port=${port}`,
      '-O2',
      '--no-entry',
      '-sALLOW_MEMORY_GROWTH',
      '-sMODULARIZE',
    ].concat(['-sEXPORT_ES6', '-sENVIRONMENT=node', '-sFORCE_FILESYSTEM', '-o', file]),
    { capture: true, env: loadEnvironment() },
  );
  const { default: create } = await import(pathToFileURL(file).href);
  program = await create();
  expect(program._prepare()).toBe(1);
}, 600_000);

test.each([
  ['once', 0],
  ['and all that need more after it', 1],
])('each allocation in turn is refused, %s', { timeout: 600_000 }, (_, keeps) => {
  const count = program._allocations();
  expect(count).toBeGreaterThan(300);
  const wrong = [];
  const seen = new Map();
  for (let k = 1; k <= count; ++k) {
    const outcome = outcomes[program._run_failing_at(k, keeps)];
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    if (outcome !== 'good' && outcome !== 'served all the same') wrong.push(`allocation ${k}: ${outcome}`);
  }
  expect(wrong).toEqual([]);
  // Some SQLite can do without; most it can't.
  expect(seen.get('good')).toBeGreaterThan(count / 2);
  expect(program._last_result()).toBe(0);
  expect(program._allocations()).toBe(count);
});
