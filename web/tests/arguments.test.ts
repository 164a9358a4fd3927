// Each argument, given what it doesn't take: the message names it, shows the value and says what is expected, and nothing happens.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  BufferPool,
  ColumnArray,
  CompactArray,
  CompactMap,
  compare,
  CompactSet,
  createCache,
  MemoryEfficientCache,
  MemoryPool,
  readBaseline,
  suggestLimit,
  TidemarkError,
  toJUnit,
  toTable,
  type ManagerEvents,
  type MemoryProfile,
  type TestContext,
  type TestSuiteResult,
  type TidemarkApi,
  type WasmModule,
} from 'tidemark';
import { attach } from 'tidemark/attach';
import { createTidemark } from 'tidemark/manual';
import { expectRefusal, shown } from './refusal.js';

const wrong = [
  undefined,
  null,
  NaN,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  Infinity,
  '',
  'x',
  {},
  [],
  Symbol('s'),
  () => 1,
  true,
  1n,
];

type Taken = (value: unknown) => boolean;
type Row = [call: string, name: string, give: (value: never) => unknown, ...taken: Taken[]];

const absent: Taken = (value) => value === undefined;
const isFunction: Taken = (value) => typeof value === 'function';
const isText: Taken = (value) => typeof value === 'string';
const isFlag: Taken = (value) => typeof value === 'boolean';
const isPlain: Taken = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbove = (least: number, below = Infinity): Taken => {
  return (value) => typeof value === 'number' && value > least && (value < below || below === Infinity);
};
const isAddress: Taken = (value) => typeof value === 'number' && value >>> 0 === value;

let api: TidemarkApi;
let id = '';
beforeAll(async () => {
  api = await createTidemark();
  ({ id } = api.defaultModule);
  api.registerModule(api.defaultModule);
  api.startMonitoring(api.defaultModule);
});

function refuses(rows: Row[], state: () => unknown): void {
  test.each(rows)('%s: %s', async (_call, name, give, ...taken) => {
    for (const value of wrong) {
      if (taken.some((takes) => takes(value))) continue;
      const before = JSON.stringify(state());
      await expectRefusal(() => give(value as never), name, value);
      expect(JSON.stringify(state()), shown(value)).toBe(before);
    }
  });
}

describe('the manager', () => {
  const on = (name: string, listener: () => void): unknown =>
    api.wasmMemoryManager.on(name as keyof ManagerEvents, listener);
  const collectable = (given: object): unknown => api.wasmMemoryManager.registerCollectable(given);
  refuses(
    [
      ['on', 'name', (value) => on(value, () => undefined)],
      ['on', 'listener', (value) => on('gc', value), isFunction],
      ['onPressure', 'options', (value) => api.onPressure(() => 0, value), absent, isPlain],
      [
        'checkIntervalMs',
        'checkIntervalMs',
        (checkIntervalMs) => new api.WasmMemoryManager({ checkIntervalMs }),
        absent,
        isAbove(0, 2 ** 31),
      ],
      ['idle', 'idle', (idle) => new api.WasmMemoryManager({ idle }), absent, isFunction],
      ['registerCollectable', 'collectable', (value) => collectable(value), isPlain],
      ...['purgeExpired', 'trim', 'compact', 'evict'].map((name): Row => {
        return ['registerCollectable', name, (value) => collectable({ [name]: value }), absent, isFunction];
      }),
      [
        'registerCollectable',
        'moduleId',
        (value) => api.wasmMemoryManager.registerCollectable({}, value),
        absent,
        isText,
      ],
      ['disposeLater', 'cleanup', (value) => api.wasmMemoryManager.disposeLater(value), isFunction],
      ['disposeLater', 'moduleId', (value) => api.wasmMemoryManager.disposeLater(() => 0, value), absent, isText],
      ['triggerGC', 'options', (value) => api.triggerGC(id, [value] as never)],
    ],
    () => [api.wasmMemoryManager.getPressureHandlers(), api.wasmMemoryManager.getGCStats(id)],
  );

  test('names that every object has are no options', () => {
    const given = JSON.parse('{ "constructor": 5 }') as object;
    for (const make of [api.WasmMemoryManager, api.WasmMemoryMonitor, api.MemoryLeakDetector]) {
      expect(() => new make(given as never)).toThrow(/constructor: 5 was given/);
    }
  });
});

