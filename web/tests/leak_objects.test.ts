// Embind objects whose JavaScript half was collected without delete(), in Node; e2e/leaks.spec.ts does the same in browsers.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attach } from 'tidemark/attach';
import { expect, test } from 'vitest';
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
