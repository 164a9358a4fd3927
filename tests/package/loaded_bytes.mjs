// How many bytes of the npm package a program loads: all of it, and with a bundler one component alone.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from '@rollup/wasm-node';
import { build } from 'esbuild';
import { minify } from 'terser';
import webpack from 'webpack';

/** Of the packed files: what an import loads before anything asynchronous is called, as bytes that are sent gzipped. */
function sentBytes(dist, entry) {
  const loaded = new Set();
  const load = (file) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const code = readFileSync(join(dist, file), 'utf8');
    for (const [, imported] of code.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g)) load(imported);
  };
  load(entry);
  const sent = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  return { javaScript: [...loaded].reduce((sum, file) => sum + sent(file), 0), wasm: sent('tidemark.wasm') };
}

/**
 * The package may get smaller, and not larger without anybody noticing: these are the sizes that it had when they were
 * last written down, and 1 % more. Everything the API promises to do at once, without a promise, is in there.
 */
export function sizeOfImport(consumer) {
  const sizes = sentBytes(join(consumer, 'node_modules/tidemark/dist'), 'index.js');
  assert.ok(sizes.javaScript > 20_000, `only ${sizes.javaScript} bytes of JavaScript were found`);
  assert.ok(sizes.javaScript <= 71_100, `JavaScript: ${sizes.javaScript} bytes, gzipped`);
  assert.ok(sizes.wasm <= 57_000, `tidemark.wasm: ${sizes.wasm} bytes, gzipped`);
}

/**
 * Programs that use one component each: what they print, and how many bytes of JavaScript their bundles may load at once, gzipped:
 * what they had when that was last written down, and 2 % more. esbuild also loads what files share that are asked for on demand,
 * whether anything asks for them or not.
 */
const components = {
  map: {
    source: "import { createCompactMap } from 'tidemark';\nconsole.log(createCompactMap([['a', 1]]).get('a'));\n",
    prints: '1\n',
    bytes: { esbuild: 33_200, rollup: 17_500, webpack: 19_200 },
  },
  manager: {
    source: `import { canAllocate, defaultModule, registerModule } from 'tidemark';
      registerModule(defaultModule, { hardLimit: 2 ** 24 });
      console.log(canAllocate('tidemark', 1), canAllocate('tidemark', 2 ** 25));\n`,
    prints: 'true false\n',
    bytes: { esbuild: 41_800, rollup: 21_600, webpack: 22_800 },
  },
  leaks: {
    source: "import { detectMemoryLeaks } from 'tidemark';\nconsole.log(detectMemoryLeaks('tidemark').hasLeak);\n",
    prints: 'false\n',
    bytes: { esbuild: 44_000, rollup: 24_200, webpack: 25_200 },
  },
  monitor: {
    source: `import { defaultModule, getMemoryStats, startMonitoring } from 'tidemark';
      startMonitoring(defaultModule);
      console.log(getMemoryStats('tidemark').used > 0);\n`,
    prints: 'true\n',
    bytes: { esbuild: 45_800, rollup: 27_900, webpack: 28_200 },
  },
  tester: {
    source: `import { defaultModule, getBuiltInTests, runMemoryPerformanceTest } from 'tidemark';
      const { error } = await runMemoryPerformanceTest(defaultModule, getBuiltInTests().structures);
      console.log(error);\n`,
    prints: 'null\n',
    bytes: { esbuild: 34_600, rollup: 33_500, webpack: 33_800 },
  },
};

/** Bundles a program as for production; the folder and the first file of what came out. */
const bundlers = {
  esbuild: (input, out, { exportConditions = [] }) =>
    build({
      entryPoints: { main: input },
      outdir: out,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      platform: exportConditions.includes('node') ? 'node' : 'browser',
      logLevel: 'error',
    }),
  async rollup(input, out, conditions) {
    const bundle = await rollup({ input, plugins: [nodeResolve(conditions)], onwarn: () => {} });
    const { output } = await bundle.write({ dir: out, format: 'es', entryFileNames: 'main.mjs' });
    for (const { fileName, code } of output.filter(({ type }) => type === 'chunk')) {
      writeFileSync(join(out, fileName), (await minify(code, { module: true, ecma: 2022 })).code);
    }
  },
  webpack: (input, out, { exportConditions = [] } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        mode: 'production',
        target: exportConditions.includes('node') ? 'node20' : 'web',
        experiments: { outputModule: true },
        entry: { main: input },
        output: { path: out, filename: 'main.mjs', module: true, chunkFormat: 'module' },
      };
      webpack(options, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
        else resolve();
      });
    }),
};

/** Of a bundle: its main file and what that imports, as bytes that are sent gzipped. */
function bundledBytes(folder, file = 'main.mjs', loaded = new Set()) {
  loaded.add(file);
  const code = readFileSync(join(folder, file), 'utf8');
  let bytes = gzipSync(code, { level: 9 }).length;
  for (const [, imported] of code.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.m?js)"/g)) {
    if (!loaded.has(imported)) bytes += bundledBytes(folder, imported, loaded);
  }
  return bytes;
}

/** Bundled where the package is installed; `outputOf` runs a program, by its path. */
export async function oneComponent(consumer, outputOf) {
  for (const [name, { source, prints, bytes }] of Object.entries(components)) {
    const program = join(consumer, `${name}.js`);
    writeFileSync(program, source);
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      const out = join(consumer, `${name}_by_${bundler}`);
      await bundle(program, out, { browser: true });
      const size = bundledBytes(out);
      assert.ok(size > 8_000 && size <= bytes[bundler], `${name} by ${bundler}: ${size} bytes, gzipped`);
      await bundle(program, `${out}_for_node`, { exportConditions: ['node'] });
      assert.equal(await outputOf(join(`${out}_for_node`, 'main.mjs')), prints, `${name} by ${bundler}`);
    }
  }
}
