// The examples of README.md and of docs/, as they stand there; only where the program lies is mapped.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as tidemark from 'tidemark';
import { afterEach, expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'build/guide_examples');
mkdirSync(folder, { recursive: true });

const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
afterEach(() => {
  vi.clearAllMocks();
  vi.unstubAllGlobals();
  for (const id of ['app', 'game']) tidemark.cleanupMemoryOptimization(id);
});

/** The examples in JavaScript, in order. */
function examplesOf(guide: string): string[] {
  const text = readFileSync(join(root, guide === 'README' ? 'README.md' : `docs/${guide}.md`), 'utf8');
  return [...text.matchAll(/```js\n([\s\S]*?)```\n/g)].map(([, code = '']) => code);
}

let ran = 0;
/** Runs an example; what it exports, where something was added to it that does. */
async function run(code: string, programs: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const mapped = Object.entries(programs).reduce(
    (text, [from, to]) => text.replaceAll(`'./${from}'`, `'${join(root, 'build/wasm/web', to)}'`),
    code,
  );
  const file = join(folder, `example_${ran++}.mjs`);
  writeFileSync(file, mapped);
  return (await import(/* @vite-ignore */ file)) as Record<string, unknown>;
}

/** What an example prints, line by line. */
async function printed(code: string, programs: Record<string, string> = {}): Promise<unknown[][]> {
  await run(code, programs);
  return log.mock.calls;
}

type Program = { _hold(bytes: number): number; _leak(): void; _work(): void };
/** A program with the runtime, as the examples' `Module`. */
async function stubModule(): Promise<Program> {
  const file = join(root, 'build/wasm/web/app_linked.mjs');
  const { default: create } = (await import(/* @vite-ignore */ file)) as { default: () => Promise<Program> };
  const program = await create();
  vi.stubGlobal('Module', program);
  return program;
}

test('no example is left out', () => {
  const guides = readdirSync(join(root, 'docs')).flatMap((name) => /^(.*)\.md$/.exec(name)?.[1] ?? []);
  const counts = ['README', ...guides].map((guide) => [guide, examplesOf(guide).length] as const);
  expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual({
    README: 3,
    leaks: 2,
    monitoring: 1,
    profiling: 2,
    'quick-start': 7, // of which four are for browsers: e2e/quick_start.spec.ts
    shrink: 1,
    structures: 2,
    tester: 2,
    troubleshooting: 1,
  });
});

test('README: the npm package', async () => {
  const [report, prices] = await printed(examplesOf('README')[0] ?? '');
  expect(report?.[0]).toMatch(/hard limit +64.0 MiB/);
  expect(prices).toEqual([3.2, 704]); // as the comment there says
});

test('quick start: a program of your own', async () => {
  const lines = await printed(examplesOf('quick-start')[5] ?? '', { 'app.mjs': 'app_linked.mjs' });
  expect(lines.slice(0, 2)).toEqual([[true], [true]]);
  expect(lines[2]?.[0]).toContain('app');
});

test('quick start: any other memory', async () => {
  expect(await printed(examplesOf('quick-start')[0] ?? '')).toEqual([[null], [1_000_000], [false]]);
});

