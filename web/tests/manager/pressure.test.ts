import { expect, test } from 'vitest';
import type { HandlerProblem, PressureEvent } from 'tidemark';
import { bareModule, bench, code, MiB } from './support.js';

test('pressure rises at its marks, and falls 5 points below them', async () => {
  const { api } = await bench();
  const changes: string[] = [];
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.on('pressure', ({ previous, level }) => changes.push(`${previous} ${level}`));
  manager.registerModule(bareModule('m'), { hardLimit: 1000, criticalLimit: 875, softLimit: 750 });
  changes.length = 0;
  const use = (to: number): void => {
    const { available } = manager.explainAllocation('m', 0);
    const now = 1000 - available.hardLimit;
    if (to > now) manager.recordAllocation('m', to - now);
    else if (to < now) manager.recordDeallocation('m', now - to);
  };
  use(100);
  changes.length = 0;
  for (const to of [599, 600, 749, 750, 875, 949, 950, 901, 899, 826, 824, 701, 699, 551, 549]) use(to);
  expect(changes).toEqual([
    ...['none low', 'low medium', 'medium high', 'high critical'],
    ...['critical high', 'high medium', 'medium low', 'low none'],
  ]);
  expect(manager.getPressure('m')).toBe('none');
});

test('handlers are called by level and priority, and no more of them than needed', async () => {
  const { api, malloc, free } = await bench();
  const calls: string[] = [];
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  const events: PressureEvent[] = [];
  manager.registerModule(api.defaultModule, { hardLimit: 8 * MiB });
  const kept = malloc(MiB);
  const held = [malloc(3 * MiB)];
  manager.onPressure((event) => (calls.push('low'), events.push(event)), { level: 'low', priority: -1 });
  manager.onPressure(
    () => {
      calls.push('gives');
      const block = held.pop();
      if (block !== undefined) free(block);
    },
    { level: 'critical', priority: 2 },
  );
  manager.onPressure(() => calls.push('other module'), { level: 'critical', moduleId: 'other', priority: 9 });
  manager.onPressure(() => calls.push('last'), { level: 'critical' });
  expect(malloc(6 * MiB)).not.toBe(0);
  expect(calls).toEqual(['gives']);
  const [first] = manager.getPressureHandlers().filter(({ runs }) => runs > 0);
  expect(first).toMatchObject({ runs: 1, gainedBytes: 3 * MiB });
  expect(malloc(6 * MiB)).toBe(0);
  expect(manager.getPressureHandlers().map(({ errors }) => errors)).toEqual([0, 0, 0, 0]);
  free(kept);
  await Promise.resolve();
  expect(calls).toContain('last');
  expect(events.some(({ level, reason }) => level === 'critical' && reason === 'limit')).toBe(true);
  manager.dispose();
});

test('a handler that throws, and one that never gains, are reported and stop nobody', async () => {
  const { api, malloc } = await bench();
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  const problems: HandlerProblem[] = [];
  manager.on('handler', (problem) => problems.push(problem));
  manager.on('handler', () => {
    throw new Error('a listener that throws');
  });
  manager.registerModule(api.defaultModule, { hardLimit: 4 * MiB });
  const error = new Error('broken');
  let calls = 0;
  manager.onPressure(
    () => {
      throw error;
    },
    { name: 'broken', priority: 1 },
  );
  manager.onPressure(() => Promise.reject(error), { name: 'rejects' });
  manager.onPressure(() => (calls += 1), { name: 'useless' });
  malloc(1000);
  for (let i = 0; i < 3; ++i) expect(malloc(4 * MiB)).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(calls).toBe(3);
  expect(problems.filter(({ name, problem }) => name === 'broken' && problem === 'threw').length).toBe(3);
  expect(problems.find(({ name }) => name === 'rejects')?.error).toBe(error);
  expect(problems.filter(({ name, problem }) => name === 'useless' && problem === 'no-gain').length).toBe(1);
  expect(manager.getPressureHandlers().find(({ name }) => name === 'broken')).toMatchObject({
    errors: 3,
    lastError: error,
  });
  manager.dispose();
});

test('a handler may allocate and free, and is not called from within', async () => {
  const { api, malloc, free, used } = await bench();
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(api.defaultModule, { hardLimit: 4 * MiB });
  const held = malloc(3 * MiB);
  let depth = 0;
  let deepest = 0;
  let nested = -1;
  manager.onPressure(() => {
    depth += 1;
    deepest = Math.max(deepest, depth);
    nested = malloc(5 * MiB); // refused
    free(malloc(1000));
    free(held);
    expect(code(() => manager.triggerGC(api.defaultModule.id))).toBe('busy');
    expect(code(() => api.shrink(api.defaultModule.id))).toBe('busy');
    depth -= 1;
  });
  expect(malloc(3.5 * MiB)).not.toBe(0);
  expect(deepest).toBe(1);
  expect(nested).toBe(0);
  expect(used()).toBeLessThanOrEqual(4 * MiB);
  manager.dispose();
});

