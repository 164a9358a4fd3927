// The builds that more than one script asks for. Each is made once in a process; CMake and Ninja see to what is new.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './environment.mjs';

const builds = new Map();

function once(name, build) {
  if (!builds.has(name)) builds.set(name, build());
  return builds.get(name);
}

/** @param {'native' | 'native-release' | 'wasm' | 'wasm-debug'} preset */
export function buildPreset(preset, options = {}) {
  return once(preset, async () => {
    await configurePreset(preset, options);
    await run('cmake', ['--build', '--preset', preset], options);
  });
}

/** @param {'native' | 'native-release' | 'wasm' | 'wasm-debug'} preset */
export function configurePreset(preset, options = {}) {
  return once(`configure ${preset}`, async () => {
    if (existsSync(join(root, 'build', preset, 'build.ninja'))) return;
    await run('cmake', ['--preset', preset], options);
  });
}

/** web/dist, as npm packs it. */
export function buildWeb(options = {}) {
  return once('web', () => run(process.execPath, ['web/build.mjs'], options));
}
