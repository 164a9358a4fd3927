// Programs with Tidemark's runtime, built as users build them: through the port, from an installed prefix.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildTarget, buildWeb } from '../../../scripts/builds.mjs';
import { loadEnvironment, root, run } from '../../../scripts/environment.mjs';

let prefix;

async function installed() {
  await Promise.all([
    buildTarget('wasm', ['tidemark', 'tidemark_hardened', 'tidemark_simd', 'tidemark_js', 'sqlite3'], {
      capture: true,
    }),
    buildWeb({ capture: true }),
  ]);
  const folder = join(root, `build/perf-runtime-${process.pid}`);
  await run('cmake', ['--install', join(root, 'build/wasm'), '--prefix', folder], { capture: true });
  return folder;
}

/** SQLite, and what the benchmarks have it do (tests/shrink/programs/database.c). */
export async function sqliteInputs() {
  await (prefix ??= installed());
  const examples = join(root, 'build/wasm/examples/sqlite');
  const object = readdirSync(examples, { recursive: true }).find((path) => path.endsWith('sqlite3.c.o'));
  const headers = join(root, 'node_modules/better-sqlite3/deps/sqlite3');
  return [join(root, 'tests/shrink/programs/database.c'), join(examples, object), `-I${headers}`];
}

/**
 * @param {string} name
 * @param {string[]} inputs  sources and objects
 * @param {string[]} flags
 * @param {'node' | 'web'} place
 * @returns {Promise<string>} URL of an ES6 module
 */
export async function buildRuntimeProgram(name, inputs, flags = [], place = 'node') {
  prefix ??= installed();
  const port = join(await prefix, 'share/tidemark/tidemark.py:runtime=true');
  mkdirSync(join(root, 'build/perf-runtime'), { recursive: true });
  const file = join(root, 'build/perf-runtime', `${name}.mjs`);
  const compiler = inputs.some((input) => input.endsWith('.cpp')) ? 'em++' : 'emcc';
  const settings = [
    '-sALLOW_MEMORY_GROWTH',
    '-sMAXIMUM_MEMORY=4GB',
    '-sMODULARIZE',
    '-sEXPORT_ES6',
    `-sENVIRONMENT=${place}`,
  ];
  await run(compiler, [...inputs, '-O2', `--use-port=${port}`, '--no-entry', ...settings, ...flags, '-o', file], {
    capture: true,
    env: loadEnvironment(),
  });
  return pathToFileURL(file).href;
}
