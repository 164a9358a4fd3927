// Builds programs with the shrink runtime as users do: through the port, from an installed prefix.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadEnvironment, root, run } from '../../../scripts/environment.mjs';

const output = join(root, 'build/shrink');
const closureCompiler = join(root, 'node_modules/.bin/google-closure-compiler');
const sources = join(dirname(import.meta.dirname), 'programs');

let installing;

/** The folder that `cmake --install` has filled. */
export function installedPrefix() {
  if (process.env.TIDEMARK_PREFIX) return process.env.TIDEMARK_PREFIX;
  const prefix = join(output, `prefix-${process.pid}`);
  installing ??= run('cmake', ['--install', join(root, 'build/wasm'), '--prefix', prefix], { capture: true });
  return installing.then(() => prefix);
}

/**
 * Compiles and links `programs/SOURCE`.
 *
 * @param {string} source  name of the file
 * @param {string[]} flags for emcc, at both steps
 * @param {{ runtime?: boolean, suffix?: string }} options
 * @returns {Promise<string>} path of the JavaScript file
 */
export async function build(source, flags = [], { runtime = true, suffix = '.mjs' } = {}) {
  mkdirSync(output, { recursive: true });
  const port = join(await installedPrefix(), `share/tidemark/tidemark.py${runtime ? ':runtime=true' : ''}`);
  const hash = createHash('sha256')
    .update(JSON.stringify([flags, runtime, process.pid]))
    .digest('hex');
  const file = join(output, `${source.replace('.', '_')}_${hash.slice(0, 16)}${suffix}`);
  if (existsSync(file)) return file;
  const compiler = source.endsWith('.c') ? 'emcc' : 'em++';
  const args = [join(sources, source), `--use-port=${port}`, '-sENVIRONMENT=node,web,worker', ...flags, '-o', file];
  await run(compiler, args, { capture: true, env: { ...loadEnvironment(), EM_CLOSURE_COMPILER: closureCompiler } });
  return file;
}

/** What `programs/database.c` is built with: SQLite, as the example has compiled it. */
export function withDatabase() {
  const examples = join(root, 'build/wasm/examples/sqlite');
  const object = readdirSync(examples, { recursive: true }).find((path) => path.endsWith('sqlite3.c.o'));
  if (!object) throw new Error(`no object of SQLite in ${examples}`);
  return [`-I${join(root, 'node_modules/better-sqlite3/deps/sqlite3')}`, join(examples, object)];
}

/** Builds an ES6 module, and starts it. */
export async function start(source, flags = [], moduleArgument = {}) {
  const file = await build(source, ['-sALLOW_MEMORY_GROWTH', '-sMAXIMUM_MEMORY=4GB', ...flags]);
  const { default: create } = await import(pathToFileURL(file).href);
  return create(moduleArgument);
}

/** Allocates `bytes` in the program and frees them again: after a shrink the memory is smaller, and elsewhere. */
export function shrinkAfterPeak(program, bytes = 64 << 20) {
  const report = (program._peak(bytes), program.tidemark.shrink());
  if (report.returnedBytes < bytes / 2) throw new Error(`only ${report.returnedBytes} bytes came back`);
  return report;
}