describe('the monitor', () => {
  refuses(
    [
      [
        'maxProfilingDuration',
        'maxProfilingDuration',
        (value) => new api.WasmMemoryMonitor({ maxProfilingDuration: value }),
        absent,
        isAbove(0, 2 ** 31),
      ],
      [
        'intervalMs',
        'intervalMs',
        (intervalMs) => new api.WasmMemoryMonitor({ intervalMs }),
        absent,
        isAbove(0, 2 ** 31),
      ],
      ['startProfiling', 'options', (value) => api.wasmMemoryMonitor.startProfiling(id, value), absent, isPlain],
    ],
    () => api.wasmMemoryMonitor.monitoredModules,
  );
});

describe('the leak detector', () => {
  refuses(
    [
      [
        'intervalMs',
        'intervalMs',
        (intervalMs) => new api.MemoryLeakDetector({ intervalMs }),
        absent,
        isAbove(0, 2 ** 31),
      ],
      ['addRoot', 'address', (value) => api.memoryLeakDetector.addRoot(id, value), isAddress],
      ['removeRoot', 'address', (value) => api.memoryLeakDetector.removeRoot(id, value), isAddress],
      ['onLeak', 'listener', (value) => api.memoryLeakDetector.onLeak(value), isFunction],
    ],
    () => null,
  );

  test('has no listeners after its end', () => {
    const detector = new api.MemoryLeakDetector();
    detector.dispose();
    expect(() => detector.onLeak(() => undefined)).toThrow(/disposed of/);
  });
});

describe('a scope', () => {
  const scopes: { dispose(): void; size: number }[] = [];
  const scope = (): InstanceType<TidemarkApi['DisposalScope']> => {
    const made = new api.DisposalScope();
    scopes.push(made);
    return made;
  };
  afterEach(() => scopes.splice(0).forEach((each) => each.dispose()));
  refuses(
    [
      ['adopt', 'dispose', (value) => scope().adopt(1, value), isFunction],
      ['run', 'body', (value) => scope().run(value), isFunction],
      ['allocate', 'bytes', (value) => scope().allocate(value), isAddress],
    ],
    () => scopes.reduce((sum, { size }) => sum + size, 0),
  );

  test('gets no block of a size that has wrapped around', () => {
    expect(() => scope().allocate(2 ** 32 + 8)).toThrow(/bytes: 4294967304 was given/);
  });
});

describe('all in one call', () => {
  const app = (): WasmModule => ({ id: 'app', memory: new WebAssembly.Memory({ initial: 1 }) });
  const flags = ['enableMonitoring', 'enableLeakDetection', 'enableMemoryManagement'];
  refuses(
    [
      ...flags.map((name): Row => [
        name,
        name,
        (value) => api.initializeMemoryOptimization(app(), { [name]: value }),
        absent,
        isFlag,
      ]),
      [
        'memoryLimit',
        'memoryLimit',
        (memoryLimit) => api.initializeMemoryOptimization(app(), { memoryLimit }),
        absent,
        isAbove(0),
      ],
      ['limits', 'limits', (limits) => api.initializeMemoryOptimization(app(), { limits }), absent, isPlain],
      [
        'monitoring',
        'monitoring',
        (monitoring) => api.initializeMemoryOptimization(app(), { monitoring }),
        absent,
        isPlain,
      ],
    ],
    () => [api.wasmMemoryMonitor.isMonitoring('app'), api.wasmMemoryManager.has('app')],
  );
});

