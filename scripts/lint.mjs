// Every check that reads the sources without running them: `npm run lint`.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sourceFiles } from './check_layers.mjs';
import { main, root, run } from './environment.mjs';
import { noResults, oneFailure, sum } from './results.mjs';

export const cppFiles = () => ['src', 'bindings', 'tests', 'examples'].flatMap((folder) => sourceFiles(folder));

const node = (script, ...args) => run(process.execPath, [join(root, script), ...args], { capture: true });

function shellScripts() {
  const inToolchain = readdirSync(join(root, 'toolchain'), { recursive: true, encoding: 'utf8' });
  const scripts = inToolchain
    .filter((name) => name === 'setup' || name.endsWith('.sh'))
    .map((name) => `toolchain/${name}`);
  return ['.ci/run', ...scripts];
}

/**
 * clang-tidy over what is compiled natively. Most of the engine is headers: they are read through one file that includes
 * them all, which also shows that they can be included together.
 *
 * @param {string} checkout  the folder with src/ and .clang-tidy in it
 */
export async function clangTidy(checkout = root) {
  const readable = sourceFiles('src', { checkout }).filter(
    (path) => !/\/wasm_[^/]*$|_wasm\.[a-z]+$|\/override\//.test(path),
  );
  const headers = readable.filter((path) => path.endsWith('.h'));
  const folder = join(checkout, 'build/lint');
  mkdirSync(folder, { recursive: true });
  const everyHeader = join(folder, 'every_header.cpp');
  writeFileSync(everyHeader, headers.map((path) => `#include "${path.slice('src/'.length)}"\n`).join(''));
  const sources = readable.filter((path) => path.endsWith('.cpp')).map((path) => join(checkout, path));
  return run(
    'clang-tidy',
    // The filter takes a header by the name under which it was found: hence the whole path behind -I.
    ['--quiet', '--warnings-as-errors=*', `--header-filter=${checkout}/src/.*`, everyHeader, ...sources].concat([
      '--',
      '-std=c++20',
      `-I${checkout}/src`,
    ]),
    { capture: true },
  );
}

const checks = [
  ['the layers of src/', () => node('scripts/check_layers.mjs')],
  ['the links of the guides', () => node('scripts/check_links.mjs')],
  ['clang-format', () => run('clang-format', ['--dry-run', '--Werror', ...cppFiles()], { capture: true })],
  ['Prettier', () => node('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.')],
  ['shellcheck', () => run('shellcheck', ['--external-sources', ...shellScripts()], { capture: true })],
  ['TypeScript', () => node('node_modules/typescript/bin/tsc', '--project', '.')],
  ['ESLint', () => node('node_modules/eslint/bin/eslint.js', '.')],
  ['clang-tidy', () => clangTidy()],
];

/**
 * Runs the checks, a few at a time.
 *
 * @param {(text: string) => void} say  gets the output of each check that fails
 */
export async function lint(say) {
  const results = [];
  const waiting = [...checks];
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const [name, start] = check;
      try {
        await start();
        results.push({ ...noResults(), passed: 1 });
      } catch (error) {
        say(`${name}: ${error.message}\n${error.output ?? ''}`);
        results.push(oneFailure(name));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, Math.min(4, availableParallelism())) }, worker));
  return sum(results);
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  await main(async () => {
    const { passed, failed } = await lint((text) => console.error(text.trimEnd()));
    console.log(`${passed} passed, ${failed} failed`);
    return failed > 0 ? 1 : 0;
  });
}
