import { readFileSync } from 'node:fs';
import { attach } from 'tidemark/attach';
import type { MemoryProfile, TidemarkApi } from 'tidemark';
import { expect, test } from 'vitest';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';
import type { Runtime } from '../src/engine.js';
import { profilerOf } from '../src/profiler_tables.js';
import { readNameSection } from '../src/profiling/function_names.js';
import { startSites } from './sites_program.js';

const built = (file: string): URL => new URL(`../../build/wasm/web/${file}`, import.meta.url);
const source = readFileSync(new URL('./programs/places.cpp', import.meta.url), 'utf8').split('\n');
/** `places.cpp:N`, of the line that has the comment. */
const place = (comment: string): string => {
  const line = source.findIndex((text) => text.endsWith(`// ${comment}`));
  if (line < 0) throw new Error(`places.cpp has no "${comment}"`);
  return `places.cpp:${line + 1}`;
};
/** A stack's functions with their lines, without columns, folders and what called the program. */
const shortened = (stack: readonly string[]): string[] =>
  stack
    .filter((line) => line.includes('places.cpp:'))
    .map((line) => line.replace(/\((?:.*\/)?(places\.cpp:\d+)(:\d+)?\)$/, '$1').replace(/\(.*?\) /, ' '));

interface Places {
  _begin_level(bytes: number): void;
  _fill_list(count: number): void;
}

async function started(name: string): Promise<{ program: Places; api: TidemarkApi }> {
  const { default: create } = (await import(built(`${name}.mjs`).href)) as { default: () => Promise<Places> };
  const program = await create();
  const api = attach({ id: name, module: program, clock: new SimulatedClock() });
  api.startMonitoring(api.defaultModule);
  api.wasmMemoryMonitor.startProfiling(name, { sampleBytes: 0, maxOverhead: 0 });
  return { program, api };
}

const siteOfBytes = (profile: MemoryProfile, bytes: number): string[] =>
  shortened(profile.sites.find(({ totalBytes }) => totalBytes === bytes)?.stack ?? []);

const expected = {
  itself: [`load_scene ${place('load_scene itself')}`, `begin_level ${place('begin_level')}`],
  texture: [
    `game::take_texture ${place('in take_texture')}`,
    `load_scene ${place('load_scene, texture')}`,
    `begin_level ${place('begin_level')}`,
  ],
  mesh: [
    `game::Mesh::Mesh ${place('in Mesh')}`,
    `load_scene ${place('load_scene, mesh')}`,
    `begin_level ${place('begin_level')}`,
  ],
};