describe('structures', () => {
  const contents: (() => unknown)[] = [];
  const kept = <Made extends { dispose(): void }>(made: Made, content: (made: Made) => unknown): Made => {
    contents.push(() => content(made));
    return made;
  };
  const array = kept(new CompactArray<number>([3, 1, 2]), (made) => made.toArray());
  const columns = kept(new ColumnArray({ x: 'f32' }), (made) => made.toArray());
  const map = kept(new CompactMap<number, number>([[1, 2]]), (made) => [...made]);
  const set = kept(new CompactSet<number>([1, 2]), (made) => [...made]);
  const cache = kept(new MemoryEfficientCache<string, number>(), (made) => [
    // How much is left of a time passes meanwhile.
    made.dump().map(([key, { value, ttl }]) => [key, value, ttl !== undefined]),
    made.stats,
  ]);
  const pool = kept(new MemoryPool(() => ({})), (made) => made.stats);
  const buffers = kept(new BufferPool({ zero: true }), (made) => made.stats);
  const buffer = buffers.acquire(8);
  contents.push(() => [...buffer.bytes]);
  columns.push({ x: 1 });
  cache.set('a', 1);
  cache.set('b', 2, { ttl: 3_600_000 });

  const arrays = { array, columns } as unknown as Record<string, Record<string, (callback: unknown) => unknown>>;
  const callbacks = ['forEach', 'map', 'filter', 'reduce', 'find', 'findIndex', 'some', 'every'].flatMap((method) =>
    Object.entries(arrays).map(([name, each]): Row => {
      return [`${name}.${method}`, 'callback', (value) => each[method]?.(value), isFunction];
    }),
  );
  const ofSets = (['union', 'intersection', 'difference', 'symmetricDifference'] as const).map((method): Row => {
    return [method, 'other', (value) => set[method](value)];
  });
  const betweenSets = (['isSubsetOf', 'isSupersetOf', 'isDisjointFrom'] as const).map((method): Row => {
    return [method, 'other', (value) => set[method](value)];
  });
  const isOption: Taken = (value) => isPlain(value) || absent(value);
  const isDuration: Taken = (value) => typeof value === 'number' && value >= 0;
  const isList: Taken = (value) => Array.isArray(value);
  refuses(
    [
      ...[...callbacks, ...ofSets, ...betweenSets],
      ['sort', 'compare', (value) => array.sort(value), absent, isFunction],
      ['CompactArray', 'options', (value) => new CompactArray(null, value), isOption],
      ['ColumnArray', 'columns', (value) => new ColumnArray(value), isPlain],
      ['CompactMap', 'entry', (value) => new CompactMap([[1, 2], value]), isPlain, isList],
      ['getMany', 'keys', (value) => map.getMany(value), isList],
      ['getMany', 'missing', (value) => map.getMany([1], value), absent, (value) => typeof value === 'number'],
      ['setMany', 'keys', (value) => map.setMany(value, [1])],
      ['setMany', 'values', (value) => map.setMany([1], value)],
      ['setMany', 'keys', (value) => map.setMany([value], [1]), (value) => typeof value === 'number'],
      ['addMany', 'values', (value) => set.addMany(value), isList],
      ['hasMany', 'values', (value) => set.hasMany(value), isList],
      ['set', 'options', (value) => cache.set('a', 9, value), isOption],
      ['set', 'ttl', (ttl) => cache.set('a', 9, { ttl }), absent, isDuration],
      ['set', 'nonsense', (nonsense) => cache.set('a', 9, { nonsense } as object), absent],
      ['getMany', 'keys', (value) => cache.getMany(value), isText, isList],
      ['load', 'entries', (value) => cache.load(value), isText, isList],
      ['load', 'entries[1]', (value) => cache.load([['a', { value: 5 }], value])],
      [
        'load',
        'entries[1][1]',
        (value) =>
          cache.load([
            ['a', { value: 5 }],
            ['b', value],
          ]),
        isPlain,
      ],
      [
        'load',
        'ttl',
        (ttl) =>
          cache.load([
            ['a', { value: 5 }],
            ['b', { value: 6, ttl }],
          ]),
        absent,
        isDuration,
      ],
      ['forEach', 'visit', (value) => cache.forEach(value), isFunction],
      ['entriesFrom', 'first', (value) => [...cache.entriesFrom(value)]],
      ['evict', 'share', (value) => cache.evict(value), isDuration],
      ['createCache', 'options', (value) => createCache([value] as never)],
      ['release', 'object', (value) => pool.release(value)],
      ['with', 'use', (value) => pool.with(value), isFunction],
      ['prefill', 'count', (value) => pool.prefill(value), isDuration],
      ['trim', 'kept', (value) => pool.trim(value), absent, isDuration],
      ['release', 'buffer', (value) => buffers.release(value)],
      ['with', 'use', (value) => buffers.with(1, value), isFunction],
      ['trim', 'keptBytes', (value) => buffers.trim(value), absent, isDuration],
      ['use', 'use', (value) => buffer.use(value), isFunction],
      ['set', 'byte', (value) => buffer.set(0, value), (value) => typeof value === 'number'],
      ['write', 'source', (value) => buffer.write(value), isList],
    ],
    () => contents.map((content) => content()),
  );

  test('of many numbers all are looked at before the first is put', () => {
    const keys: unknown[] = Array.from({ length: 20_000 }, (_, i) => i + 10);
    keys[19_999] = 'x';
    expect(() => set.addMany(keys as number[])).toThrow(/numbers\[19999\]: "x" was given/);
    expect([...set]).toEqual([1, 2]);
    expect(() =>
      map.setMany(
        keys.map((_, i) => i),
        keys as number[],
      ),
    ).toThrow(/numbers\[19999\]/);
    expect([...map]).toEqual([[1, 2]]);
    expect(() => map.setMany(new BigInt64Array(2) as never, [1, 2])).toThrow(/a BigInt64Array was given/);
  });

  test('a structure that can not be filled holds no memory', async () => {
    const own = await createTidemark();
    const { module } = own.defaultModule as unknown as { module: { tidemark: { stats(): { liveBytes: number } } } };
    const used = (): number => module.tidemark.stats().liveBytes;
    const failing = function* (): Generator<[number, number]> {
      for (let i = 0; i < 1000; ++i) yield [i, i];
      throw new Error('no more');
    };
    const failAll = (): void => {
      expect(() => new own.CompactMap(failing())).toThrow('no more');
      expect(() => new own.CompactSet(failing())).toThrow('no more');
      expect(() => new own.CompactArray(failing())).toThrow('no more');
    };
    failAll(); // what all structures share is there then
    const before = used();
    failAll();
    expect(used()).toBe(before);
  });
});

