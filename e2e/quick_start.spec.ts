// The pages of docs/quick-start.md, as they stand there: a plain page with its worker, under its policy, and a Vite project.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { root } from '../scripts/environment.mjs';
import { serve } from '../scripts/serve.mjs';
import { expect, test } from './server.js';

const guide = readFileSync(join(root, 'docs/quick-start.md'), 'utf8');
const blocks = [...guide.matchAll(/```(?:js|html)\n([\s\S]*?)```\n/g)].map(([, code = '']) => code);

/** The block whose first line is a comment with that name. */
function file(name: string): string {
  const found = blocks.filter((code) => code.startsWith(`// ${name}\n`) || code.startsWith(`<!-- ${name} -->\n`));
  expect(found, name).toHaveLength(1);
  return found[0] ?? '';
}

const folder = join(root, 'build/e2e/quick_start');

/** Opens what lies in a folder at the root of a server; what the page prints, errors and refusals of its policy included. */
async function open(page: Page, served: string, lines: string[]): Promise<void> {
  page.on('console', (message) => {
    if (!message.location().url.endsWith('/favicon.ico')) lines.push(message.text()); // which nobody has made
  });
  page.on('pageerror', (error) => lines.push(String(error)));
  const server = await serve({ root: served, port: 0 });
  try {
    await page.goto(server.url);
    await expect.poll(() => lines.includes('2 different numbers') || lines.join()).toBe(true);
    await expect(page.getByRole('button', { name: 'Open dashboard' }).first()).toBeVisible();
  } finally {
    await server.close();
  }
}

test('a page without a bundler, and a worker', async ({ page }) => {
  const out = join(folder, 'page');
  rmSync(out, { recursive: true, force: true });
  cpSync(join(root, 'web/dist'), join(out, 'tidemark'), { recursive: true });
  for (const name of ['index.html', 'page.js', 'worker.js']) writeFileSync(join(out, name), file(name));
  const lines: string[] = [];
  await open(page, out, lines);
  expect(lines.sort()).toEqual(['2 different numbers', '3.2']);
});

test('a Vite project, with a worker and a program of its own', async ({ page }) => {
  const project = join(folder, 'vite');
  const at = (path: string) => join(project, path);
  rmSync(project, { recursive: true, force: true });
  for (const name of ['dist', 'package.json'])
    cpSync(join(root, 'web', name), at(`node_modules/tidemark/${name}`), { recursive: true });
  mkdirSync(at('src'));
  for (const name of ['src/main.js', 'vite.config.js']) writeFileSync(at(name), file(name));
  writeFileSync(at('src/worker.js'), file('worker.js').replace("'./tidemark/index.js'", "'tidemark'"));
  for (const name of ['app_linked.mjs', 'app_linked.wasm'])
    cpSync(join(root, 'build/wasm/web', name), at(`src/${name}`));
  const own = blocks.find((code) => code.includes("from './app.mjs'")) ?? '';
  writeFileSync(at('src/own.js'), own.replace("'./app.mjs'", "'./app_linked.mjs'"));
  writeFileSync(at('package.json'), '{ "private": true, "type": "module" }\n');
  const scripts = ['main', 'own'].map((name) => `<script type="module" src="/src/${name}.js"></script>`);
  writeFileSync(at('index.html'), `<!doctype html><link rel="icon" href="data:," /><body>${scripts.join('')}</body>`);
  await build({ root: project, logLevel: 'error' });
  const lines: string[] = [];
  await open(page, at('dist'), lines);
  await expect.poll(() => lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.filter((line) => !line.startsWith('Memory of "app"')).sort()).toEqual([
    '2 different numbers',
    'true',
    'true',
  ]);
});