test('a block that is more than the limit itself is told of, and nobody is asked for room', async () => {
  const { api, malloc } = await bench();
  const events: object[] = [];
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(api.defaultModule, { hardLimit: 4 * MiB });
  manager.on('limit', (event) => events.push(event));
  let calls = 0;
  manager.onPressure(() => (calls += 1));
  expect(malloc(5 * MiB)).toBe(0);
  expect(calls).toBe(0);
  await Promise.resolve();
  expect(events).toEqual([
    { moduleId: api.defaultModule.id, reason: 'limit', wantedBytes: expect.any(Number) as number, gainedBytes: 0 },
  ]);
  manager.dispose();
});

test('growth that the system refuses has room made, and is reported', async () => {
  const { api, malloc, free } = await bench();
  const events: string[] = [];
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(api.defaultModule, { hardLimit: Infinity, maxAllocationSize: 2 ** 33 });
  manager.on('limit', ({ reason }) => events.push(reason));
  const held = malloc(100 * MiB);
  let calls = 0;
  manager.onPressure(({ reason, wantedBytes }) => {
    expect(reason).toBe('growth');
    expect(wantedBytes).toBeGreaterThan(2 ** 31 - 10 * MiB);
    calls += 1;
    free(held);
  });
  // Two blocks of almost 2 GiB fit, and a third one doesn't.
  const big = 2 ** 31 - 4 * MiB;
  const blocks = [malloc(big)];
  expect(blocks[0]).not.toBe(0);
  expect(malloc(big)).toBe(0);
  expect(calls).toBe(1);
  await Promise.resolve();
  expect(events).toEqual(['growth']);
  expect(malloc(1000)).not.toBe(0); // the program goes on
  manager.dispose();
});

test('relieve waits for each handler, measures it, and collects', async () => {
  const { api, malloc, free } = await bench();
  const manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  manager.registerModule(api.defaultModule, { hardLimit: 64 * MiB });
  const order: string[] = [];
  for (const [name, bytes] of [
    ['first', 2 * MiB],
    ['second', MiB],
  ] as const) {
    let block = malloc(bytes);
    manager.onPressure(
      async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        free(block);
        block = 0;
        order.push(`${name} ends`);
      },
      { name, level: 'critical', priority: name === 'first' ? 1 : 0 },
    );
  }
  const [some] = await manager.relieve(api.defaultModule.id, MiB);
  expect(order).toEqual(['first begins', 'first ends']);
  expect(some).toMatchObject({ reclaimedBytes: 2 * MiB, gc: null });
  expect(some?.handlers).toMatchObject([{ name: 'first', gainedBytes: 2 * MiB }]);
  const [rest] = await manager.relieve();
  expect(order.slice(2)).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  expect(rest?.handlers).toMatchObject([
    { name: 'first', runs: 2, lastGainedBytes: 0, runsWithoutGain: 1 },
    { name: 'second', runs: 1, lastGainedBytes: MiB },
  ]);
  expect(rest?.gc).toMatchObject({ strategy: 'balanced', completed: true });
  manager.dispose();
});

test('what is no handler is refused', async () => {
  const { api } = await bench();
  expect(code(() => api.onPressure(4 as never))).toBe('invalid-argument');
  expect(code(() => api.onPressure(() => {}, { level: 'none' as never }))).toBe('invalid-argument');
  expect(code(() => api.onPressure(() => {}, { priority: NaN }))).toBe('invalid-argument');
});

test('who looks at the figures, or relieves, takes no change of the pressure from who is to be told of it', async () => {
  const { api, clock } = await bench();
  using manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  const changes: string[] = [];
  const calls: string[] = [];
  manager.on('pressure', ({ previous, level }) => changes.push(`${previous} ${level}`));
  manager.onPressure(({ level, reason }) => void calls.push(`${level} ${reason}`));
  const module = bareModule('m', 8);
  manager.registerModule(module, { hardLimit: MiB });
  expect(changes).toEqual([]);
  module.memory.grow(7); // 15 of 16 pages
  expect(manager.getAggregateStats()).toMatchObject({ pressure: 'high', byModule: { m: { pressure: 'high' } } });
  const [report] = await manager.relieve('m');
  expect(report).toMatchObject({ before: 'high', after: 'high' });
  clock.advance(1000);
  expect(changes).toEqual(['none high']);
  expect(calls).toEqual(['critical asked', 'high level']);
});

test('that a collection has taken the pressure away is told', async () => {
  const { api, id, malloc, free } = await bench();
  using manager = new api.WasmMemoryManager();
  const told: string[] = [];
  manager.on('gc', () => told.push('gc'));
  manager.on('pressure', ({ previous, level }) => told.push(`${previous} ${level}`));
  manager.registerModule(api.defaultModule, { hardLimit: 8 * MiB });
  const block = malloc(7.5 * MiB);
  manager.disposeLater(() => free(block));
  expect(manager.getPressure(id)).toBe('none'); // high, and so a collection, which has freed it
  expect(told).toEqual(['none high', 'gc', 'high none']);
});
