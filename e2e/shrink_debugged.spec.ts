// Shrink in a Firefox that is being debugged: what led to a call is in its stack traces then, WebAssembly among it.
import { relative } from 'node:path';
import { root } from '../scripts/environment.mjs';
import { build } from '../tests/shrink/support/program.mjs';
import { expect, test } from './server.js';

test.use({
  launchOptions: {
    executablePath: process.env['TIDEMARK_FIREFOX'] ?? '/usr/bin/firefox-esr',
    firefoxUserPrefs: { 'javascript.options.asyncstack_capture_debuggee_only': false },
  },
});

interface Program {
  _peak(bytes: number): number;
  _shrink_inside(): void;
  _shrink_soon_inside(): void;
  soon: Promise<{ returnedBytes: number }>;
}

test('shrinkSoon() that the program has called itself finds its moment', async ({ page, site }) => {
  test.setTimeout(300_000); // the program is built first
  const file = relative(root, await build('core.c', ['-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6', '-O2']));
  await page.goto(`${site}e2e/pages/shrink.html?program=/${file}`);
  await page.waitForFunction(() => document.body.dataset['ready'] === 'yes');
  const { code, returned } = await page.evaluate(async () => {
    const { program } = window as unknown as { program: Program };
    let code = '';
    try {
      program._shrink_inside();
    } catch (error) {
      ({ code } = error as { code: string });
    }
    program._peak(32 * 2 ** 20);
    program._shrink_soon_inside();
    return { code, returned: (await program.soon).returnedBytes };
  });
  expect(code).toBe('busy');
  expect(returned).toBeGreaterThan(16 * 2 ** 20);
});