describe('the tester', () => {
  const nothing = { name: 'nothing', run: (): void => undefined };
  const inTest = async (use: (context: TestContext) => unknown): Promise<void> => {
    const result = await api.runMemoryPerformanceTest(api.defaultModule, { name: 'mine', run: use }, null, {
      durationMs: 1,
    });
    if (result.error !== null) throw new TidemarkError('invalid-argument', result.error);
  };
  const measure = (options: object): Promise<void> =>
    inTest((context) => context.measure({ workload: 'basicAllocation', durationMs: 1, maxUnits: 8, ...options }));
  const units = (options: object): Promise<void> =>
    inTest((context) => context.measureUnits({ unit: () => 0, durationMs: 1, ...options }));
  const suite = (given: object): unknown =>
    api.runMemoryPerformanceTestSuite(api.defaultModule, { name: 'mine', description: '', tests: [], ...given });
  const result = { results: [], summary: { recommendations: [] } } as unknown as TestSuiteResult;
  const isName: Taken = (value) => isText(value) && value !== '';
  refuses(
    [
      [
        'runTest',
        'manager',
        (value) => api.runMemoryPerformanceTest(api.defaultModule, nothing, value),
        absent,
        isPlain,
        (value) => value === null,
      ],
      [
        'runTest',
        'manager.triggerGC',
        (triggerGC) => api.runMemoryPerformanceTest(api.defaultModule, nothing, { triggerGC }),
        absent,
        isFunction,
      ],
      [
        'runTest',
        'description',
        (description) => api.runMemoryPerformanceTest(api.defaultModule, { ...nothing, description }),
        absent,
        isText,
      ],
      ['runTestSuite', 'suite.name', (name) => suite({ name }), isName],
      ['runTestSuite', 'suite.description', (description) => suite({ description }), absent, isText],
      ['measure', 'workload', (workload) => measure({ workload })],
      ['measure', 'durationMs', (durationMs) => measure({ durationMs }), absent, isAbove(0, 2 ** 31)],
      ['measure', 'seed', (seed) => measure({ seed }), absent, Number.isInteger],
      ['measure', 'movable', (movable) => measure({ movable }), absent, isFlag],
      ['measure', 'reference', (reference) => measure({ reference }), absent, isFlag],
      ['measure', 'maxUnits', (maxUnits) => measure({ maxUnits }), absent],
      ['measureUnits', 'unit', (unit) => units({ unit }), isFunction],
      ['measureUnits', 'reference', (reference) => units({ reference }), absent, isFunction],
      ['measureUnits', 'atPeak', (atPeak) => units({ atPeak }), absent, isFunction],
      [
        'measureUnits',
        'operationsPerUnit',
        (operationsPerUnit) => units({ operationsPerUnit }),
        absent,
        isAbove(0, 2 ** 60),
      ],
      ['recommend', 'text', (value) => inTest((context) => context.recommend(value)), isText],
      ['compare', 'threshold', (threshold) => compare(result, result, { threshold }), absent, isAbove(0)],
      ['compare', 'alpha', (alpha) => compare(result, result, { alpha }), absent],
      ['compare', 'options', (value) => compare(result, result, value), absent, isPlain],
      ['compare', 'a', (results) => compare({ ...result, results }, result), (value) => Array.isArray(value)],
      ['toTable', 'toTable', (summary) => toTable({ ...result, summary })],
      ['toJUnit', 'toJUnit', (each) => toJUnit({ ...result, results: [each] })],
      [
        'readBaseline',
        'baseline',
        (each) =>
          readBaseline(
            JSON.stringify({
              format: 'tidemark-test-suite-1',
              results: [typeof each === 'bigint' ? 1 : each],
              summary: {},
            }),
          ),
      ],
    ],
    () => api.memoryPerformanceTester.suites,
  );
});

