// The examples of docs/quick-start.md and docs/profiling.md, as they stand there; only where the program lies is mapped.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'build/guide_examples');
mkdirSync(folder, { recursive: true });

const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
afterEach(() => {
  vi.clearAllMocks();
  vi.unstubAllGlobals();
});

/** The examples in JavaScript, in order. */
function examplesOf(guide: string): string[] {
  const text = readFileSync(join(root, `docs/${guide}.md`), 'utf8');
  return [...text.matchAll(/```js\n([\s\S]*?)```\n/g)].map(([, code = '']) => code);
}

let ran = 0;
/** What an example prints, line by line. */
async function printed(code: string, programs: Record<string, string> = {}): Promise<unknown[][]> {
  const mapped = Object.entries(programs).reduce(
    (text, [from, to]) => text.replaceAll(`'./${from}'`, `'${join(root, 'build/wasm/web', to)}'`),
    code,
  );
  const file = join(folder, `example_${ran++}.mjs`);
  writeFileSync(file, mapped);
  await import(/* @vite-ignore */ file);
  return log.mock.calls;
}

test('no example is left out', () => {
  expect(examplesOf('quick-start')).toHaveLength(3);
  expect(examplesOf('profiling')).toHaveLength(2);
});

test('quick start: a program of your own', async () => {
  const lines = await printed(examplesOf('quick-start')[0] ?? '', { 'app.mjs': 'app_linked.mjs' });
  expect(lines.slice(0, 2)).toEqual([[true], [true]]);
  expect(lines[2]?.[0]).toContain('app');
});

test('quick start: any other memory', async () => {
  expect(await printed(examplesOf('quick-start')[1] ?? '')).toEqual([[null], [1_000_000], [false]]);
});

test('quick start: the dashboard', async () => {
  const mountDashboard = vi.fn();
  const body = {};
  vi.stubGlobal('mocks', { mountDashboard, app: { id: 'app' }, tidemark: {}, document: { body } });
  const around = 'const { mountDashboard, app, tidemark, document } = globalThis.mocks;\n';
  const code = (examplesOf('quick-start')[2] ?? '').replace(/^import .*\n/, '');
  await printed(around + code);
  // What it does with them is tested in browsers (e2e/dashboard.spec.ts).
  expect(mountDashboard).toHaveBeenCalledExactlyOnceWith(body, { module: { id: 'app' }, api: {}, mode: 'overlay' });
});

test('profiling: what has come since, and as files', async () => {
  const [first = '', second = ''] = examplesOf('profiling');
  const [imports, files] = [/^import .*\n/, join(folder, 'files')];
  mkdirSync(files, { recursive: true });
  const whole = `${second.match(imports)?.[0] ?? ''}${first}${second.replace(imports, '').replaceAll("FileSync('", `FileSync('${files}/`)}`;
  const lines = await printed(whole, { 'game.mjs': 'sites.mjs' });
  expect(lines[0]?.[0]).toContain('load level');
  const [stack, liveBytes] = lines[1] ?? [];
  expect((stack as string[]).join()).toContain('load level');
  expect(liveBytes).toBeGreaterThanOrEqual(100 * 2000);
  expect(gunzipSync(readFileSync(join(files, 'heap.pb.gz'))).length).toBeGreaterThan(100);
  expect(JSON.parse(readFileSync(join(files, 'game.speedscope.json'), 'utf8'))).toHaveProperty('profiles');
});
