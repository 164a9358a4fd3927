// Makes dist/: the engine's wasm, the bundles of each entry point, their types; and puts the licence where npm packs it from.
import { build, transform } from 'esbuild';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rollup } from '@rollup/wasm-node';
import { minify } from 'terser';
import ts from 'typescript';
import { buildTarget } from '../scripts/builds.mjs';
import { loadEnvironment, main, root, run } from '../scripts/environment.mjs';

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const engine = join(root, 'build/wasm/web');

/** pprof-format without what reads profiles: the package only writes them, and a bundler keeps every method of a class. */
function writersOf(source) {
  const readers = ['decode', 'decodeValue', '_decodeString'];
  const file = ts.createSourceFile('pprof-format.js', source, ts.ScriptTarget.ES2022);
  const members = file.statements.filter(ts.isClassDeclaration).flatMap((statement) => [...statement.members]);
  const dropped = members.filter(({ name }) => name !== undefined && readers.includes(name.getText(file)));
  if (dropped.length === 0) throw new Error('pprof-format: its readers have other names');
  return dropped.reduceRight((text, { pos, end }) => text.slice(0, pos) + text.slice(end), source);
}

/**
 * Emscripten's module without what finds, fetches and compiles a .wasm: load_engine.ts always gives it `instantiateWasm`, and the
 * compiled code with the instance. The minifier removes what is called by nothing then; and what it can't know to have no effect is
 * cut, too: as where an export goes to a variable that nothing reads. The package calls exports by their names (bindings/engine.js).
 */