test('quick start: the dashboard', async () => {
  const mountDashboard = vi.fn();
  const body = {};
  vi.stubGlobal('mocks', { mountDashboard, app: { id: 'app' }, tidemark: {}, document: { body } });
  const around = 'const { mountDashboard, app, tidemark, document } = globalThis.mocks;\n';
  const code = (examplesOf('quick-start')[6] ?? '').replace(/^import .*\n/, '');
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

test('README: give memory back', async () => {
  await stubModule();
  const { benefit, report } = await run(
    (examplesOf('README')[1] ?? '')
      .replace(/^(?=Module.tidemark.benefit)/m, 'export const benefit = ')
      .replace(/^(?=Module.tidemark.shrink)/m, 'export const report = '),
  );
  expect(Object.keys(report as object)).toEqual([
    ...['returnedBytes', 'copiedBytes', 'durationMs', 'allocatedBefore', 'allocatedAfter'],
  ]);
  expect((benefit as { returnedBytes: number }).returnedBytes).toBeGreaterThanOrEqual(0);
});

test('README: from JavaScript', async () => {
  const mountDashboard = vi.fn();
  vi.stubGlobal('mountDashboard', mountDashboard);
  vi.stubGlobal('document', { body: 'body' });
  const code = (examplesOf('README')[2] ?? '').replace(/^import .*dashboard.*\n/m, '');
  const { used } = await run(`${code}export const used = tidemark.getMemoryReport('app').stats.used;`, {
    'app.mjs': 'app_linked.mjs',
  });
  expect(used).toBeGreaterThanOrEqual(0);
  expect(mountDashboard.mock.calls[0]).toMatchObject(['body', { mode: 'overlay' }]);
});

test('shrink: the shortest way', async () => {
  await stubModule();
  const { returnedBytes } = await run(`${examplesOf('shrink')[0] ?? ''}export { returnedBytes };`);
  expect(returnedBytes).toBeGreaterThanOrEqual(0);
});

test('leaks: detection', async () => {
  await stubModule();
  const { result } = await run(`${examplesOf('leaks')[0] ?? ''}export { result };`);
  expect(result).toMatchObject({ moduleId: 'game', hasLeak: false });
  expect(tidemark.getLeakHistory('game')).toHaveLength(1);
});

test('leaks: a scenario', async () => {
  const program = await stubModule();
  const openAndCloseADocument = vi.fn(() => program._leak());
  vi.stubGlobal('openAndCloseADocument', openAndCloseADocument);
  const imported = "import { detectLeaksByScenario } from 'tidemark';\nconst module = { id: 'app', module: Module };\n";
  const { result } = await run(`${imported}${examplesOf('leaks')[1] ?? ''}export { result };`);
  expect(result).toMatchObject({ moduleId: 'app', hasLeak: true });
  expect(openAndCloseADocument).toHaveBeenCalledTimes(8); // once to warm up
});

test('monitoring', async () => {
  await stubModule();
  const drawn: tidemark.MemoryStats[] = [];
  vi.stubGlobal('draw', (stats: tidemark.MemoryStats) => {
    drawn.push(stats);
    tidemark.stopMonitoring('game'); // which ends the loop
  });
  const ended = printed(examplesOf('monitoring')[0] ?? '');
  await vi.waitFor(() => tidemark.wasmMemoryMonitor.sample('game'));
  expect((await ended)[0]?.[0]).toMatch(/^game: /);
  expect(drawn).toHaveLength(1);
  expect(drawn[0]).toMatchObject({ moduleId: 'game', limit: 64 * 1024 * 1024 });
});

test('structures: maps, arrays, caches, and buffers', async () => {
  const sent = vi.fn();
  vi.stubGlobal('send', sent);
  vi.stubGlobal('message', new Uint8Array([1, 2, 3]));
  const [first = '', second = ''] = examplesOf('structures');
  const made = (await run(`${first}${second}export { map, points, cache, pool, buffer };`)) as {
    map: tidemark.CompactMap<unknown, unknown>;
    points: { at(index: number): unknown };
    cache: tidemark.MemoryEfficientCache<string, number>;
    pool: tidemark.BufferPool;
    buffer: tidemark.PooledBuffer;
  };
  expect([...made.map.values()]).toEqual([100, { any: 'object' }]);
  expect(made.points.at(0)).toEqual({ x: 1, y: 2, id: 3 });
  expect(made.cache.stats.size).toBe(0);
  expect(sent).toHaveBeenCalledExactlyOnceWith(expect.any(Number), 3);
  expect(made.pool.stats).toMatchObject({ acquired: 1, inUse: 0, idle: 1 });
  expect(() => made.buffer.bytes).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('tester: a test that is there, and one of your own', async () => {
  const [first = '', second = ''] = examplesOf('tester');
  const { result } = await run(`${first}export { result };`);
  expect(result).toMatchObject({ name: 'stress', passed: true });
  const own = await run(`${first.match(/^import .*\n/)?.[0] ?? ''}${second}export { result };`);
  expect(own['result']).toMatchObject({ name: 'squares', passed: true, leakedBytes: 0 });
});

test('troubleshooting: what memory is', async () => {
  await stubModule();
  const { figures } = await run(
    `${examplesOf('troubleshooting')[0] ?? ''}export const figures = [used, reserved, allocated, fragmentation];`,
  );
  expect((figures as unknown[]).every((figure) => typeof figure === 'number')).toBe(true);
});