describe('profiles, devices and engines', () => {
  const clock = { now: () => 0, elapsed: () => 0, every: () => () => undefined };
  const profile = (): MemoryProfile => api.getMemoryProfile(id);
  const ofClock = ['now', 'elapsed', 'every'].flatMap((name): Row[] => [
    ['createTidemark', 'clock', (value) => createTidemark({ clock: { ...clock, [name]: value } }), isFunction],
    ['attach', 'clock', (value) => attach({ ...linked(), clock: { ...clock, [name]: value } }), isFunction],
  ]);
  const linked = (): { id: string; module: object } => api.defaultModule as { id: string; module: object };
  const isFact: Taken = (value) => value === null || absent(value) || isAbove(0)(value);
  refuses(
    [
      ...ofClock,
      ['createTidemark', 'nonsense', (nonsense) => createTidemark({ memory: { nonsense } as object }), absent],
      ['toText', 'measure', (value) => profile().toText(value), absent],
      ['toText', 'rows', (value) => profile().toText('liveBytes', value), absent, isAbove(0)],
      ['symbolize', 'options', (value) => profile().symbolize(value), absent, isPlain],
      ['symbolize', 'nonsense', (nonsense) => profile().symbolize({ nonsense } as object), absent],
      ['suggestLimit', 'deviceMemoryGiB', (deviceMemoryGiB) => suggestLimit({ deviceMemoryGiB }), isFact],
      ['suggestLimit', 'isIOS', (isIOS) => suggestLimit({ isIOS }), absent, isFlag],
      ['suggestLimit', 'nonsense', (nonsense) => suggestLimit({ nonsense } as object), absent],
    ],
    () => null,
  );
});
