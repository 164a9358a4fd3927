// Makes dist/: the engine's wasm, the bundles of each entry point, their types; and puts the licence where npm packs it from.
import { build, transform } from 'esbuild';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { minify } from 'terser';
import ts from 'typescript';
import { buildTarget } from '../scripts/builds.mjs';
import { loadEnvironment, main, root, run } from '../scripts/environment.mjs';

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const engine = join(root, 'build/wasm/web');

/**
 * Emscripten's module without what fetches and compiles a .wasm: load_engine.ts always gives it `instantiateWasm`. The minifier
 * removes what is called by nothing then.
 */
function startedByHand(source) {
  const file = ts.createSourceFile('tidemark.mjs', source, ts.ScriptTarget.ES2022, true);
  const cuts = [];
  const visit = (node) => {
    if (ts.isFunctionDeclaration(node) && node.name.text === 'instantiateAsync') {
      cuts.push({ pos: node.body.pos + 1, end: node.body.end - 1 });
    } else if (ts.isIfStatement(node) && node.expression.getText() === 'instantiateWasm') {
      cuts.push({ pos: node.getStart(), end: node.thenStatement.getStart() }); // its block returns
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (cuts.length !== 2) throw new Error("tidemark.mjs: Emscripten's way to start it is another one");
  return cuts
    .sort((a, b) => b.pos - a.pos)
    .reduce((text, { pos, end }) => text.slice(0, pos) + text.slice(end), source);
}

/** Names that stand for a file of the build, or for one that differs between the places that the package runs in. */
const resolving = (platform) => ({
  name: 'tidemark',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^tidemark-engine-glue$/ }, () => ({ path: join(engine, 'tidemark.mjs') }));
    onResolve({ filter: /^tidemark-engine-source$/ }, () => ({ path: join(folder, `src/platform/${platform}.ts`) }));
    // Style sheets are text, which the dashboard makes constructed ones of.
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code, loader: 'text' };
    });
    // Within JavaScript the engine is gzipped base64 (platform/embedded.ts): base64 alone is hardly made smaller on its way.
    onResolve({ filter: /^\.\/tidemark\.wasm\.gz$/ }, () => ({ path: join(engine, 'tidemark.wasm') }));
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: gzipSync(readFileSync(path), { level: 9 }),
      loader: 'base64',
    }));
    onLoad({ filter: /tidemark\.mjs$/ }, ({ path }) => ({ contents: startedByHand(readFileSync(path, 'utf8')) }));
  },
});

/**
 * What esbuild leaves to terser, which makes it smaller than esbuild would. Without sequences: webpack 5 writes `,;` where one
 * holds a call of what is imported from another chunk.
 */
async function minified(file) {
  const { code, map } = await minify(readFileSync(file, 'utf8'), {
    ecma: 2022,
    module: true,
    compress: { passes: 3, sequences: false },
    format: { preserve_annotations: true }, // what a bundler may leave out
    sourceMap: { content: readFileSync(`${file}.map`, 'utf8'), url: `${basename(file)}.map` },
  });
  writeFileSync(file, code);
  writeFileSync(`${file}.map`, map);
}

/** Entry points that share chunks, so that whoever imports two of them has one copy of what is common. */
async function bundle(platform, entryPoints, options = {}) {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints,
    outdir: dist,
    chunkNames: `${platform}-[hash]`, // beside tidemark.wasm, which they are the ones to name
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minifyIdentifiers: true,
    keepNames: false,
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [resolving(platform)],
    // Its CommonJS would bring a chunk of helpers along.
    alias: { '@jridgewell/resolve-uri': join(root, 'node_modules/@jridgewell/resolve-uri/dist/resolve-uri.mjs') },
    ...options,
  });
  const made = Object.keys(metafile.outputs).filter((file) => file.endsWith('.js'));
  for (const file of made) await minified(join(folder, file));
}

/** The command line uses the package as any other program would; its parser and its tables, which are CommonJS, are in it. */
const commandLine = {
  platform: 'node',
  splitting: false,
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  plugins: [
    {
      name: 'package',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './index.node.js', external: true }));
      },
    },
  ],
};

await main(async () => {
  loadEnvironment();
  // npm reads the output of `npm pack --json`: what is told here goes to stderr.
  const quiet = { capture: true };
  await buildTarget('wasm', ['web_engine'], quiet);
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  copyFileSync(join(engine, 'tidemark.wasm'), join(dist, 'tidemark.wasm'));
  const entries = { index: 'src/index.ts', manual: 'src/manual.ts', attach: 'src/attach.ts' };
  const onDemand = 'src/load_tester.ts'; // no entry, but a file of its own
  await bundle('browser', { ...entries, dashboard: 'src/dashboard/index.ts', 'browser-tests': onDemand });
  const inNode = Object.fromEntries(Object.entries(entries).map(([name, path]) => [`${name}.node`, path]));
  await bundle('node', { ...inNode, 'node-tests': onDemand }, { platform: 'node' });
  await bundle('inline', { inline: 'src/index.ts' }, { splitting: false }); // one file
  await bundle('node', { cli: 'src/cli/main.ts' }, commandLine);
  chmodSync(join(dist, 'cli.js'), 0o755);
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder], quiet);
  if (!existsSync(join(dist, 'index.d.ts'))) throw new Error('tsc made no types');
  copyFileSync(join(dist, 'index.d.ts'), join(dist, 'inline.d.ts'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
});
