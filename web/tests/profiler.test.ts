import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import Ajv from 'ajv';
import { Profile } from 'pprof-format';
import { expect, test, vi } from 'vitest';
import type { MemoryProfile, Runtime, SiteProfile, TidemarkApi } from 'tidemark';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';
import { SiteStacks } from '../src/leaks/site_stacks.js';
import { profilerOf } from '../src/profiler_tables.js';
import { readNameSection } from '../src/profiling/function_names.js';
import { startSites, type SitesProgram } from './sites_program.js';

const MiB = 1024 * 1024;
const started = async (
  sampleBytes: number,
): Promise<{ program: SitesProgram; api: TidemarkApi; clock: SimulatedClock }> => {
  const clock = new SimulatedClock();
  const { program, api } = await startSites(clock);
  api.startMonitoring(api.defaultModule);
  api.wasmMemoryMonitor.startProfiling('sites', { sampleBytes, maxOverhead: 0, seed: 3 });
  return { program, api, clock };
};
const siteOf = (profile: MemoryProfile, name: string): SiteProfile | undefined =>
  profile.sites.find(({ stack }) => stack[0]?.startsWith(name));
test('estimates over a gigabyte are within 5 %', async () => {
  const { program, api } = await started(512 * 1024);
  // One sample in 512 KiB of blocks this small is 2048 samples a GiB: a standard deviation of 2.2 %, so that one seed in
  // forty would be off by more than 5 %. This one is not, and stays that way.
  program._format_text(1_048_576, 1024);
  program._load_meshes(100, 4_000_000); // blocks above the mean are sampled nearly always
  const profile = api.getMemoryProfile('sites');
  const text = siteOf(profile, 'format_text');
  expect(text?.totalBytes).toBeGreaterThan(0.95 * 2 ** 30);
  expect(text?.totalBytes).toBeLessThan(1.05 * 2 ** 30);
  expect(text?.totalBlocks).toBeCloseTo((text?.totalBytes ?? 0) / 1024, -1);
  expect(text?.liveBytes).toBe(0);
  expect(text?.temporaryBytes).toBe(text?.totalBytes);
  const meshes = siteOf(profile, 'load_meshes');
  expect(meshes?.liveBytes).toBeGreaterThan(0.95 * 400e6);
  expect(meshes?.liveBytes).toBeLessThan(1.05 * 400e6);
  expect(meshes?.temporaryBytes).toBe(0);
});

test('exact mode is exact: sites, temporary blocks, what was alive at the peak', async () => {
  const { program, api } = await started(0);
  program._load_meshes(300, 40);
  program._load_textures(5, 10_000);
  program._let_go();
  program._format_text(7, 100);
  program._load_level(2, 500);
  program._grow_buffer(3, 5000);
  const profile = api.getMemoryProfile('sites');
  expect(siteOf(profile, 'load_meshes')).toMatchObject({
    liveBytes: 0,
    liveBlocks: 0,
    totalBytes: 12_000,
    totalBlocks: 300,
    temporaryBlocks: 0,
    peakBytes: 12_000,
    peakBlocks: 300,
  });
  expect(siteOf(profile, 'load_textures')).toMatchObject({ totalBytes: 50_000, totalBlocks: 5, peakBytes: 50_000 });
  expect(siteOf(profile, 'format_text')).toMatchObject({
    totalBlocks: 7,
    temporaryBytes: 700,
    temporaryBlocks: 7,
    peakBytes: 0,
  });
  expect(siteOf(profile, 'load_level')).toMatchObject({ liveBytes: 1000, liveBlocks: 2, peakBytes: 0 });
  // realloc is a new block in place of the old one, wherever it is served from.
  expect(siteOf(profile, 'grow_buffer')).toMatchObject({
    liveBytes: 15_000,
    liveBlocks: 1,
    totalBytes: 30_000,
    totalBlocks: 3,
  });
  expect(profile.samples).toBe(317);
});