function startedByHand(source) {
  const file = ts.createSourceFile('tidemark.mjs', source, ts.ScriptTarget.ES2022, true);
  const cuts = [];
  const exported = [];
  const uses = new Map();
  const withoutUse = ['var _scriptName=import.meta.url;', 'var out=console.log.bind(console);'];
  const unneeded = [
    'ENVIRONMENT_IS_WEB||ENVIRONMENT_IS_WORKER', // of which scriptDirectory and readAsync come
    'HEAP8?.buffer?.resizable',
    '!(program.module instanceof WebAssembly.Module)',
  ];
  const visit = (node) => {
    if (ts.isVariableStatement(node) && withoutUse.includes(node.getText())) {
      cuts.push(node);
    } else if (ts.isIfStatement(node) && unneeded.includes(node.expression.getText())) {
      cuts.push(node);
    } else if (ts.isConditionalExpression(node) && node.condition.getText().includes('WebAssembly.LinkError')) {
      cuts.push({ pos: node.getStart(), end: node.whenFalse.getStart() }); // a shrink has the imports that there were at the start
    } else if (ts.isFunctionDeclaration(node) && node.name.text === 'instantiateAsync') {
      cuts.push({ pos: node.body.pos + 1, end: node.body.end - 1 });
    } else if (ts.isIfStatement(node) && node.expression.getText() === 'instantiateWasm') {
      cuts.push({ pos: node.getStart(), end: node.thenStatement.getStart() }); // its block returns
    } else if (ts.isExpressionStatement(node) && /^_\w+=wasmExports\["\w+"\];$/.test(node.getText())) {
      exported.push(node);
    } else if (ts.isIdentifier(node)) {
      uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const unread = exported.filter(({ expression }) => uses.get(expression.left.text) === 2); // declared and assigned
  if (cuts.length !== 8 || unread.length === 0)
    throw new Error("tidemark.mjs: Emscripten's way to start it is another one");
  return [...cuts, ...unread]
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
    onLoad({ filter: /pprof-format\/dist\/esm\/index\.js$/ }, ({ path }) => ({
      contents: writersOf(readFileSync(path, 'utf8')),
    }));
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

/**
 * Classes in functions that are called once, and may be left out with what they return: esbuild keeps a class with a member whose
 * name is an expression, `[symbolDispose]`, whether it is used or not, and webpack one that extends another and has a constructor.
 * Lines stay what they are, for the source map.
 */
function leftOutUnused(code) {
  const file = ts.createSourceFile('chunk.js', code, ts.ScriptTarget.ES2022);
  const kept = ({ members, heritageClauses }) =>
    members.some(({ name }) => name !== undefined && ts.isComputedPropertyName(name)) ||
    (heritageClauses !== undefined && members.some(ts.isConstructorDeclaration));
  const inserted = file.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations.map(({ initializer }) => initializer))
    .filter((value) => value !== undefined && ts.isClassExpression(value) && kept(value))
    .flatMap((value) => [
      { at: value.getStart(file), text: '/* @__PURE__ */ (() => ' },
      { at: value.end, text: ')()' },
    ]);
  return inserted.reduceRight((text, { at, text: more }) => text.slice(0, at) + more + text.slice(at), code);
}

/** What a file of dist/ imports at once, and itself. */
function loadedBy(file, loaded = new Set()) {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const [, imported] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    loadedBy(join(dist, imported), loaded);
  }
  return loaded;
}

/**
 * esbuild has a chunk for each set of entry points. Those that are loaded together anyway become one here, which is smaller when
 * it is sent: one for all that both 'tidemark' and 'tidemark/attach' need, one for what the dashboard needs of that, too.
 */
async function together(platform, entryPoints, files) {
  const entries = Object.keys(entryPoints);
  const loads = (name) => loadedBy(join(dist, `${name}.js`));
  const [index, attach] = ['index', 'attach'].map((name) => loads(entries.find((entry) => entry.startsWith(name))));
  const dashboard = entries.includes('dashboard') ? loads('dashboard') : new Set();
  const onDemand = new Set(
    entries.filter((entry) => entry.startsWith(`${platform}-`)).flatMap((entry) => [...loads(entry)]),
  );
  const bundle = await rollup({
    input: entries.filter((name) => !onDemand.has(join(dist, `${name}.js`))).map((name) => join(dist, `${name}.js`)),
    external: /^[^./]/,
    plugins: [
      {
        name: 'source maps',
        load(file) {
          const code = leftOutUnused(readFileSync(file, 'utf8'));
          return { code, map: readFileSync(`${file}.map`, 'utf8') };
        },
      },
    ],
  });
  const { output } = await bundle.generate({
    dir: dist,
    chunkFileNames: `${platform}-[hash].js`,
    sourcemap: true,
    manualChunks(file) {
      if (onDemand.has(file)) return basename(file);
      if (!index.has(file) || !attach.has(file)) return null;
      return dashboard.has(file) ? 'shared' : 'core';
    },
  });
  for (const file of files) for (const each of [file, `${file}.map`]) rmSync(each);
  return output
    .filter(({ type }) => type === 'chunk')
    .map(({ fileName, code, map }) => {
      const file = join(dist, fileName);
      writeFileSync(file, code);
      writeFileSync(`${file}.map`, map.toString());
      return file;
    });
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
  const files = made.map((file) => join(folder, file));
  for (const file of options.splitting === false ? files : await together(platform, entryPoints, files)) {
    await minified(file);
  }
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
  // No entries, but files of their own.
  const onDemand = (platform) =>
    Object.fromEntries(['scenario', 'symbols', 'tester'].map((name) => [`${platform}-${name}`, `src/load_${name}.ts`]));
  await bundle('browser', { ...entries, dashboard: 'src/dashboard/index.ts', ...onDemand('browser') });
  const inNode = Object.fromEntries(Object.entries(entries).map(([name, path]) => [`${name}.node`, path]));
  await bundle('node', { ...inNode, ...onDemand('node') }, { platform: 'node' });
  await bundle('inline', { inline: 'src/index.ts' }, { splitting: false }); // one file
  await bundle('node', { cli: 'src/cli/main.ts' }, commandLine);
  chmodSync(join(dist, 'cli.js'), 0o755);
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder], quiet);
  if (!existsSync(join(dist, 'index.d.ts'))) throw new Error('tsc made no types');
  copyFileSync(join(dist, 'index.d.ts'), join(dist, 'inline.d.ts'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
});
