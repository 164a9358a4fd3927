// Whoever the manager calls may throw, reject, or turn on it: its state stays what it says it is.
import { expect, onTestFinished, test, vi } from 'vitest';
import type { GCResult } from 'tidemark';
import { bareModule, bench, code, MiB, type Bench } from './support.js';

type Manager = InstanceType<Bench['api']['WasmMemoryManager']>;

const failing = (): never => {
  throw new Error('this fails on purpose');
};
const rejecting = (): unknown => Promise.reject(new Error('this is rejected on purpose'));
const turn = (): Promise<void> => new Promise((resume) => setTimeout(resume));

/** What is told on the console, and never let through to the test's own. */
function told(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((text: string) => void lines.push(text));
  onTestFinished(() => spy.mockRestore());
  return lines;
}

/** Whether malloc of the default module refuses more than `limit`. */
function refuses(it: Bench, limit: number): boolean {
  const address = it.malloc(limit);
  it.free(address);
  return address === 0;
}

test.each([
  ['throws', failing],
  ['rejects', rejecting],
])('a listener that %s stops neither the others nor the program', async (_, fault) => {
  const lines = told();
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(bareModule('bare'), { hardLimit: 8 * MiB, criticalLimit: 7 * MiB, softLimit: 4 * MiB });
  manager.setBudget('art', MiB);
  const heard: string[] = [];
  for (const name of ['pressure', 'over-budget', 'gc'] as const) {
    manager.on(name, fault);
    manager.on(name, () => heard.push(name));
  }
  manager.withBudget('art', () => manager.recordAllocation('bare', 5 * MiB));
  manager.triggerGC('bare');
  await turn();
  expect(heard).toEqual(expect.arrayContaining(['pressure', 'over-budget', 'gc']));
  expect(lines.filter((line) => line.includes("a listener of 'gc'"))).toHaveLength(1);
  expect(manager.getBudgets()).toMatchObject([{ name: 'art', usedBytes: 5 * MiB, over: true, overruns: 1 }]);
  expect(manager.getPressure('bare')).toBe('medium');
  manager.dispose();
});

test.each([
  ['throws', failing],
  ['rejects', rejecting],
])('a handler, a collectable and a disposal that %s: the collection goes to its end', async (_, fault) => {
  told();
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(it.api.defaultModule);
  const done: string[] = [];
  manager.onPressure(fault, { name: 'faulty', priority: 1 });
  manager.onPressure(() => done.push('handler'));
  const faulty = { purgeExpired: fault, trim: fault, compact: fault, evict: fault };
  const good = { compact: () => void done.push('compact'), evict: () => void done.push('evict') };
  manager.registerCollectable(faulty);
  manager.registerCollectable(good);
  manager.disposeLater(fault);
  manager.disposeLater(() => done.push('disposal'));
  const result = manager.triggerGC(it.id, true);
  await turn();
  expect(result.completed).toBe(true);
  expect(done).toEqual(['disposal', 'compact', 'evict', 'handler']);
  expect(manager.getPressureHandlers()[0]).toMatchObject({ name: 'faulty', errors: 1 });
  expect(manager.getGCStats(it.id).runs).toBe(1);
  manager.dispose();
});

const limits = { hardLimit: 8 * MiB, criticalLimit: 7 * MiB, softLimit: 4 * MiB };

test.each<[string, (manager: Manager, dispose: () => void) => void]>([
  ['a listener of pressure', (manager, dispose) => void manager.on('pressure', dispose)],
  [
    'a listener of a budget',
    (manager, dispose) => (manager.setBudget('b', MiB), void manager.on('over-budget', dispose)),
  ],
  ['a listener of collections', (manager, dispose) => void manager.on('gc', dispose)],
  ['a pressure handler', (manager, dispose) => void manager.onPressure(dispose, { level: 'low' })],
  ['a disposal', (manager, dispose) => manager.disposeLater(dispose)],
])('%s disposes of the manager: nothing of it is left', async (_, set) => {
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ idle: it.idle.scheduler, gc: { gcThreshold: 60, minGCInterval: 0 } });
  manager.registerModule(it.api.defaultModule, limits);
  manager.registerModule(bareModule('bare'), limits);
  manager.setTotalLimit(12 * MiB);
  let count = 0;
  set(manager, () => {
    count += 1;
    manager.dispose();
  });
  const scope = manager.enterBudget('b');
  const address = it.malloc(5 * MiB);
  manager.recordAllocation('bare', 5 * MiB);
  it.clock.advance(10_000);
  if (count === 0) manager.triggerGC(it.id);
  scope.leave();
  await turn();
  it.clock.advance(10_000);
  expect(count).toBe(1);
  expect(code(() => manager.getAggregateStats())).toBe('disposed');
  expect(it.clock.timers).toBe(0);
  it.free(address);
  expect(refuses(it, 32 * MiB)).toBe(false); // its limits are gone
  // Another manager begins with a clean slate.
  const next = new it.api.WasmMemoryManager({ gc: { autoGC: false } });
  next.registerModule(it.api.defaultModule, limits);
  expect(refuses(it, 32 * MiB)).toBe(true);
  next.dispose();
});