test('stacks are named from the inside out: functions, scopes, JavaScript', async () => {
  const { program, api } = await started(0);
  program._load_level(1, 1000);
  const [site] = api.getMemoryProfile('sites').sites;
  expect(site?.stack.slice(0, 2)).toEqual(['load_level', 'load level']);
  expect(site?.stack.some((line) => line.includes('profiler.test.ts'))).toBe(true);
  program._load_textures(1, 1000);
  expect(siteOf(api.getMemoryProfile('sites'), 'load_textures')?.stack[0]).toBe('load_textures');

  api.wasmMemoryMonitor.startProfiling('sites', { sampleBytes: 0, stacks: 'scopes' });
  program._load_level(1, 1000);
  expect(api.getMemoryProfile('sites').sites.map(({ stack }) => stack)).toEqual([['load level']]);
});

/** Calls `body` where stacks are what other engines write. */
function withStack<Result>(lines: readonly string[], body: () => Result): Result {
  const original = Error.captureStackTrace;
  Error.captureStackTrace = (target) => void Object.assign(target, { stack: lines.join('\n') });
  try {
    return body();
  } finally {
    Error.captureStackTrace = original;
  }
}

test("JavaScriptCore's frames: a function is one, by its number or its name, and has its name", async () => {
  const { program, api } = await started(0);
  const tables = profilerOf((program as unknown as { tidemark: Runtime }).tidemark);
  const names = [...readNameSection(tables.sections('name')[0])];
  const indexOf = (wanted: string): number => names.find(([, name]) => name === wanted)?.[0] ?? -1;
  const [own, level] = ['tidemark_malloc', 'load_level'].map(indexOf);
  expect(own).toBeGreaterThan(0);
  expect(level).toBeGreaterThan(0);
  const outside = ['start@http://localhost/app.js:3:7', 'forEach@[native code]', '@'];
  const written = [
    [`${own}@<?>:wasm-function[${own}]`, `${level}@<?>:wasm-function[${level}]`], // not compiled for speed yet
    [`tidemark_malloc@sites.wasm:wasm-function[${own}]`, `load_level@sites.wasm:wasm-function[${level}]`],
    ['tidemark_malloc@<?>:wasm-function[tidemark_malloc]', 'load_level@<?>:wasm-function[load_level]'],
    // as Safari wrote them up to 17
    [`<?>.wasm-function[${own}]@[wasm code]`, `<?>.wasm-function[${level}]@[wasm code]`, 'wasm-stub@[wasm code]'],
    ['<?>.wasm-function[tidemark_malloc]@[wasm code]', '<?>.wasm-function[load_level]@[wasm code]'],
  ];
  for (const lines of written) withStack([...lines, ...outside], () => program._load_textures(1, 1000));
  const { sites } = api.getMemoryProfile('sites');
  expect(sites.map(({ stack, totalBlocks }) => [stack, totalBlocks])).toEqual([
    [['load_level', 'start (http://localhost/app.js:3:7)', 'forEach', '(anonymous)'], written.length],
  ]);
  // The leak detector tells them apart by no more.
  const stacks = new SiteStacks(() => tables as never);
  const told = new Set(tables.sites.map((site) => stacks.of(site)));
  expect([...told].map(({ stack }) => stack.slice(0, 2))).toEqual([['load_level', 'start']]);
  // What is called like a function, or lies in a folder called so, is no WebAssembly.
  withStack(['wasm-function[1]@http://localhost/a:wasm-function[2]/app.js:1:2'], () => program._load_textures(1, 1000));
  expect(api.getMemoryProfile('sites').data.sites.at(-1)?.frames).toMatchObject([{ kind: 'javascript', line: 1 }]);
});

test("SpiderMonkey's frames: where in a function it was, and its name", async () => {
  const { program, api } = await started(0);
  const url = 'http://localhost/sites.wasm';
  const lines = [
    `load_level@${url}:wasm-function[7]:0x1a2b`,
    `wasm-function[8]@${url}:wasm-function[8]:0x1b`,
    'start@http://localhost/app.js:3:7',
  ];
  withStack(lines, () => program._load_textures(1, 1000));
  const [site] = api.getMemoryProfile('sites').data.sites;
  expect(site?.frames).toMatchObject([
    { name: 'load_level', kind: 'wasm', address: 0x1a2b, functionIndex: 7 },
    { kind: 'wasm', address: 0x1b, functionIndex: 8 },
    { name: 'start', kind: 'javascript', line: 3 },
  ]);
});

