import { beforeEach, describe, expect, test } from 'vitest';
import { TidemarkError } from '../src/errors.js';
import { ModuleRegistry, WatchedModule, type WasmModule } from '../src/wasm_module.js';
import { loadProgram, type Program } from './program.js';

const page = 65536;

function failure(body: () => unknown): TidemarkError {
  try {
    body();
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('what is a module', () => {
  test('a memory', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const watched = new WatchedModule({ id: 'm', memory });
    expect(watched.kind).toBe('memory');
    expect(watched.allocatedBytes).toBe(2 * page);
    memory.grow(3);
    expect(watched.allocatedBytes).toBe(5 * page);
    expect(watched.heapStats()).toBeNull();
    expect(watched.sbrkTopBytes).toBeNull();
  });

  test('an instance that exports its memory', () => {
    // (module (memory (export "memory") 3))
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 3, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];
    const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
    expect(new WatchedModule({ id: 'i', instance }).allocatedBytes).toBe(3 * page);
    const none = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes.slice(0, 8))));
    expect(failure(() => new WatchedModule({ id: 'i', instance: none })).message).toContain('exports no memory');
  });

  test('an Emscripten Module that is not linked with Tidemark', async () => {
    const module = await loadProgram('unlinked');
    const watched = new WatchedModule({ id: 'e', module });
    expect(watched.kind).toBe('foreign');
    expect(watched.allocatedBytes).toBe(module.HEAPU8.byteLength);
    module._hold(64 << 20);
    expect(watched.allocatedBytes).toBe(module.HEAPU8.byteLength);
    expect(watched.heapStats()).toBeNull();
  });

  test.each([
    [null, 'module: null was given'],
    [undefined, 'module: undefined was given'],
    [42, 'module: 42 was given'],
    [{ memory: new WebAssembly.Memory({ initial: 0 }) }, 'id is undefined'],
    [{ id: '', memory: new WebAssembly.Memory({ initial: 0 }) }, 'id is ""'],
    [{ id: 'a' }, '"a" has no module, memory or instance'],
    [{ id: 'a', memory: {} }, 'memory of "a" is an object, and a WebAssembly.Memory is expected'],
    [{ id: 'a', instance: [] }, 'instance of "a" is an array of 0, and a WebAssembly.Instance is expected'],
    [{ id: 'a', module: 'x' }, 'module of "a" is "x", and an instantiated Emscripten Module is expected'],
    [{ id: 'a', module: null }, 'module of "a" is null'],
    [{ id: 'a', module: {} }, 'module of "a" has no HEAPU8'],
    [
      { id: 'a', module: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) },
      'module of "a" is a Module, and an instantiated',
    ],
    [{ id: 'a', module: Promise.resolve({}) }, 'module of "a" is a Promise, and an instantiated'],
  ])('%o is refused', (given, problem) => {
    const error = failure(() => new WatchedModule(given as WasmModule));
    expect(error.code).toBe('invalid-module');
    expect(error.message).toContain(problem);
  });
});

describe('the registry', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let registry: ModuleRegistry;
  beforeEach(() => {
    registry = new ModuleRegistry();
  });

  test('a module is known until its last owner releases it', () => {
    const [first, second] = [{}, {}];
    const watched = registry.acquire({ id: 'a', memory }, first);
    expect(registry.acquire({ id: 'a', memory }, second)).toBe(watched);
    expect(registry.get('a')).toBe(watched);
    registry.release('a', first);
    registry.release('a', first);
    expect(registry.has('a')).toBe(true);
    registry.release('a', second);
    expect([...registry]).toEqual([]);
    expect(failure(() => registry.get('a')).code).toBe('unknown-module');
  });

  test('an id is one module only, and what was refused has changed nothing', () => {
    const watched = registry.acquire({ id: 'a', memory }, registry);
    const other = { id: 'a', memory: new WebAssembly.Memory({ initial: 1 }) };
    expect(failure(() => registry.acquire(other, registry)).code).toBe('duplicate-module');
    expect(registry.get('a')).toBe(watched);
    expect(failure(() => registry.get('b')).message).toBe(
      'moduleId: "b" was given, and the id of a registered module is expected ("a")',
    );
  });
});

