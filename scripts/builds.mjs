// The builds that more than one script asks for. Each is made once in a process; CMake and Ninja see to what is new.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvironment, root, run } from './environment.mjs';

const builds = new Map();

function once(name, build) {
  if (!builds.has(name)) builds.set(name, build());
  return builds.get(name);
}

/** @param {'native' | 'native-release' | 'wasm' | 'wasm-debug'} preset */
export function buildPreset(preset, options = {}) {
  return once(preset, async () => {
    await buildTarget(preset, [], options);
  });
}

/**
 * Builds the targets, or everything. Two builds of one folder at a time would spoil each other's files: the second waits.
 *
 * @param {string} preset
 * @param {string[]} targets
 */
export async function buildTarget(preset, targets, options = {}) {
  await configurePreset(preset, options);
  const build = ['cmake', '--build', '--preset', preset, ...targets.flatMap((target) => ['--target', target])];
  await run('flock', [join('build', preset, '.lock'), ...build], options);
}

/** @param {'native' | 'native-release' | 'wasm' | 'wasm-debug'} preset */
export function configurePreset(preset, options = {}) {
  return once(`configure ${preset}`, async () => {
    if (existsSync(join(root, 'build', preset, 'build.ninja')) && !hasOtherEmcc(preset)) return;
    await run('cmake', ['--fresh', '--preset', preset], options);
  });
}

/** Whether a folder was configured with an emcc that set-up has replaced since: CMake keeps to the first it has seen. */
function hasOtherEmcc(preset) {
  const cache = readFileSync(join(root, 'build', preset, 'CMakeCache.txt'), 'utf8');
  const emcc = /^TIDEMARK_EMCC:\w+=(.*)$/m.exec(cache)?.[1];
  return emcc !== undefined && emcc !== join(loadEnvironment().TIDEMARK_EMSCRIPTEN, 'emcc');
}

/** web/dist, as npm packs it. */
export function buildWeb(options = {}) {
  return once('web', () => run(process.execPath, ['web/build.mjs'], options));
}
