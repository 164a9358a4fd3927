import { expect, test } from 'vitest';
import { bareModule, bench, code, MiB } from './support.js';

test('the hard limit holds inside malloc, and is taken away with the module', async () => {
  const { api, id, malloc, free, used } = await bench();
  api.registerModule(api.defaultModule, { hardLimit: 4 * MiB });
  const before = used();
  expect(malloc(5 * MiB)).toBe(0);
  const blocks: number[] = [];
  for (let block = malloc(10_000); block !== 0; block = malloc(10_000)) blocks.push(block);
  expect(used()).toBeLessThanOrEqual(4 * MiB);
  expect(used()).toBeGreaterThan(4 * MiB - 10_240); // one more would not have fitted
  expect(blocks.length).toBe(Math.floor((4 * MiB - before) / 10_240));
  blocks.forEach(free);
  expect(malloc(3 * MiB)).not.toBe(0);
  expect(api.canAllocate(id, 2 * MiB)).toBe(false);
  expect(api.explainAllocation(id, 2 * MiB)).toMatchObject({ allowed: false, limit: 'hardLimit' });
  api.unregisterModule(id);
  expect(malloc(5 * MiB)).not.toBe(0);
});

test('a second manager of the same program can only be stricter', async () => {
  const { api, id, malloc } = await bench();
  const other = new api.WasmMemoryManager();
  api.registerModule(api.defaultModule, { hardLimit: 8 * MiB });
  other.registerModule(api.defaultModule, { hardLimit: 2 * MiB });
  expect(malloc(3 * MiB)).toBe(0);
  other.unregisterModule(id);
  expect(malloc(3 * MiB)).not.toBe(0);
  api.unregisterModule(id);
});

test('each limit refuses in its own words', async () => {
  const { api, clock } = await bench();
  api.registerModule(bareModule('m'), { hardLimit: 64 * MiB, maxAllocationSize: 4 * MiB, growthRateLimit: MiB });
  expect(api.explainAllocation('m', 5 * MiB)).toMatchObject({ limit: 'maxAllocationSize', allowed: false });
  expect(api.explainAllocation('m', 5 * MiB).reason).toMatch(/maxAllocationSize allows blocks of 4194304 bytes/);
  for (let i = 0; i < 3; ++i) api.recordAllocation('m', 3 * MiB);
  // 9 MiB in ten seconds; 10 are allowed.
  expect(api.explainAllocation('m', 2 * MiB)).toMatchObject({ limit: 'growthRateLimit' });
  expect(api.canAllocate('m', MiB)).toBe(true);
  clock.advance(11_000);
  expect(api.canAllocate('m', 2 * MiB)).toBe(true);
  for (let i = 0; i < 17; ++i) {
    api.recordAllocation('m', 3 * MiB);
    api.recordDeallocation('m', 3 * MiB);
  }
  // 60 MiB in the minute.
  expect(api.explainAllocation('m', MiB)).toMatchObject({ limit: 'quota' });
  clock.advance(60_000);
  expect(api.explainAllocation('m', MiB)).toMatchObject({ allowed: true, limit: null });
});

test('an allocation of the default size limit is within the default growth rate', async () => {
  const { api } = await bench();
  api.registerModule(bareModule('m'));
  expect(api.canAllocate('m', 10 * MiB)).toBe(true);
  expect(api.canAllocate('m', 10 * MiB + 1)).toBe(false);
});

test('what is recorded counts where blocks can not be seen, and only there', async () => {
  const { api, id, used } = await bench();
  api.registerModule(bareModule('m'), { hardLimit: MiB });
  api.registerModule(api.defaultModule);
  api.recordAllocation('m', MiB / 2);
  api.recordAllocation(id, MiB / 2);
  expect(api.explainAllocation('m', 1).available.hardLimit).toBe(MiB / 2);
  expect(api.explainAllocation(id, 1).available.hardLimit).toBe(64 * MiB - used());
  expect(api.canAllocate('m', MiB / 2)).toBe(true);
  expect(api.canAllocate('m', MiB / 2 + 1)).toBe(false);
  api.recordDeallocation('m', MiB / 4);
  expect(api.canAllocate('m', (3 * MiB) / 4)).toBe(true);
  expect(api.canAllocate('m', (3 * MiB) / 4 + 1)).toBe(false);
  expect(code(() => api.recordDeallocation('m', MiB))).toBe('invalid-argument');
});

test('a total limit is shared, and who can spare most is asked first', async () => {
  const { api, id, malloc } = await bench();
  const asked: string[] = [];
  api.setTotalLimit(10 * MiB);
  api.registerModule(api.defaultModule, { hardLimit: 8 * MiB });
  for (const [name, spareBytes] of [
    ['poor', 1000],
    ['rich', 5 * MiB],
  ] as const) {
    api.registerModule(bareModule(name), { hardLimit: 9 * MiB });
    const collectable = {
      spareBytes,
      evict: () => {
        asked.push(name);
        if (name === 'rich') api.recordDeallocation(name, 4 * MiB);
      },
    };
    api.wasmMemoryManager.registerCollectable(collectable, name);
    kept.push(collectable);
  }
  api.recordAllocation('rich', 5 * MiB);
  expect(api.explainAllocation('rich', 4 * MiB).limit).toBe(null);
  expect(api.explainAllocation('rich', 4 * MiB + 1).limit).toBe('hardLimit');
  expect(api.explainAllocation('poor', 6 * MiB).limit).toBe('totalLimit');
  api.setTotalLimit(10 * MiB); // the others have changed since
  // 5 MiB are left of the total: the rich one gives 4 back.
  expect(malloc(7 * MiB)).not.toBe(0);
  expect(asked).toEqual(['rich']);
  expect(malloc(MiB * 2)).toBe(0);
  api.setTotalLimit(null);
  expect(api.wasmMemoryManager.totalLimit).toBe(null);
  api.unregisterModule(id);
});
const kept: unknown[] = []; // collectables are not kept alive by the manager