test('a source map gives files and lines', async () => {
  const { program, api } = await started(0);
  program._load_level(1, 1000);
  const sourceMap = readFileSync(new URL('../../build/wasm/web/sites.wasm.map', import.meta.url), 'utf8');
  const [site] = (await api.getMemoryProfile('sites').symbolize({ sourceMap })).sites;
  expect(site?.stack[0]).toMatch(/^load_level \(.*sites\.cpp:\d+:\d+\)$/);
});

test('the difference of two profiles', async () => {
  const { program, api } = await started(0);
  program._load_meshes(3, 1000);
  const before = api.getMemoryProfile('sites');
  program._let_go();
  program._load_textures(2, 5000);
  const change = api.getMemoryProfile('sites').since(before);
  expect(siteOf(change, 'load_meshes')).toMatchObject({ liveBytes: -3000, liveBlocks: -3, totalBytes: 0 });
  expect(siteOf(change, 'load_textures')).toMatchObject({ liveBytes: 10_000, liveBlocks: 2 });
  expect(api.getMemoryProfile('sites').since(api.getMemoryProfile('sites')).sites).toEqual([]);
});

test('samples go on through growth, shrink and exhausted memory', async () => {
  const { program, api } = await started(0);
  program._load_meshes(20, MiB);
  expect(program._try_block(0xfffffff0)).toBe(0);
  program._load_textures(1, 4000);
  program._let_go();
  program._load_level(3, 700);
  const during: MemoryProfile[] = [];
  const leave = (program as unknown as { tidemark: Runtime }).tidemark.onShrink(() => {
    during.push(api.getMemoryProfile('sites'));
  });
  expect(api.shrink('sites')).toMatchObject({ returnedBytes: expect.any(Number) as number });
  leave();
  expect(during.map((profile) => siteOf(profile, 'load_level')?.liveBytes)).toEqual([2100]);
  expect(siteOf(api.getMemoryProfile('sites'), 'load_level')).toMatchObject({ liveBytes: 2100, liveBlocks: 3 });
  program._let_go();
  program._load_meshes(2, 100_000);
  const profile = api.getMemoryProfile('sites');
  expect(siteOf(profile, 'load_level')).toMatchObject({ liveBytes: 0, liveBlocks: 0 });
  expect(siteOf(profile, 'load_meshes')?.liveBytes).toBe(200_000);
  expect(siteOf(profile, 'try_block')).toBeUndefined();
});

test('a profile lasts as long as the clock that was given says, from the start of the program or of the session on', async () => {
  const clock = new SimulatedClock();
  const { api } = await startSites(clock);
  api.startMonitoring(api.defaultModule);
  const sinceStart = api.getMemoryProfile('sites').durationMs;
  expect(sinceStart).toBeGreaterThanOrEqual(0); // what the start has taken
  expect(sinceStart).toBeLessThan(3_600_000); // and not what is between two clocks
  api.wasmMemoryMonitor.startProfiling('sites');
  clock.advance(5000);
  const { durationMs, data } = api.getMemoryProfile('sites');
  expect(durationMs).toBeGreaterThanOrEqual(5000);
  expect(durationMs).toBeLessThan(3_600_000);
  expect(data.takenAt - data.startedAt).toBe(durationMs);
});

test('sampling can be off, and a session ends by itself', async () => {
  const { program, api, clock } = await started(0);
  const profiler = api.wasmMemoryMonitor.profiler('sites');
  program._load_meshes(1, 100);
  clock.advance(60_000);
  program._load_meshes(10, 100);
  expect(siteOf(api.getMemoryProfile('sites'), 'load_meshes')?.totalBlocks).toBe(1); // back at 512 KiB
  // As long as it is told later on.
  api.startMonitoring(api.defaultModule, null, { maxProfilingDuration: 1000 });
  api.wasmMemoryMonitor.startProfiling('sites', { sampleBytes: 0 });
  clock.advance(1000);
  program._load_meshes(10, 100);
  expect(siteOf(api.getMemoryProfile('sites'), 'load_meshes')).toBeUndefined();
  api.startMonitoring(api.defaultModule, null, { profiling: false });
  expect(profiler.sampling).toBe(false);
  program._load_textures(100, MiB);
  const off = api.getMemoryProfile('sites');
  expect(siteOf(off, 'load_textures')).toBeUndefined();
  expect(off.sizeClasses.length).toBeGreaterThan(0);
  expect(off.sizeClasses.at(-1)).toMatchObject({ blockBytes: 0 });
  program._let_go();
  api.startMonitoring(api.defaultModule);
  // Two: how many more are sampled depends on how long that takes.
  program._load_textures(2, 100 * MiB);
  expect(siteOf(api.getMemoryProfile('sites'), 'load_textures')?.liveBytes).toBeGreaterThan(190 * MiB);
  api.wasmMemoryMonitor.dispose();
});

