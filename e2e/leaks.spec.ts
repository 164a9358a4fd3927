// Embind objects whose JavaScript half was collected without delete(), in browsers; web/tests/leak_objects.test.ts does the same in
// Node.
import { verifyForgotten } from '../web/tests/forgotten_objects.mjs';
import { expect, test } from './server.js';

test('objects that were collected without delete() are told, by class and by where they were made', async ({
  page,
  site,
}) => {
  await page.exposeFunction('collect', () => page.requestGC());
  await page.goto(`${site}e2e/pages/shrink.html?program=/build/wasm/web/objects.mjs`);
  await page.waitForFunction(() => document.body.dataset['ready'] === 'yes');
  const found = await page.evaluate(async () => {
    const [attach, forgotten] = ['/web/dist/attach.js', '/web/tests/forgotten_objects.mjs'];
    const { attach: attachTo } = (await import(attach)) as typeof import('tidemark/attach');
    const { forgetObjects } = (await import(forgotten)) as typeof import('../web/tests/forgotten_objects.mjs');
    const { collect } = window as unknown as { collect: () => Promise<void> };
    return forgetObjects(window.program, attachTo as never, collect);
  });
  verifyForgotten(found, expect);
});
