// Each argument, given what it doesn't take: the message names it, shows the value and says what is expected, and nothing happens.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ManagerEvents, TidemarkApi, WasmModule } from 'tidemark';
import { createTidemark } from 'tidemark/manual';

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
const text = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : Array.isArray(value) ? '[]' : `${typeof value} ${String(value)}`;

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
      const error = await new Promise((done) => done(give(value as never))).then(
        () => new Error(`${text(value)} was taken`),
        (reason: unknown) => reason as Error,
      );
      expect(error, text(value)).toMatchObject({
        name: 'TidemarkError',
        message: expect.stringContaining(name) as string,
      });
      expect(error.message, text(value)).toMatch(/expected/);
      expect(JSON.stringify(state()), text(value)).toBe(before);
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
