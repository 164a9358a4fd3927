// The npm package as users have it: packed, installed, bundled by each bundler without configuration, run in a browser
// under a strict content security policy, in the page and in a worker.
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { rollup } from '@rollup/wasm-node';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { root, run } from '../scripts/environment.mjs';
import { expect, test } from './server.js';

const consumer = join(root, 'build/e2e/consumer');
const sources = join(root, 'e2e/consumer');
const entries = { main: join(consumer, 'main.js'), worker: join(consumer, 'worker.js') };

/** What is packed: a copy in build/e2e is as good as a new one while this is the same. */
function packedState(): string {
  const dist = join(root, 'web/dist');
  const times = readdirSync(dist).map((name) => `${name} ${String(statSync(join(dist, name)).mtimeMs)}`);
  return [...times, ...readdirSync(sources).map((name) => readFileSync(join(sources, name), 'utf8'))].join('\n');
}

/** Installs the tarball into a project of its own. */
async function install(): Promise<void> {
  const state = packedState();
  const mark = join(consumer, 'state.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === state) return;
  rmSync(consumer, { recursive: true, force: true });
  cpSync(sources, consumer, { recursive: true });
  const quiet = { capture: true };
  const pack = ['pack', '--workspace', 'web', '--ignore-scripts', '--json', '--pack-destination', consumer];
  const { stdout } = await run('npm', pack, quiet);
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  const offline = ['install', '--offline', '--no-audit', '--no-fund', join(consumer, packed?.filename ?? '')];
  await run('npm', offline, { ...quiet, cwd: consumer });
  writeFileSync(mark, state);
}

const bundlers: Record<string, (out: string) => Promise<unknown>> = {
  vite: (out) =>
    vite({
      root: consumer,
      base: './',
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      build: { outDir: out, emptyOutDir: false, target: 'esnext' },
    }),
  webpack: (out) =>
    new Promise((resolve, reject) => {
      webpack({ mode: 'production', context: consumer, entry: entries.main, output: { path: out } }, (error, stats) => {
        if (error) reject(error);
        else if (stats?.hasErrors()) reject(new Error(stats.toString('errors-only')));
        else resolve(stats);
      });
    }),
  rollup: async (out) => {
    const bundle = await rollup({ input: entries, plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ dir: out, format: 'es' });
    await bundle.close();
  },
  esbuild: (out) =>
    esbuild({
      entryPoints: Object.values(entries),
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      tsconfigRaw: {}, // a consumer lies outside of the repository, whose paths it doesn't know
    }),
};

test.describe.configure({ mode: 'serial' });
test.describe('the package', () => {
  test.beforeAll(async () => {
    test.setTimeout(180_000);
    await install();
  });

  for (const [name, bundle] of Object.entries(bundlers)) {
    test(`bundled by ${name}`, async ({ page, site }) => {
      const out = join(consumer, name);
      if (!existsSync(out)) {
        mkdirSync(out);
        await bundle(out);
        if (name !== 'vite') copyFileSync(join(sources, 'index.html'), join(out, 'index.html'));
      }
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text());
      });
      await page.goto(`${site}${relative(root, out)}/index.html`);
      const answer = async () => problems.join() || ((await page.locator('body').getAttribute('data-result')) ?? '');
      await expect.poll(answer, { timeout: 30_000 }).not.toBe('');
      const text = await answer();
      expect(problems).toEqual([]);
      const result = JSON.parse(text) as {
        version: string;
        returnedBytes: number;
        error: string | null;
        inWorker: number;
      };
      expect(result.version, text).toMatch(/^\d+\.\d+\.\d+$/);
      expect(result.returnedBytes).toBeGreaterThan(39 << 20);
      expect(result.error).toBeNull();
      expect(result.inWorker).toBeGreaterThan(29 << 20);
    });
  }
});
