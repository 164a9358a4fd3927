import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import * as tidemark from 'tidemark';
import { attach } from 'tidemark/attach';
import * as inline from 'tidemark/inline';
import { createTidemark } from 'tidemark/manual';
import type { Context } from '../src/context.js';
import { loadProgram } from './program.js';

const file = createRequire(import.meta.url).resolve('tidemark/tidemark.wasm');
const wasm = readFileSync(file);
const code = (error: unknown): unknown => (error as { code?: unknown }).code;
const failure = async (body: () => unknown): Promise<unknown> => {
  try {
    await body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

type Internals = { runtime: Context['runtime'] };
const engineOf = (module: tidemark.WasmModule): Internals['runtime'] =>
  (module as { module: { tidemark: Internals['runtime'] } }).module.tidemark;

test('the packaged engine runs as soon as it is imported', () => {
  expect(tidemark.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(tidemark.defaultModule.id).toBe('tidemark');
  expect(engineOf(tidemark.defaultModule).stats().memoryBytes).toBeGreaterThan(0);
});

test('views and exports are current after growth and after shrink', async () => {
  const { engine } = engineOf((await createTidemark()).defaultModule);
  const kept = engine.exports.malloc(64);
  engine.views.u8.fill(7, kept, kept + 64);
  const before = engine.views.u8.byteLength;
  const large = engine.exports.malloc(200 << 20);
  expect(engine.views.u8.byteLength).toBeGreaterThan(before + (199 << 20));
  engine.exports.free(large);
  const module = engine.module as unknown as { tidemark: Internals['runtime'] };
  expect(module.tidemark.shrink().returnedBytes).toBeGreaterThan(199 << 20);
  expect([...engine.views.u8.subarray(kept, kept + 64)]).toEqual(Array.from({ length: 64 }, () => 7));
  const old = engine.exports.malloc;
  engine.exports.free(engine.exports.malloc(1000));
  module.tidemark.shrink();
  expect(engine.exports.malloc).not.toBe(old);
});

test('shrink by id gives memory back', async () => {
  const api = await createTidemark();
  const { engine } = engineOf(api.defaultModule);
  engine.exports.free(engine.exports.malloc(50 << 20));
  const report = api.shrink('tidemark');
  expect(report.allocatedBefore - report.allocatedAfter).toBe(report.returnedBytes);
  expect(report.returnedBytes).toBeGreaterThan(49 << 20);
  expect(code(await failure(() => api.shrink('nobody')))).toBe('unknown-module');
});

test('an engine can be made from bytes, a module, a response, a URL', async () => {
  const url = new URL(`data:application/wasm;base64,${wasm.toString('base64')}`);
  const engines = await Promise.all([
    createTidemark({ wasm }),
    createTidemark({ wasm: await WebAssembly.compile(wasm) }),
    createTidemark({ wasm: new Response(wasm, { headers: { 'content-type': 'application/wasm' } }) }),
    createTidemark({ wasm: new Response(wasm, { headers: { 'content-type': 'text/plain' } }) }),
    createTidemark({ wasm: url }),
    createTidemark({ wasm: pathToFileURL(file) }), // which fetch() refuses in Node
  ]);
  const memories = engines.map(({ defaultModule }) => engineOf(defaultModule).engine.views.u8.buffer);
  expect(new Set(memories).size).toBe(engines.length);
});

test('an engine can start with the memory that it will need', async () => {
  const { defaultModule } = await createTidemark({ wasm, memory: { initialBytes: 80 << 20 } });
  const { engine } = engineOf(defaultModule);
  const before = engine.views.u8.byteLength;
  expect(before).toBeGreaterThanOrEqual(80 << 20);
  engine.exports.malloc(70 << 20);
  expect(engine.views.u8.byteLength).toBe(before);
  for (const initialBytes of [-1, 0.5, NaN, 2 ** 32, '1']) {
    const memory = { initialBytes: initialBytes as number };
    expect(code(await failure(() => createTidemark({ wasm, memory })))).toBe('invalid-argument');
  }
});

test('code that is not the engine is refused with a reason', async () => {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const [none, nowhere] = [new Response('', { status: 404 }), new URL('nowhere.wasm', import.meta.url)];
  for (const source of [new Uint8Array([1, 2, 3]), empty, none, nowhere, 'tidemark.wasm']) {
    const error = await failure(() => createTidemark({ wasm: source as Uint8Array<ArrayBuffer> }));
    expect(code(error)).toBe('invalid-argument');
    expect((error as Error).message).toMatch(/^wasm: /);
  }
});

test('everything is there in one file too', () => {
  expect(Object.keys(inline).sort()).toEqual(Object.keys(tidemark).sort());
  expect(inline.defaultModule).not.toBe(tidemark.defaultModule);
});

test('attach takes a program with the runtime, and no other', async () => {
  const { defaultModule } = await createTidemark();
  const { module } = defaultModule as { module: object };
  const api = attach({ id: 'mine', module });
  expect(api.defaultModule).toEqual({ id: 'mine', module });
  expect(api.shrink('mine').allocatedAfter).toBeGreaterThan(0);

  expect(code(await failure(async () => attach({ id: 'plain', module: await loadProgram('linked') })))).toBe(
    'not-supported',
  );
  const wrong = [
    null,
    4,
    { id: '', module },
    { module },
    { id: 'none' },
    { id: 'text', module: 'module' },
    { id: 'soon', module: Promise.resolve(module) },
  ];
  for (const given of wrong as Parameters<typeof attach>[0][]) {
    expect(code(await failure(() => attach(given)))).toBe('invalid-module');
  }
});

test('a program that has been read and not been started is refused as such', async () => {
  const { default: create } = (await import(new URL('../../build/wasm/web/app_linked.mjs', import.meta.url).href)) as {
    default: (options: object) => unknown;
  };
  const module = { instantiateWasm: () => ({}) }; // which never comes to its end
  void create(module);
  await vi.waitFor(() => expect(module).toHaveProperty('tidemark'));
  const attempts = [
    () => attach({ id: 'early', module }),
    () => tidemark.startMonitoring({ id: 'early', module }),
    () => tidemark.initializeMemoryOptimization({ id: 'early', module }),
  ];
  for (const attempt of attempts) {
    const error = await failure(attempt);
    expect(code(error)).toBe('busy');
    expect((error as Error).message).toBe('module: "early" has not been started yet');
  }
  expect(() => tidemark.getMemoryStats('early')).toThrow(/the id of a/);
});

test('the package lies where it says', () => {
  const folder = dirname(createRequire(import.meta.url).resolve('tidemark/package.json'));
  const { exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const files = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
  for (const file of files) expect(readFileSync(`${folder}/${file}`).length).toBeGreaterThan(0);
});

test.each([null, 5, 'x', { memory: 5 }, { memory: null }])('%j are no options of an engine', async (options) => {
  expect(code(await failure(() => createTidemark(options as never)))).toBe('invalid-argument');
});

test('an API has all that the package exports, and what its classes make lies in its own engine', async () => {
  const api = await createTidemark();
  const classes = Object.entries(tidemark).filter(
    ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name),
  );
  expect(classes.length).toBeGreaterThan(10);
  const missing = Object.keys(tidemark).filter((name) => !(name in api));
  expect(missing).toEqual(['PooledBuffer']); // which a BufferPool makes
  const { engine } = engineOf(api.defaultModule);
  const used = (): number => engineOf(api.defaultModule).stats().liveBytes;
  const before = used();
  const array = new api.CompactArray<number>(Array.from({ length: 100_000 }, (_, i) => i));
  expect(used() - before).toBeGreaterThan(800_000);
  expect(array).toBeInstanceOf(tidemark.CompactArray);
  array.dispose();
  const map = new api.CompactMap([['a', 1]]);
  const cache = new api.MemoryEfficientCache<string, number>(10, 1000);
  cache.set('a', 1);
  expect([map.get('a'), cache.get('a'), new api.CompactSet([1]).size]).toEqual([1, 1, 1]);
  expect(new api.BufferPool().acquire(10).bytes.buffer).toBe(engine.views.u8.buffer);
});
