import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { OverBudget } from 'tidemark';
import { bareModule, bench, code, MiB } from './support.js';

test('what is allocated in a scope is charged to its budget and to all that it is a part of', async () => {
  const { api, malloc, free, used } = await bench();
  api.registerModule(api.defaultModule);
  malloc(5000);
  const before = used();
  const blocks = api.withBudget('renderer', () => {
    const own = malloc(MiB);
    const textures = api.withBudget('renderer/textures', () => [malloc(2 * MiB), malloc(3000)]);
    api.withBudget('audio', () => malloc(MiB / 2));
    return [own, ...textures];
  });
  const budgets = Object.fromEntries(api.getBudgets().map((budget) => [budget.name, budget]));
  expect(Object.keys(budgets)).toEqual(['renderer', 'renderer/textures', 'audio']);
  expect(budgets['renderer/textures']?.usedBytes).toBe(2 * MiB + 3072); // 3000, in grains of 256
  expect(budgets['audio']?.usedBytes).toBe(MiB / 2);
  expect(budgets['renderer']?.usedBytes).toBe(used() - before - MiB / 2);
  expect(budgets['renderer']?.modules).toEqual({ tidemark: budgets['renderer']?.usedBytes });
  api.withBudget('renderer/textures', () => free(blocks[1] as number));
  expect(api.getBudgets()[1]).toMatchObject({
    usedBytes: 3072,
    peakBytes: 2 * MiB + 3072,
    over: false,
    limitBytes: null,
  });
  free(blocks[2] as number); // outside: nobody's
  expect(api.getBudgets()[1]?.usedBytes).toBe(3072);
  api.wasmMemoryManager.creditBudget('renderer/textures', 3072);
  expect(api.getBudgets()[1]?.usedBytes).toBe(0);
  api.wasmMemoryManager.dispose();
});

test('going over is told once, until it has been 5 % below', async () => {
  const { api } = await bench();
  const told: OverBudget[] = [];
  api.wasmMemoryManager.on('over-budget', (event) => told.push(event));
  api.registerModule(bareModule('m'), { hardLimit: 64 * MiB });
  api.setBudget('a', 1000);
  const allocate = (bytes: number): void => api.withBudget('a/b', () => api.recordAllocation('m', bytes));
  const release = (bytes: number): void => api.withBudget('a/b', () => api.recordDeallocation('m', bytes));
  allocate(1000);
  expect(told).toEqual([]);
  allocate(10);
  allocate(10);
  expect(told).toEqual([{ name: 'a', usedBytes: 1010, limitBytes: 1000 }]);
  release(60); // 960
  allocate(100);
  expect(told.length).toBe(1);
  release(110);
  expect(api.getBudgets()[0]).toMatchObject({ usedBytes: 950, over: false, overruns: 1 });
  allocate(51);
  expect(told.length).toBe(2);
  api.setBudget('a', null);
  expect(api.getBudgets()[0]).toMatchObject({ over: false, limitBytes: null, peakBytes: 1060 });
});

test('a budget that is never entered itself is charged by its parts, and told of', async () => {
  const { api, malloc, free } = await bench();
  const told: OverBudget[] = [];
  api.wasmMemoryManager.on('over-budget', (event) => told.push(event));
  api.registerModule(api.defaultModule);
  api.setBudget('renderer', 2 * MiB);
  const block = api.withBudget('renderer/textures/sky', () => malloc(3 * MiB));
  expect(told).toEqual([{ name: 'renderer', usedBytes: 3 * MiB, limitBytes: 2 * MiB }]);
  const used = () => Object.fromEntries(api.getBudgets().map(({ name, usedBytes }) => [name, usedBytes]));
  const parts = { renderer: 3 * MiB, 'renderer/textures': 3 * MiB, 'renderer/textures/sky': 3 * MiB };
  expect(used()).toEqual(parts);
  api.withBudget('renderer/textures/sky', () => free(block));
  expect(used()).toEqual({ renderer: 0, 'renderer/textures': 0, 'renderer/textures/sky': 0 });
  api.wasmMemoryManager.dispose();
});

test('a scope ends however its function does', async () => {
  const { api, malloc } = await bench();
  api.registerModule(api.defaultModule);
  const error = new Error('from within');
  expect(() =>
    api.withBudget('a', () => {
      malloc(1000);
      throw error;
    }),
  ).toThrow(error);
  malloc(MiB);
  expect(api.getBudgets()[0]?.usedBytes).toBe(1024);
  // Of an asynchronous one, up to its first await.
  await api.withBudget('a', async () => {
    malloc(1000);
    await Promise.resolve();
    malloc(MiB);
  });
  expect(api.getBudgets()[0]?.usedBytes).toBe(2048);
});

test('scopes are left innermost first, and each once', async () => {
  const { api } = await bench();
  const { wasmMemoryManager: manager } = api;
  api.registerModule(api.defaultModule);
  const outer = manager.enterBudget('a');
  const inner = manager.enterBudget('b');
  expect(code(() => outer.leave())).toBe('invalid-argument');
  inner.leave();
  inner.leave();
  inner.dispose();
  outer.dispose();
  const deep = Array.from({ length: 32 }, () => manager.enterBudget('a'));
  expect(code(() => manager.enterBudget('a'))).toBe('over-limit');
  deep.reverse().forEach((scope) => scope.leave());
  manager.enterBudget('a').leave();
});

test('names that are none are refused', async () => {
  const { api } = await bench();
  api.registerModule(api.defaultModule);
  for (const name of ['', '/', 'a//b', '/a', 'a/', 'n'.repeat(48), 'ä'.repeat(24), 4, null]) {
    expect(code(() => api.withBudget(name as string, () => 0))).toBe('invalid-argument');
  }
  for (const bytes of [0, -1, NaN, '4'])
    expect(code(() => api.setBudget('a', bytes as number))).toBe('invalid-argument');
  expect(api.getBudgets()).toEqual([]);
  expect(api.withBudget('ä'.repeat(23), () => 7)).toBe(7);
});

test('a program has room for 64 budgets, and says so', async () => {
  const { api } = await bench();
  api.registerModule(api.defaultModule);
  for (let i = 0; i < 64; ++i) api.withBudget(`b${i}`, () => 0);
  expect(code(() => api.withBudget('one more', () => 0))).toBe('over-limit');
  expect(api.withBudget('b7', () => 7)).toBe(7);
});

test('a body that is no function is refused before its budget is entered', async () => {
  const { api } = await bench();
  expect(code(() => api.withBudget('textures', 5 as never))).toBe('invalid-argument');
  expect(api.getBudgets()).toEqual([]);
});

test('a module that was taken out is forgotten, and another one of its name begins with nothing', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { api } = await bench();
  using manager = new api.WasmMemoryManager();
  const use = (): WeakRef<WebAssembly.Memory> => {
    const module = bareModule('m');
    manager.registerModule(module);
    manager.withBudget('b', () => manager.recordAllocation('m', 1000));
    expect(manager.getBudgets()[0]).toMatchObject({ usedBytes: 1000, modules: { m: 1000 } });
    manager.unregisterModule('m');
    return new WeakRef(module.memory);
  };
  const memory = use();
  manager.registerModule(bareModule('m'));
  expect(manager.getBudgets()[0]).toMatchObject({ usedBytes: 0, peakBytes: 1000, modules: {} });
  for (let i = 0; i < 50 && memory.deref() !== undefined; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
  }
  expect(memory.deref()).toBeUndefined();
});