test('limits that make no sense are refused, and nothing has changed', async () => {
  const { api } = await bench();
  const { registerModule } = api;
  const wrong: unknown[] = [
    { hardLimit: 0 },
    { hardLimit: -1 },
    { hardLimit: NaN },
    { hardLimit: '64' },
    { softLimit: 60 * MiB },
    { criticalLimit: 65 * MiB },
    { hardLimit: 10 * MiB, softLimit: 11 * MiB },
    { hardlimit: MiB },
    4,
    null,
  ];
  for (const limits of wrong) {
    expect(code(() => registerModule(bareModule('m'), limits as never))).toBe('invalid-config');
    expect(api.wasmMemoryManager.has('m')).toBe(false);
  }
  for (const size of [-1, NaN, Infinity, '1', undefined]) {
    registerModule(bareModule('n'.repeat(3) + String(size)));
    expect(code(() => api.canAllocate(`nnn${String(size)}`, size as number))).toBe('invalid-argument');
  }
  expect(code(() => api.canAllocate('nobody', 1))).toBe('unknown-module');
  expect(code(() => new api.WasmMemoryManager({ gc: { strategy: 'total' as never } }))).toBe('invalid-config');
  expect(code(() => new api.WasmMemoryManager({ gc: { gcThreshold: 101 } }))).toBe('invalid-config');
  expect(code(() => new api.WasmMemoryManager({ limit: {} } as never))).toBe('invalid-config');
});

test('a hard limit alone keeps the shares of the others', async () => {
  const { api } = await bench();
  api.registerModule(bareModule('m'), { hardLimit: 128 * MiB });
  expect(api.wasmMemoryManager.getLimits('m')).toMatchObject({ softLimit: 96 * MiB, criticalLimit: 112 * MiB });
  api.registerModule(bareModule('n'), { hardLimit: Infinity });
  expect(api.canAllocate('n', 5 * MiB)).toBe(true);
});

test('no timer is left when nothing is looked after', async () => {
  const { api, clock } = await bench();
  expect(clock.timers).toBe(0);
  api.registerModule(bareModule('m'));
  api.registerModule(bareModule('n'));
  expect(clock.timers).toBe(1);
  api.unregisterModule('m');
  api.unregisterModule('m');
  expect(clock.timers).toBe(1);
  api.wasmMemoryManager.dispose();
  api.wasmMemoryManager.dispose();
  expect(clock.timers).toBe(0);
  expect(code(() => api.registerModule(bareModule('o')))).toBe('disposed');
});

test('after dispose() every use is refused as such', async () => {
  const { api } = await bench();
  const manager = new api.WasmMemoryManager();
  manager.dispose();
  for (const use of [
    () => manager.registerModule(bareModule('m')),
    () => manager.canAllocate('m', 1),
    () => manager.recordAllocation('m', 1),
    () => manager.triggerGC('m'),
    () => manager.getAggregateStats(),
    () => manager.on('gc', () => {}),
    () => manager.setTotalLimit(5),
    () => manager.withBudget('a', () => {}),
  ]) {
    expect(code(use)).toBe('disposed');
  }
});

test('a manager without a hard limit has limits that are numbers, and so have its modules', async () => {
  const { api } = await bench();
  using manager = new api.WasmMemoryManager({ limits: { hardLimit: Infinity } });
  const all = { hardLimit: Infinity, softLimit: Infinity, criticalLimit: Infinity };
  for (const limits of [{}, { maxAllocationSize: MiB }, { hardLimit: Infinity }]) {
    manager.registerModule(bareModule('m'), limits);
    expect(manager.getLimits('m')).toMatchObject(all);
    expect(manager.getPressure('m')).toBe('none');
    manager.unregisterModule('m');
  }
  manager.registerModule(bareModule('m'), { hardLimit: 64 * MiB }); // the shares of the defaults
  expect(manager.getLimits('m')).toMatchObject({ softLimit: 48 * MiB, criticalLimit: 56 * MiB });
  expect(manager.getPressure('m')).toBe('none');
});

test('what canAllocate() allows malloc gives, and what it refuses malloc refuses', async () => {
  const { api, id, malloc, free, used } = await bench();
  using manager = new api.WasmMemoryManager({ gc: { autoGC: false } });
  for (const total of [false, true]) {
    for (let room = 1; room < 10_000; room += room < 4200 ? 7 : 101) {
      const limit = used() + room;
      manager.registerModule(api.defaultModule, { hardLimit: total ? limit + 1000 : limit, growthRateLimit: Infinity });
      manager.setTotalLimit(total ? limit : null);
      const most = manager.explainAllocation(id, 1).available[total ? 'totalLimit' : 'hardLimit'];
      expect(most).toBeLessThanOrEqual(room);
      for (const size of [1, room - 9, room - 1, room, room + 1, most, most + 1]) {
        if (size < 1) continue;
        const block = malloc(size);
        if (block !== 0) free(block);
        if (manager.canAllocate(id, size) !== (block !== 0)) expect({ room, size, most }).toBe('as malloc has it');
      }
    }
  }
});
