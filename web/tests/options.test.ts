// Each option, given what it doesn't take: the message names it, shows the value and says what is expected, and nothing happens.
import { beforeAll, describe, expect, test } from 'vitest';
import * as tidemark from 'tidemark';
import { createTidemark } from 'tidemark/manual';
import { expectRefusal } from './refusal.js';

const wrong = [null, NaN, -1, 'x', '5', {}, [], 1n, Symbol('s'), () => 1, true];

type Take = (value: never, name: string) => unknown;
type Row = [call: string, names: string[], take: Take, taken?: (value: unknown) => boolean];
const isTrue = (value: unknown): boolean => value === true;
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isText = (value: unknown): boolean => typeof value === 'string';
const isNull = (value: unknown): boolean => value === null;
const nothing = (): boolean => false;

const app = { id: 'app', module: {} };
const { defaultModule } = tidemark;
const suite = (options: object, test: object = {}): unknown =>
  tidemark.runMemoryPerformanceTest(defaultModule, { name: 'none', run: () => undefined, ...test }, null, {
    durationMs: 1,
    ...options,
  });

beforeAll(async () => {
  const program = new URL('../../build/wasm/web/app_linked.mjs', import.meta.url);
  app.module = await ((await import(program.href)) as { default: () => Promise<object> }).default();
  tidemark.startMonitoring(app);
  tidemark.registerModule(app);
});

const rows: Row[] = [
  [
    'startProfiling',
    ['sampleBytes', 'maxOverhead', 'maxFrames', 'nonsense'],
    (value, name) => tidemark.wasmMemoryMonitor.startProfiling('app', { [name]: value }),
  ],
  ['startProfiling', ['reset'], (value) => tidemark.wasmMemoryMonitor.startProfiling('app', { reset: value }), isTrue],
  [
    'shrink',
    ['minReturnedBytes', 'compactBudget', 'nonsense'],
    (value, name) => tidemark.shrink('app', { [name]: value }),
  ],
  [
    'MemoryEfficientCache',
    ['max', 'ttl', 'ttlResolution', 'maxBytes', 'nonsense'],
    (value, name) => new tidemark.MemoryEfficientCache({ [name]: value }),
  ],
  [
    'MemoryEfficientCache',
    ['allowStale', 'updateAgeOnGet'],
    (value, name) => new tidemark.MemoryEfficientCache({ [name]: value }),
    isTrue,
  ],
  ['createMemoryPool', ['maxSize'], (value) => tidemark.createMemoryPool(() => ({}), undefined, value)],
  ['createBufferPool', ['maxIdleBytes', 'nonsense'], (value, name) => tidemark.createBufferPool({ [name]: value })],
  ['runMemoryPerformanceTest', ['durationMs', 'nonsense'], (value, name) => suite({ [name]: value })],
  ['runMemoryPerformanceTest', ['setup', 'teardown'], (value, name) => suite({}, { [name]: value }), isFunction],
  ['runMemoryPerformanceTest', ['maxLeakedBytes'], (value) => suite({}, { maxLeakedBytes: value })],
  ['createTestSuite', ['description'], (value) => tidemark.createTestSuite(`with ${String(value)}`, value), isText],
  [
    'detectLeaksByScenario',
    ['iterations', 'nonsense'],
    (value, name) => tidemark.detectLeaksByScenario(app, () => undefined, { [name]: value }),
  ],
  [
    'onPressure',
    ['moduleId'],
    (value) => tidemark.onPressure(() => 0, { moduleId: value }),
    (value) => isText(value) || isNull(value),
  ],
  ['onPressure', ['name'], (value) => tidemark.onPressure(() => 0, { name: value }), isText],
  ['onPressure', ['level', 'nonsense'], (value, name) => tidemark.onPressure(() => 0, { [name]: value })],
  ['onLeak', ['listener'], (value) => tidemark.memoryLeakDetector.onLeak(value), isFunction],
  ['triggerGC', ['strategy', 'nonsense'], (value, name) => tidemark.triggerGC('app', { [name]: value })],
  ['relieve', ['wantedBytes'], (value) => tidemark.relieve('app', value)],
  [
    'WasmMemoryMonitor',
    ['low', 'critical'],
    (value, name) => new tidemark.WasmMemoryMonitor({ thresholds: { [name]: value } }),
  ],
  [
    'WasmMemoryMonitor',
    ['thresholds'],
    (value) => new tidemark.WasmMemoryMonitor({ thresholds: value }),
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ],
  ['createTidemark', ['nonsense'], (value, name) => createTidemark({ [name]: value })],
  ['createTidemark', ['initialBytes', 'nonsense'], (value, name) => createTidemark({ memory: { [name]: value } })],
  [
    'createTidemark',
    ['memory'],
    (value) => createTidemark({ memory: value }),
    (value) => typeof value === 'object' && value !== null,
  ],
  ['since', ['earlier'], (value) => tidemark.getMemoryProfile('app').since(value)],
  [
    'a module',
    ['wrapAllocator'],
    (value) =>
      tidemark.startMonitoring({ id: 'other', module: { HEAPU8: new Uint8Array(65536) }, wrapAllocator: value }),
    isTrue,
  ],
];

describe.each(rows)('%s: %j', (_call, names, take, taken = nothing) => {
  test.each(names)('%s', async (name) => {
    for (const value of wrong) {
      if (taken(value)) continue;
      await expectRefusal(() => take(value as never, name), name, value);
    }
    expect(tidemark.wasmMemoryMonitor.monitoredModules).toEqual(['app']);
    expect(tidemark.wasmMemoryManager.getPressureHandlers()).toEqual([]);
  });
});

test('what may be left out may be undefined', async () => {
  tidemark.wasmMemoryMonitor.startProfiling('app', { sampleBytes: undefined, stacks: undefined } as object);
  expect(tidemark.shrink('app', { minReturnedBytes: undefined } as object).returnedBytes).toBeGreaterThanOrEqual(0);
  expect(new tidemark.MemoryEfficientCache({ max: 2, ttl: undefined } as object).stats.size).toBe(0);
  expect(await suite({ seed: undefined })).toMatchObject({ passed: true });
});
