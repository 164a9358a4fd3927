// The API reference: `npm run docs`. TypeDoc reads the npm package's sources, Doxygen the public headers.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, main, root, run } from './environment.mjs';

const output = join(root, 'build/docs');

async function javascript() {
  const entries = ['index', 'manual', 'attach', 'dashboard/index'].map((name) => `web/src/${name}.ts`);
  const there = entries.filter((path) => existsSync(join(root, path)));
  await run(
    process.execPath,
    [
      join(root, 'node_modules/typedoc/bin/typedoc'),
      ...there,
      ...[
        '--tsconfig',
        'web/tsconfig.json',
        '--out',
        join(output, 'js'),
        '--name',
        'tidemark',
        '--readme',
        'web/README.md',
      ],
      ...['--treatWarningsAsErrors', '--excludeInternal', '--excludePrivate', '--disableSources'],
    ],
    { capture: true },
  );
}

async function cpp() {
  const settings = {
    PROJECT_NAME: 'tidemark',
    INPUT: join(root, 'src/tidemark'),
    FILE_PATTERNS: '*.h',
    RECURSIVE: 'YES',
    OUTPUT_DIRECTORY: output,
    HTML_OUTPUT: 'cpp',
    GENERATE_LATEX: 'NO',
    JAVADOC_AUTOBRIEF: 'YES',
    EXTRACT_ALL: 'YES',
    QUIET: 'YES',
    WARN_AS_ERROR: 'NO',
  };
  const file = join(output, 'Doxyfile');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  try {
    await run('doxygen', [file], { capture: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new CommandError('doxygen is not on PATH: install it (Debian: apt-get install doxygen), then run this again');
  }
}

await main(async () => {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  await javascript();
  console.log(`${join('build', 'docs', 'js', 'index.html')}   the npm package`);
  await cpp();
  console.log(`${join('build', 'docs', 'cpp', 'index.html')}  the public headers`);
});