test('pprof reads the profile, with the values of the whole program', async () => {
  const { program, api } = await started(64 * 1024);
  program._load_meshes(400, 1_000_000);
  program._format_text(50_000, 1500);
  const profile = api.getMemoryProfile('sites');
  const read = Profile.decode(gunzipSync(profile.toPprof()));
  const text = (index: number | bigint): string | undefined => read.stringTable.strings[Number(index)];
  expect(read.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`)).toEqual([
    'alloc_objects/count',
    'alloc_space/bytes',
    'inuse_objects/count',
    'inuse_space/bytes',
  ]);
  const functions = new Map(read.function.map((f) => [f.id, text(f.name)]));
  const locations = new Map(read.location.map((l) => [l.id, functions.get(l.line[0]?.functionId ?? 0)]));
  const samples = read.sample.map(({ locationId, value }) => [
    locationId.map((id) => locations.get(id)),
    value.map(Number),
  ]);
  expect(samples).toEqual(
    profile.data.sites.map((site) => [
      site.frames.map(({ name, file }) => name || file),
      [site.totalBlocks, site.totalBytes, site.liveBlocks, site.liveBytes],
    ]),
  );
  expect(Number(read.period)).toBe(64 * 1024);
});

test("speedscope's schema accepts the profile, and its graphs add up", async () => {
  const { program, api } = await started(0);
  program._load_meshes(30, 400);
  program._load_level(3, 1000);
  const speedscope = api.getMemoryProfile('sites').toSpeedscope() as {
    shared: { frames: { name: string }[] };
    profiles: { name: string; samples: number[][]; weights: number[]; endValue: number }[];
  };
  const schema = JSON.parse(
    readFileSync(
      new URL('../../node_modules/speedscope/dist/release/file-format-schema.json', import.meta.url),
      'utf8',
    ),
  ) as object;
  const validate = new Ajv().compile(schema);
  expect(validate(speedscope), JSON.stringify(validate.errors)).toBe(true);
  const [live] = speedscope.profiles;
  expect(live?.endValue).toBe(15_000);
  const stacks = live?.samples.map((stack) => stack.map((frame) => speedscope.shared.frames[frame]?.name));
  expect(stacks?.map((stack) => stack.at(-1))).toEqual(['load_meshes', 'load_level']);
});

test("Chrome's and Firefox's profiles have all bytes where they belong", async () => {
  const { program, api } = await started(0);
  program._load_meshes(30, 400);
  program._load_level(3, 1000);
  program._format_text(4, 50);
  const profile = api.getMemoryProfile('sites');

  interface Node {
    callFrame: { functionName: string };
    selfSize: number;
    id: number;
    children: Node[];
  }
  const chrome = profile.toChromeHeapProfile() as { head: Node; samples: { size: number; nodeId: number }[] };
  const nodes: Node[] = [];
  const walk = (node: Node): void => {
    nodes.push(node);
    node.children.forEach(walk);
  };
  walk(chrome.head);
  expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
  expect(
    nodes.filter(({ selfSize }) => selfSize > 0).map(({ callFrame, selfSize }) => [callFrame.functionName, selfSize]),
  ).toEqual([
    ['load_meshes', 12_000],
    ['load_level', 3000],
  ]);
  expect(chrome.samples.reduce((sum, { size }) => sum + size, 0)).toBe(15_000);

  const firefox = profile.toFirefoxProfile() as {
    meta: { preprocessedProfileVersion: number };
    threads: {
      stringArray: string[];
      stackTable: { frame: number[]; prefix: (number | null)[]; length: number };
      frameTable: { func: number[]; length: number };
      funcTable: { name: number[] };
      nativeAllocations: { weight: number[]; stack: number[]; time: number[]; length: number };
    }[];
  };
  const thread = firefox.threads[0];
  if (!thread) throw new Error('no thread');
  const { nativeAllocations, stackTable, frameTable, funcTable, stringArray } = thread;
  const leaf = (stack: number): string =>
    stringArray[funcTable.name[frameTable.func[stackTable.frame[stack] ?? -1] ?? -1] ?? -1] ?? '';
  const retained = new Map<string, number>();
  nativeAllocations.weight.forEach((weight, i) => {
    const name = leaf(nativeAllocations.stack[i] ?? -1);
    retained.set(name, (retained.get(name) ?? 0) + weight);
  });
  expect(Object.fromEntries(retained)).toEqual({ load_meshes: 12_000, load_level: 3000, format_text: 0 });
  stackTable.prefix.forEach((prefix, i) => expect(prefix === null || prefix < i).toBe(true));
});

// Its command line is the same code as profiler.firefox.com: it brings the file up to its own version, and adds the bytes up.
test('the Firefox Profiler opens its file, and has all bytes where they belong', async () => {
  const { program, api } = await started(0);
  program._load_meshes(30, 400);
  program._load_level(3, 1000);
  program._format_text(4, 50);
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-'));
  const file = join(folder, 'file.json');
  writeFileSync(file, JSON.stringify(api.getMemoryProfile('sites').toFirefoxProfile()));
  const command = fileURLToPath(
    new URL('../../node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js', import.meta.url),
  );
  const env = { ...process.env, PROFILER_CLI_SESSION_DIR: folder, PROFILER_CLI_NO_SYMBOLICATE: '1' };
  // What its `load` starts too, which gives up where that takes longer than half a second.
  const server = spawn(process.execPath, [command, '--daemon', file, '--session', 'heap'], { env, stdio: 'ignore' });
  const loaded = (): void => {
    expect(readFileSync(join(folder, 'heap.log'), 'utf8')).toContain('Profile loaded successfully');
  };
  interface Functions {
    weightType: string;
    functions: { name: string; selfSamples: number; totalSamples: number }[];
  }
  const bytes = async (strategy: string): Promise<unknown> => {
    const args = ['thread', 'functions', '--json', '--session', 'heap', '--strategy', strategy];
    const { stdout } = await promisify(execFile)(process.execPath, [command, ...args], { env });
    const { weightType, functions } = JSON.parse(stdout) as Functions;
    expect(weightType).toBe('bytes');
    const outer = functions.find(({ name }) => name.includes('profiler.test'))?.totalSamples;
    const own = functions.filter(({ selfSamples }) => selfSamples !== 0);
    return { outer, ...Object.fromEntries(own.map(({ name, selfSamples }) => [name, selfSamples])) };
  };
  try {
    await vi.waitFor(loaded, { timeout: 30_000 });
    expect(await bytes('native-retained-allocations')).toEqual({
      outer: 15_000,
      load_meshes: 12_000,
      load_level: 3000,
    });
    const all = { outer: 15_200, load_meshes: 12_000, load_level: 3000, format_text: 200 };
    expect(await bytes('native-allocations')).toEqual(all);
    expect(await bytes('native-deallocations-sites')).toEqual({ outer: -200, format_text: -200 });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
});

test('the text report is ordered by what functions hold themselves', async () => {
  const { program, api } = await started(0);
  program._load_meshes(10, 10 * 1024);
  program._load_level(3, 10 * 1024);
  const lines = api.getMemoryProfile('sites').toText().split('\n');
  expect(lines[0]).toMatch(/^sites: 130\.0 KiB live, 13 samples/);
  expect(lines[2]).toMatch(/^ +100\.0 KiB +76\.9% +76\.9% +100\.0 KiB +76\.9% {2}load_meshes$/);
  expect(lines[3]).toMatch(/^ +30\.0 KiB +23\.1% +100\.0% .*load_level$/);
});