test('a handler within malloc that disposes of the manager: the allocation is decided, and the limits are gone', async () => {
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(it.api.defaultModule, limits);
  manager.setTotalLimit(9 * MiB);
  manager.onPressure(() => manager.dispose(), { level: 'critical' });
  it.malloc(16 * MiB); // more than could ever be: nobody is asked
  const first = it.malloc(6 * MiB);
  expect(first).not.toBe(0);
  it.free(it.malloc(3 * MiB));
  expect(code(() => manager.getAggregateStats())).toBe('disposed');
  await turn();
  expect(refuses(it, 32 * MiB)).toBe(false);
});

test('what a collection calls can’t begin another one, and can end it', async () => {
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ gc: { autoGC: true, gcThreshold: 1, minGCInterval: 0 } });
  manager.registerModule(it.api.defaultModule);
  const codes: unknown[] = [];
  const calls: string[] = [];
  manager.onPressure(() => {
    calls.push('handler');
    codes.push(code(() => manager.triggerGC(it.id, true)));
    manager.getPressure(it.id); // looks whether to collect, too
    void manager.relieve(it.id);
  });
  const events: GCResult[] = [];
  manager.on('gc', (event) => events.push(event));
  expect(manager.triggerGC(it.id, true).completed).toBe(true);
  await turn();
  expect(codes).toEqual(['busy']);
  expect(calls).toEqual(['handler']);
  expect(events).toHaveLength(manager.getGCStats(it.id).runs);
  events.length = 0;
  const ending = { trim: () => void manager.cancelGC(it.id) };
  manager.registerCollectable(ending);
  const runs = manager.getGCStats(it.id).runs;
  const result = manager.triggerGC(it.id, { strategy: 'aggressive' });
  expect(result.completed).toBe(false);
  expect(result.phases.map(({ name }) => name)).toEqual(['dispose', 'purge', 'release', 'trim']);
  expect(manager.getGCStats(it.id)).toMatchObject({ runs: runs + 1 });
  expect(events).toHaveLength(1);
  manager.dispose();
});

test('a slice in idle time that ends its own collection, or begins another one: each is told once', async () => {
  const it = await bench();
  it.clock.stepMs = 1;
  const config = { idle: it.idle.scheduler, gc: { autoGC: false, incrementalGC: true, sliceMs: 1 } };
  const manager = new it.api.WasmMemoryManager(config);
  manager.registerModule(it.api.defaultModule);
  const events: GCResult[] = [];
  manager.on('gc', (event) => events.push(event));
  const codes: unknown[] = [];
  const ending = {
    trim: () => {
      codes.push(code(() => manager.triggerGC(it.id)));
      codes.push(manager.cancelGC(it.id));
    },
  };
  manager.registerCollectable(ending);
  manager.triggerGC(it.id, { strategy: 'balanced' });
  for (let i = 0; i < 100 && it.idle.run(1); ++i);
  expect(codes).toEqual(['busy', true]);
  expect(events.map(({ completed }) => completed)).toEqual([false]);
  expect(manager.getGCStats(it.id).runs).toBe(1);
  expect(it.idle.waiting).toBe(0);
  manager.dispose();
});

test('what waits for its disposal is disposed of with the manager, whichever module it was for, and after it, too', async () => {
  const it = await bench();
  const manager = new it.api.WasmMemoryManager({ idle: it.idle.scheduler, gc: { autoGC: false } });
  manager.registerModule(bareModule('bare'));
  const done: string[] = [];
  manager.disposeLater(() => done.push('of the default module'));
  manager.disposeLater(() => done.push('of a module'), 'bare');
  manager.disposeLater(() => done.push('of nobody'), 'nobody');
  manager.dispose();
  expect(done).toEqual(['of the default module', 'of a module', 'of nobody']);
  manager.disposeLater(() => done.push('late'), 'bare'); // as of what is collected afterwards
  it.idle.run();
  expect(done.at(-1)).toBe('late');
});
