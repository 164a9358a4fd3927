// Builds the programs that are measured, into build/perf.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, root, run } from '../../../scripts/environment.mjs';

export const buildFolder = join(root, 'build/perf');

/** The program `name` linked with `allocator`. */
export const programFile = (name, allocator) => join(buildFolder, allocator, `${name}.cjs`);

const quietly = (command, args) => run(command, args, { capture: true });

/**
 * Configures build/perf; builds Tidemark itself first, unless a library is given or Tidemark isn't measured.
 *
 * @param {{ allocators: string[], lib?: string, groups: string[] }} options
 * @returns {Promise<string | undefined>} the library that is measured
 */
export async function configure({ allocators, lib, groups }) {
  const measured = allocators.includes('tidemark') ? await tidemarkLibrary(lib) : undefined;
  const definitions = [`-DTIDEMARK_LIBRARY=${measured ?? ''}`];
  if (measured && groups.includes('size') && !lib) definitions.push(`-DTIDEMARK_OZ_LIBRARY=${await ozLibrary()}`);
  await quietly('emcmake', ['cmake', '-S', 'tests/perf', '-B', buildFolder, '-G', 'Ninja', ...definitions]);
  return measured;
}

async function tidemarkLibrary(lib) {
  if (lib) {
    const file = resolve(lib);
    if (!existsSync(file)) throw new CommandError(`--lib ${lib}: no such file`);
    return file;
  }
  await quietly('cmake', ['--preset', 'wasm', '-DTIDEMARK_TESTS=OFF', '-B', join(buildFolder, 'tidemark-O3')]);
  await quietly('cmake', ['--build', join(buildFolder, 'tidemark-O3'), '--target', 'tidemark']);
  return join(buildFolder, 'tidemark-O3/lib/libtidemark.a');
}

async function ozLibrary() {
  const folder = join(buildFolder, 'tidemark-Oz');
  await quietly('cmake', ['--preset', 'wasm', '-DTIDEMARK_TESTS=OFF', '-DTIDEMARK_OPTIMIZE=Oz', '-B', folder]);
  await quietly('cmake', ['--build', folder, '--target', 'tidemark']);
  return join(folder, 'lib/libtidemark.a');
}

/** Builds targets of build/perf; nothing happens where they are up to date. */
export async function buildTargets(targets) {
  await quietly('cmake', ['--build', buildFolder, '--target', ...targets]);
}

/** Builds programs for every allocator. */
export const buildPrograms = (names, allocators) =>
  buildTargets(names.flatMap((name) => allocators.map((allocator) => `${name}-${allocator}`)));