test.each(['places_dwarf4', 'places_dwarf5', 'places_separate'])(
  '%s: DWARF tells the line of each allocation, and what was inlined into what',
  async (name) => {
    const { program, api } = await started(name);
    program._begin_level(1000);
    program._fill_list(100);
    const before = api.getMemoryProfile(name);
    expect(before.sites.every(({ stack }) => shortened(stack).length === 0)).toBe(true);
    const profile = await before.symbolize();
    const stacks = profile.sites.map(({ stack, totalBytes }) => [totalBytes, shortened(stack)]);
    expect(stacks).toHaveLength(4);
    expect(stacks).toEqual(
      expect.arrayContaining([
        [1000, expected.itself],
        [2000, expected.texture],
        [1000, expected.mesh],
        [400, [`fill_list ${place('fill_list')}`]],
      ]),
    );
    // A vector's own functions are named, and its allocator is not shown.
    const list = profile.sites.find(({ totalBytes }) => totalBytes === 400)?.stack ?? [];
    expect(list.some((line) => /std::.*vector<int.*>::reserve \(.*vector.*:\d+/.test(line))).toBe(true);
    expect(list.some((line) => /malloc|operator new|allocator_traits/.test(line.replace(/ \(.*/, '')))).toBe(false);
    expect(profile.sites.reduce((sum, { liveBytes }) => sum + liveBytes, 0)).toBe(4000);
  },
);

test('DWARF can be given, by content and by place', async () => {
  const { program, api } = await started('places_separate');
  program._begin_level(500);
  const profile = api.getMemoryProfile('places_separate');
  program._begin_level(700); // after the profile, which it doesn't change
  for (const dwarf of [built('places_separate.debug.wasm'), readFileSync(built('places_separate.debug.wasm'))]) {
    const symbolized = await profile.symbolize({ dwarf });
    expect(siteOfBytes(symbolized, 1000)).toEqual(expected.texture);
    expect(symbolized.sites).toHaveLength(3);
  }
  const change = api.getMemoryProfile('places_separate').since(profile);
  expect(siteOfBytes(await change.symbolize(), 1400)).toEqual(expected.texture);
  expect((await change.symbolize()).toText()).toMatch(/1\.4 KiB .* {2}game::take_texture$/m);
});

test('of a frame that has no place within its function, DWARF tells the function and its file', async () => {
  const { program, api } = await started('places_separate');
  const tables = profilerOf((program as unknown as { tidemark: Runtime }).tidemark);
  const names = [...readNameSection(tables.sections('name')[0])];
  const [scene, level] = ['load_scene', 'begin_level'].map((wanted) => names.find(([, name]) => name === wanted)?.[0]);
  const original = Error.captureStackTrace;
  const stack = [scene, level].map((index) => `${index}@<?>:wasm-function[${index}]`).join('\n');
  Error.captureStackTrace = (target) => void Object.assign(target, { stack });
  try {
    program._begin_level(1000);
  } finally {
    Error.captureStackTrace = original;
  }
  tables.sections = () => []; // as of a program that was stripped
  const dwarf = readFileSync(built('places_separate.debug.wasm'));
  const profile = await api.getMemoryProfile('places_separate').symbolize({ dwarf });
  expect(profile.sites.map((site) => site.stack.map((line) => line.replace(/\(.*\//, '(')))).toEqual([
    ['load_scene (places.cpp)', 'begin_level (places.cpp)'],
  ]);
});

test('a source map that the program names is found', async () => {
  const { program, api } = await startSites(new SimulatedClock());
  api.startMonitoring(api.defaultModule);
  api.wasmMemoryMonitor.startProfiling('sites', { sampleBytes: 0 });
  program._load_level(1, 1000);
  const profile = await api.getMemoryProfile('sites').symbolize();
  expect(profile.sites[0]?.stack[0]).toMatch(/^load_level \(.*sites\.cpp:\d+:\d+\)$/);
});

test('what has no symbols is refused, and says what to give', async () => {
  const { program, api } = await started('places_separate');
  program._begin_level(1000);
  const profile = api.getMemoryProfile('places_separate');
  const dwarf = readFileSync(built('places_separate.debug.wasm'));
  const invalid = { code: 'invalid-argument' };
  await expect(profile.symbolize({ dwarf: new Uint8Array(100) })).rejects.toMatchObject(invalid);
  await expect(profile.symbolize({ dwarf: readFileSync(built('places_separate.wasm')) })).rejects.toMatchObject(
    invalid,
  );
  await expect(profile.symbolize({ dwarf: dwarf.subarray(0, dwarf.length - 30_000) })).rejects.toMatchObject(invalid);
  await expect(profile.symbolize({ dwarf: built('missing.wasm') })).rejects.toMatchObject(invalid);
  await expect(profile.symbolize({ dwarf: 'places.wasm' as never })).rejects.toMatchObject(invalid);
  await expect(profile.symbolize({ sourceMap: '{' })).rejects.toMatchObject(invalid);
  const memory = new WebAssembly.Memory({ initial: 1 });
  api.startMonitoring({ id: 'bare', memory });
  await expect(api.getMemoryProfile('bare').symbolize()).rejects.toMatchObject({ code: 'not-supported' });
});
