// Every artefact: `npm run build`. The library as it is installed, the npm package, and the examples.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildPreset, buildWeb } from './builds.mjs';
import { loadEnvironment, main, root, run } from './environment.mjs';
import { assembleSite } from './site.mjs';

/** The size of a file, or of all in a folder. */
function bytesIn(path) {
  const found = statSync(path);
  return found.isDirectory()
    ? readdirSync(path).reduce((total, name) => total + bytesIn(join(path, name)), 0)
    : found.size;
}

await main(async () => {
  loadEnvironment();
  await buildPreset('wasm');
  await run('cmake', ['--install', 'build/wasm', '--prefix', 'build/tidemark'], { capture: true });
  await buildWeb();
  await run('npm', ['pack', '--workspace', 'web', '--pack-destination', 'build', '--loglevel=error'], {
    capture: true,
  });

  assembleSite();

  const { version } = JSON.parse(readFileSync(join(root, 'web/package.json'), 'utf8'));
  const artefacts = [
    ['build/tidemark/lib/libtidemark.a', 'the malloc, to link'],
    ['build/tidemark/include', 'its public headers'],
    ['build/tidemark/lib/cmake/tidemark', 'find_package(tidemark)'],
    [`build/tidemark-${version}.tgz`, 'the npm package'],
    ['build/site', 'the dashboard and SQLite on four mallocs, pages for any web server'],
  ];
  console.log();
  for (const [path, what] of artefacts) {
    const kilobytes = `${(bytesIn(join(root, path)) / 1024).toFixed(1)} KiB`;
    console.log(`${path.padEnd(36)} ${kilobytes.padStart(11)}  ${what}`);
  }
});
