// Embind objects whose JavaScript half was collected without delete(), in Node; e2e/leaks.spec.ts does the same in browsers.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attach } from 'tidemark/attach';
import { expect, test } from 'vitest';
import type { Runtime } from '../src/engine.js';
import type { Resources } from '../src/leaks/leak_findings.js';
import { stackLines } from '../src/leaks/leak_text.js';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';
import { forgetObjects, verifyForgotten } from './forgotten_objects.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test('objects that were collected without delete() are told, by class and by where they were made', async () => {
  const url = new URL('../../build/wasm/web/objects.mjs', import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<object> };
  const collect = async (): Promise<void> => {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  verifyForgotten(await forgetObjects(await create(), attach as never, collect), expect);
});

interface Mesh {
  points(): number;
  delete(): void;
}

/** What is told of smart pointers after a minute in each second of which one is made, and `use`d. */
async function smartPointers(use: (mesh: Mesh) => void, detectors = 1) {
  const url = new URL('../../build/wasm/web/objects.mjs', import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<{ Mesh: new () => Mesh }> };
  const module = await create();
  const clock = new SimulatedClock();
  const api = attach({ id: 'objects', module, clock });
  const all = Array.from({ length: detectors }, () => new api.MemoryLeakDetector({ continuousMonitoring: false }));
  for (const detector of all) detector.startMonitoring({ id: 'objects', module });
  const second = (): void => {
    use(new module.Mesh());
    clock.advance(1000);
  };
  for (let t = 0; t < 60; ++t) second();
  const told = () =>
    all.map((detector) => {
      const { hasLeak, patterns } = detector.detectLeaks('objects');
      const of = patterns.find(({ evidence }) => evidence['className'] === 'Mesh');
      return { hasLeak, verdict: of?.verdict, reason: of?.evidence['reason'], description: of?.description };
    });
  const collect = async (): Promise<void> => {
    for (let i = 0; i < 4; ++i) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { second, told, collect };
}

test('whether smart pointers that were dropped leak does not depend on when they are collected', async () => {
  const { second, told, collect } = await smartPointers((mesh) => mesh.points());
  expect(told()).toMatchObject([{ hasLeak: false, verdict: 'maybe', reason: 'rising' }]);
  expect(told()[0]?.description).toMatch(
    /60 Embind objects of class Mesh in use.*, if the garbage collector leaves them/,
  );
  await collect();
  expect(told()).toMatchObject([{ hasLeak: false, verdict: 'maybe', reason: 'netted' }]);
  for (let t = 0; t < 50; ++t) second();
  expect(told()).toMatchObject([{ hasLeak: false, verdict: 'maybe' }]);
  await collect();
  expect(told()).toMatchObject([{ hasLeak: false, verdict: 'maybe' }]);
});

test('smart pointers that are kept leak once they have outlived a collection, whoever looks', async () => {
  const kept: Mesh[] = [];
  const { told, collect } = await smartPointers((mesh) => kept.push(mesh), 2);
  expect(told()).toMatchObject([{ verdict: 'maybe' }, { verdict: 'maybe' }]);
  await collect();
  const leak = {
    hasLeak: true,
    verdict: 'leak',
    reason: 'rising',
    description: '60 Embind objects of class Mesh in use, and more all the time',
  };
  expect(told()).toEqual([leak, leak]);
});

test('a detector that goes leaves the others the stacks of where objects are made', async () => {
  const url = new URL('../../build/wasm/web/objects.mjs', import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<{ Mesh: new () => Mesh }> };
  const module = await create();
  const api = attach({ id: 'objects', module });
  const stays = new api.MemoryLeakDetector({ continuousMonitoring: false });
  const goes = new api.MemoryLeakDetector({ continuousMonitoring: false });
  for (const detector of [stays, goes]) detector.startMonitoring({ id: 'objects', module });
  goes.dispose();
  new module.Mesh().delete();
  const { classes } = (module as unknown as { tidemark: Runtime & { resources: Resources } }).tidemark.resources;
  expect(classes.get('Mesh')?.stacks.size).toBe(1);
  stays.dispose();
});

test("where an object was made, in JavaScriptCore's words", () => {
  const glue = 'http://localhost/objects.mjs';
  const stack = [`tidemarkTrackObject@${glue}:1:10029`, `ownAttach@${glue}:1:11371`, '@', `@${glue}:1:26328`];
  const own = ['playAndForget@http://localhost/app.mjs:6:52', 'start@http://localhost/app.mjs:23:16'];
  expect(stackLines([...stack, ...own, '@'].join('\n'))).toEqual(own);
});
