// The layers of src/, bottom up, and the check that includes follow them: a file includes its own folder, lower layers,
// and the public headers of tidemark/. Emscripten's headers stay in platform/, override/ and bindings/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './environment.mjs';

/** Folders of one row don't include each other. */
const layers = [
  ['base'],
  ['platform'],
  ['heap'],
  ['pool', 'movable'],
  ['structures'],
  ['monitor'],
  ['leaks', 'manager', 'tester'],
  ['override'],
];
const publicFolder = 'tidemark';
const emscriptenFolders = new Set(['src/platform', 'src/override']);

const rankOf = new Map(layers.flatMap((folders, rank) => folders.map((folder) => [folder, rank])));
const includePattern = /^[ \t]*#[ \t]*(?:include|import)[ \t]*(["<])([^">]+)[">]/;

/** Why `path` may not include `included`; undefined when it may. */
function objection(path, quote, included) {
  const [top, folder] = path.split('/');
  const includedFolder = included.includes('/') ? included.slice(0, included.indexOf('/')) : undefined;

  if (includedFolder === 'bindings' && top !== 'bindings') return 'nothing includes bindings/';
  if (top !== 'src') return undefined;

  if (/^emscripten([/.]|$)/.test(included)) {
    return emscriptenFolders.has(`src/${folder}`) ? undefined : "Emscripten's headers stay in platform/ and override/";
  }
  if (folder !== publicFolder && !rankOf.has(folder))
    return `src/${folder}/ is in no layer of scripts/check_layers.mjs`;
  if (includedFolder === publicFolder || includedFolder === folder) return undefined;
  if (!rankOf.has(includedFolder)) {
    return quote === '"' ? 'a header of ours is named from src/ on, as "heap/heap.h"' : undefined;
  }
  if (folder === publicFolder) return 'a public header includes public headers only';
  return rankOf.get(includedFolder) < rankOf.get(folder)
    ? undefined
    : `${includedFolder}/ is not below ${folder}/ (${layers.map((row) => row.join(', ')).join(' → ')})`;
}

/**
 * @param {Iterable<[path: string, text: string]>} files  paths from the root of the checkout
 * @returns {string[]} one line for each include that breaks the rule, as `path:line: …`
 */
export function violations(files) {
  const found = [];
  for (const [path, text] of files) {
    text.split('\n').forEach((line, index) => {
      const match = includePattern.exec(line);
      const why = match && objection(path, match[1], match[2]);
      if (why) found.push(`${path}:${index + 1}: includes ${match[2]}: ${why}`);
    });
  }
  return found;
}

/** The C and C++ files below a folder, by path from the root of the checkout. */
export function sourceFiles(folder, { checkout = root } = {}) {
  const path = join(checkout, folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(h|hpp|c|cc|cpp)$/.test(name)).map((name) => `${folder}/${name}`);
}

function main() {
  const paths = ['src', 'bindings', 'tests', 'examples'].flatMap((folder) => sourceFiles(folder));
  const found = violations(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.log(`${paths.length} files follow the layers`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) main();
