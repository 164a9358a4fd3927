import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { DisposalScope, type DisposableRegistration } from 'tidemark';
import { bench, code, MiB } from './support.js';

const permutations = <T>(items: T[]): T[][] =>
  items.length < 2
    ? [items]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));

test('a scope disposes of everything once, last first', () => {
  const order: string[] = [];
  const scope = new DisposalScope();
  const used = scope.use({ [Symbol.dispose]: () => order.push('used') });
  scope.use({ dispose: () => order.push('dispose()') });
  expect(scope.adopt(7, (value) => order.push(`adopted ${value}`))).toBe(7);
  scope.defer(() => order.push('deferred'));
  expect(scope.use(null)).toBe(null);
  expect(scope.size).toBe(4);
  scope.dispose();
  scope.dispose();
  expect(order).toEqual(['deferred', 'adopted 7', 'dispose()', 'used']);
  expect(typeof used[Symbol.dispose]).toBe('function');
  expect(scope.disposed).toBe(true);
  for (const late of [
    () => scope.use(used),
    () => scope.defer(() => {}),
    () => scope.run(() => 0),
    () => scope.move(),
  ]) {
    expect(code(late)).toBe('disposed');
  }
});

test('in every order of scopes within scopes, everything goes once', () => {
  for (const order of permutations([0, 1, 2, 3])) {
    const gone: number[] = [];
    const scopes = [0, 1, 2, 3].map((i) => {
      const scope = new DisposalScope();
      scope.defer(() => gone.push(i));
      return scope;
    });
    // Each one is also a part of the next.
    scopes.forEach((scope, i) => scopes[i + 1]?.use(scope));
    for (const i of order) scopes[i]?.dispose();
    expect([...gone].sort()).toEqual([0, 1, 2, 3]);
    // What is inside of the one that went first went with it, before it.
    const first = order[0] as number;
    expect(gone.slice(0, first + 1)).toEqual([0, 1, 2, 3].slice(0, first + 1));
  }
});

test('one that fails stops nobody, and all errors are told', async () => {
  const gone: number[] = [];
  const failing = (): DisposalScope => {
    const scope = new DisposalScope();
    for (const i of [0, 1, 2, 3]) {
      scope.defer(() => {
        gone.push(i);
        if (i % 2 === 1) throw new Error(`number ${i}`);
      });
    }
    return scope;
  };
  const error = code(() => failing().dispose()) as AggregateError;
  expect(error).toBeInstanceOf(AggregateError);
  expect(error.errors.map(({ message }: Error) => message)).toEqual(['number 3', 'number 1']);
  expect(gone).toEqual([3, 2, 1, 0]);
  await expect(failing().disposeAsync()).rejects.toBeInstanceOf(AggregateError);
  const one = new DisposalScope();
  one.defer(() => {
    throw new TypeError('alone');
  });
  expect(() => one.dispose()).toThrow(TypeError);
});

test('what can only go asynchronously is waited for, or refused before anything is done', async () => {
  const order: string[] = [];
  const scope = new DisposalScope();
  scope.defer(() => order.push('first in'));
  scope.use({
    async [Symbol.asyncDispose]() {
      order.push('begins');
      await Promise.resolve();
      order.push('ends');
    },
  });
  expect(code(() => scope.dispose())).toBe('not-supported');
  expect(order).toEqual([]);
  expect(scope.disposed).toBe(false);
  await scope[Symbol.asyncDispose]();
  expect(order).toEqual(['begins', 'ends', 'first in']);
  expect(code(() => new DisposalScope().use(7 as never))).toBe('invalid-argument');
});

test('a scope that moved has given everything away', () => {
  const scope = new DisposalScope();
  let gone = 0;
  scope.defer(() => (gone += 1));
  const moved = scope.move();
  scope.dispose();
  expect(gone).toBe(0);
  moved[Symbol.dispose]();
  expect(gone).toBe(1);
});

test('blocks of a scope are freed with it', async () => {
  const { api, used } = await bench();
  const before = used();
  const scope = new api.DisposalScope();
  for (let i = 0; i < 100; ++i) expect(scope.allocate(1000)).toBeGreaterThan(0);
  expect(used()).toBeGreaterThan(before + 100_000);
  expect(code(() => scope.allocate(2 ** 32 - 1))).toBe('out-of-memory');
  scope.dispose();
  expect(used()).toBe(before);
});

test('what is registered is disposed of once, by whoever comes first', async () => {
  const { api } = await bench();
  let count = 0;
  const registration = api.registerDisposable({}, () => (count += 1));
  expect(registration.disposed).toBe(false);
  registration.dispose();
  registration[Symbol.dispose]();
  expect([count, registration.disposed]).toEqual([1, true]);
  const given = api.registerDisposable({}, () => (count += 1));
  given.unregister();
  given.dispose();
  expect(count).toBe(1);
  const scope = new DisposalScope();
  const inScope = scope.run(() => api.registerDisposable({}, () => (count += 10)));
  expect(DisposalScope.current).toBe(null);
  inScope.dispose();
  scope.dispose();
  expect(count).toBe(11);
  expect(code(() => api.registerDisposable(4 as never, () => {}))).toBe('invalid-argument');
  expect(code(() => api.registerDisposable({}, 4 as never))).toBe('invalid-argument');
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('what was forgotten is disposed of by the next collection', async () => {
  const { api, idle, malloc, free, used } = await bench();
  const manager = new api.WasmMemoryManager({ idle: idle.scheduler, gc: { autoGC: false } });
  manager.registerModule(api.defaultModule);
  const before = used();
  const registrations: DisposableRegistration[] = [];
  const forget = (): void => {
    for (let i = 0; i < 10; ++i) {
      const block = malloc(MiB);
      registrations.push(manager.registerDisposable({ i }, () => free(block)));
    }
  };
  forget();
  expect(used()).toBe(before + 10 * MiB);
  // When finalizers run is the engine's own business: after some turns of the event loop they have.
  for (let turn = 0; turn < 100 && !registrations.every(({ disposed }) => disposed); ++turn) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(idle.waiting).toBe(1);
  const result = manager.triggerGC(api.defaultModule.id);
  expect(result.phases[0]).toMatchObject({ name: 'dispose', reclaimedBytes: 10 * MiB });
  expect(used()).toBe(before);
  idle.run();
  manager.dispose();
});

test('what waits for its disposal gets it in idle time too', async () => {
  const { api, idle } = await bench();
  const manager = new api.WasmMemoryManager({ idle: idle.scheduler });
  const order: number[] = [];
  for (const i of [1, 2, 3]) manager.disposeLater(() => order.push(i));
  expect(idle.waiting).toBe(1);
  idle.run();
  expect(order).toEqual([1, 2, 3]);
  expect(idle.waiting).toBe(0);
});