describe('a wrapped allocator', () => {
  type Heap = Program & { _malloc(bytes: number): number; _free(block: number): void };
  let module: Heap;
  beforeEach(async () => {
    module = (await loadProgram('unlinked')) as Heap;
  });

  test('counts what passes through it, and nothing else', () => {
    const { _malloc: malloc, _free: free } = module;
    const older = module._malloc(10);
    const watched = new WatchedModule({ id: 'w', module, wrapAllocator: true });
    expect(watched.recorded.known).toBe(false);
    const blocks = [100, 200, 300].map((bytes) => module._malloc(bytes));
    module._free(blocks[1] ?? 0);
    module._free(older);
    module._free(0);
    module._hold(1000);
    const { liveBytes, liveBlocks, peakLiveBytes, totalBytes, totalBlocks } = watched.recorded;
    expect([liveBytes, liveBlocks, peakLiveBytes, totalBytes, totalBlocks]).toEqual([400, 2, 600, 600, 3]);
    watched.dispose();
    expect(module._malloc).toBe(malloc);
    expect(module._free).toBe(free);
  });

  test('a block that the program has freed by itself counts no more when its address is given again', () => {
    const { _free: freeFromWithin } = module;
    const watched = new WatchedModule({ id: 'w', module, wrapAllocator: true });
    const addresses = new Set<number>();
    for (let i = 0; i < 100; ++i) {
      const block = module._malloc(100);
      addresses.add(block);
      freeFromWithin(block);
    }
    expect(addresses.size).toBeLessThan(100);
    expect(watched.recorded.liveBlocks).toBe(addresses.size);
    expect(watched.recorded.liveBytes).toBe(100 * addresses.size);
    watched.dispose();
  });

  test('an allocation that fails is none', () => {
    const watched = new WatchedModule({ id: 'w', module, wrapAllocator: true });
    expect(module._malloc(0xffff_0000)).toBe(0);
    expect(watched.recorded.totalBlocks).toBe(0);
  });

  test('a Module that exports no malloc has none to wrap', () => {
    const bare = { HEAPU8: module.HEAPU8 };
    expect(failure(() => new WatchedModule({ id: 'w', module: bare, wrapAllocator: true })).code).toBe('not-supported');
  });
});

test('blocks are counted from when that is asked for, also of a module that is known already', async () => {
  const module = (await loadProgram('unlinked')) as Program & { _malloc(bytes: number): number };
  const registry = new ModuleRegistry();
  const [monitor, manager] = [{}, {}];
  const watched = registry.acquire({ id: 'm', module }, monitor);
  const malloc = module._malloc;
  expect(registry.acquire({ id: 'm', module, wrapAllocator: true }, manager)).toBe(watched);
  module._malloc(100);
  expect(watched.recorded).toMatchObject({ known: true, liveBytes: 100 });
  registry.release('m', monitor);
  registry.release('m', manager);
  expect(module._malloc).toBe(malloc);
});

test('what WebAssembly.instantiate() returns is a module, and another one of the same code is another', () => {
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 3, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];
  const code = new WebAssembly.Module(new Uint8Array(bytes));
  const registry = new ModuleRegistry();
  const instantiated = (): WasmModule => ({ id: 'm', module: code, instance: new WebAssembly.Instance(code) });
  expect(registry.acquire(instantiated(), {}).allocatedBytes).toBe(3 * page);
  expect(failure(() => registry.acquire(instantiated(), {})).code).toBe('duplicate-module');
});

test('a Module that exports no memory is told what to export', () => {
  const { message } = failure(() => new WatchedModule({ id: 'm', module: {} }));
  expect(message).toContain('-sEXPORTED_RUNTIME_METHODS=HEAPU8');
});
