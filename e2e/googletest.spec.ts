// The C++ tests of the wasm preset, in the browser: the same programs that run under Node.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './server.js';

const folder = join(import.meta.dirname, '../build/wasm/tests');

/** The programs as `folder/name`; it fails where nothing was built. */
function programs(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('_test.cjs'))
    .map((path) => path.slice(0, -'.cjs'.length))
    .sort();
}

test.describe('GoogleTest', () => {
  for (const program of programs()) {
    test(program, async ({ page, site }) => {
      await page.goto(`${site}e2e/pages/googletest.html?program=/build/wasm/tests/${program}.cjs`);
      const exit = await page.waitForFunction(() => document.body.dataset['exit'], undefined, { timeout: 110_000 });
      const output = await page.locator('#output').innerText();
      expect(await exit.jsonValue(), output).toBe('0');
      expect(output).toMatch(/\[ {2}PASSED {2}\] [1-9]\d* tests?\./);
    });
  }
});
