// Rule 5 over what the package hands out: structures, pooled objects, listeners. And what a manager's limit tells the detector.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { bench, MiB, type Bench } from './manager/support.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 4; ++i) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What the detector says of a kind after a minute in which `second` runs each second. */
async function watched(it: Bench, kind: RegExp, second: (t: number) => void, seconds = 60) {
  const detector = new it.api.MemoryLeakDetector({ continuousMonitoring: false });
  detector.startMonitoring(it.api.defaultModule);
  for (let t = 0; t < seconds; ++t) {
    second(t);
    it.clock.advance(1000);
  }
  await collectGarbage();
  const result = detector.detectLeaks(it.id);
  detector.dispose();
  return result.patterns.find(({ type, evidence }) => type === 'resource' && kind.test(String(evidence['kind'])));
}

test('structures that are made all the time and never disposed of leak', async () => {
  const it = await bench();
  const kept: unknown[] = [];
  const found = await watched(it, /^CompactMap$/, () => kept.push(it.api.createCompactMap()));
  expect(found).toMatchObject({ verdict: 'leak', blocks: 60 });
  expect(found?.evidence).toMatchObject({ reason: 'rising', live: 60, netted: 0 });
  expect(String(found?.evidence['recommendation'])).toMatch(/dispose\(\)/);
});

test('structures that are disposed of in time are nothing, of whatever kind', async () => {
  const it = await bench();
  const { createCache, createCompactArray, createCompactMap, createCompactSet } = it.api;
  const found = await watched(it, /./, () => {
    createCompactMap<string, number>().dispose();
    createCompactSet<string>().dispose();
    createCompactArray<string>().dispose();
    createCompactArray<number>({ type: 'f64' }).dispose();
    createCompactArray({ x: 'f32', id: 'u32' }).dispose();
    createCache<string, number>(10, 1000).dispose();
  });
  expect(found).toBe(undefined);
});

test('a structure that only the garbage collector has disposed of is told', async () => {
  const it = await bench();
  const found = await watched(it, /^CompactSet$/, () => void it.api.createCompactSet<string>(['content']));
  expect(found).toMatchObject({ type: 'resource' });
  expect(Number(found?.evidence['netted'])).toBeGreaterThan(0);
  expect(Number(found?.evidence['netted']) + Number(found?.evidence['live'])).toBe(60);
});

test('pooled objects that are never released leak; those that are, do not', async () => {
  const it = await bench();
  const particle = (): { x: number } => ({ x: 0 });
  const pool = it.api.createMemoryPool(particle);
  const other = it.api.createMemoryPool(particle);
  const kept: unknown[] = [];
  const found = await watched(it, /pooled object of particle\(\)/, () => {
    kept.push(pool.acquire());
    other.release(other.acquire());
  });
  expect(found).toMatchObject({ verdict: 'leak', blocks: 60 });
  expect(String(found?.evidence['recommendation'])).toMatch(/release\(\)/);

  const healthy = await bench();
  const good = healthy.api.createMemoryPool(particle);
  expect(await watched(healthy, /pooled/, () => good.with(() => {}))).toBe(undefined);
});

test('a pooled object that was lost is told, and a pool that is gone takes its figures with it', async () => {
  const it = await bench();
  const pool = it.api.createMemoryPool(() => ({ x: 0 }));
  const found = await watched(it, /pooled object/, (t) => {
    if (t < 3) pool.acquire();
  });
  expect(found?.evidence).toMatchObject({ reason: 'netted', netted: 3, live: 0 });
  pool.dispose();
  expect(await watched(it, /pooled object/, () => {})).toBe(undefined);
});

test('handlers and listeners that are registered and never removed leak', async () => {
  const it = await bench();
  const { wasmMemoryManager: manager } = it.api;
  it.api.registerModule(it.api.defaultModule);
  const found = await watched(it, /pressure handler/, () => void manager.onPressure(() => {}));
  expect(found).toMatchObject({ verdict: 'leak', blocks: 60 });
  const listeners = await watched(it, /listener/, () => void manager.on('gc', () => {}));
  expect(listeners).toMatchObject({ verdict: 'leak', blocks: 60 });
  expect(await watched(it, /listener/, () => manager.on('gc', () => {})())).toBe(undefined);
  manager.dispose();
});

test('blocks that JavaScript has from malloc() and never frees leak, however slowly; those that it frees, do not', async () => {
  const it = await bench();
  const found = await watched(it, /^_malloc\(\) block$/, () => void it.malloc(16));
  expect(found).toMatchObject({ verdict: 'leak', evidence: { reason: 'rising' } });
  expect(found?.blocks).toBeGreaterThanOrEqual(59); // the latest is not looked at until another one has come
  expect(found?.bytes).toBeGreaterThanOrEqual(59 * 16);
  expect(String(found?.evidence['recommendation'])).toMatch(/_malloc\(\) blocks in use.*_free\(\)/);

  const healthy = await bench();
  const kept: number[] = [];
  const nothing = await watched(healthy, /^_malloc\(\) block$/, () => {
    kept.push(healthy.malloc(16));
    if (kept.length > 10) healthy.free(kept.shift() as number);
  });
  expect(nothing).toBe(undefined);
});

test('the time to the limit is the time to the limit of the manager', async () => {
  const it = await bench();
  it.api.registerModule(it.api.defaultModule, { hardLimit: 8 * MiB });
  const detector = new it.api.MemoryLeakDetector({ continuousMonitoring: false });
  detector.startMonitoring(it.api.defaultModule);
  // 20 KiB a second: at the end a little less than 7 MiB are left, for six minutes.
  for (let t = 0; t < 60; ++t) {
    for (let i = 0; i < 10; ++i) it.malloc(2048);
    it.clock.advance(1000);
  }
  const { recommendations } = detector.detectLeaks(it.id);
  expect(recommendations[0]).toMatch(/the limit of 8\.0 MiB is reached in [56] minutes/);
  detector.dispose();
  it.api.unregisterModule(it.id);
});
