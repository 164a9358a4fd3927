// Builds the programs that are measured, into build/perf.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildTarget } from '../../../scripts/builds.mjs';
import { CommandError, loadEnvironment, root, run } from '../../../scripts/environment.mjs';

/** Where the programs are built; a library that is given has a folder of its own, so that two builds can be compared. */
export let buildFolder = join(root, 'build/perf');

/** The program `name` linked with `allocator`. */
export const programFile = (name, allocator) => join(buildFolder, allocator, `${name}.cjs`);

const quietly = (command, args) => run(command, args, { capture: true });

/**
 * Configures build/perf; builds Tidemark itself first, unless a library is given or Tidemark isn't measured.
 *
 * @param {{ allocators: string[], lib?: string, groups: string[], sources?: string }} options `sources`: of real programs
 * @returns {Promise<string | undefined>} the library that is measured
 */
export async function configure({ allocators, lib, groups, sources }) {
  if (lib)
    buildFolder = join(root, `build/perf-${createHash('sha256').update(resolve(lib)).digest('hex').slice(0, 8)}`);
  const measured = allocators.includes('tidemark') ? await tidemarkLibrary(lib) : undefined;
  // A library that is given is measured as it is, at -Oz too.
  const small = measured && groups.includes('size') && !lib ? await ozLibrary() : '';
  const definitions = [`-DTIDEMARK_LIBRARY=${measured ?? ''}`, `-DTIDEMARK_OZ_LIBRARY=${small}`];
  if (sources) definitions.push(`-DBENCH_SOURCES=${sources}`);
  await quietly('emcmake', [
    'cmake',
    ...fresh(buildFolder),
    '-S',
    'tests/perf',
    '-B',
    buildFolder,
    '-G',
    'Ninja',
    ...definitions,
  ]);
  return measured;
}

async function tidemarkLibrary(lib) {
  if (lib) {
    const file = resolve(lib);
    if (!existsSync(file)) throw new CommandError(`--lib ${lib}: no such file`);
    return file;
  }
  await buildTarget('wasm', ['tidemark'], { capture: true });
  return join(root, 'build/wasm/lib/libtidemark.a');
}

async function ozLibrary() {
  const folder = join(buildFolder, 'tidemark-Oz');
  const definitions = ['-DTIDEMARK_TESTS=OFF', '-DTIDEMARK_OPTIMIZE=Oz'];
  await quietly('cmake', [...fresh(folder), '--preset', 'wasm', ...definitions, '-B', folder]);
  await quietly('cmake', ['--build', folder, '--target', 'tidemark']);
  return join(folder, 'lib/libtidemark.a');
}

/** CMake keeps to the compiler that it saw first; set-up may have put another Emscripten in its place. */
function fresh(folder) {
  const file = join(folder, 'CMakeCache.txt');
  const current = !existsSync(file) || readFileSync(file, 'utf8').includes(loadEnvironment().TIDEMARK_EMSCRIPTEN);
  return current ? [] : ['--fresh'];
}

/** Builds targets of build/perf; nothing happens where they are up to date. A second build at the same time waits. */
export async function buildTargets(targets) {
  if (targets.length === 0) return; // a filter may leave none
  await quietly('flock', [join(buildFolder, '.lock'), 'cmake', '--build', buildFolder, '--target', ...targets]);
}

/** Builds programs for every allocator. */
export const buildPrograms = (names, allocators) =>
  buildTargets(names.flatMap((name) => allocators.map((allocator) => `${name}-${allocator}`)));
