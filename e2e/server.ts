import { test as base } from '@playwright/test';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../scripts/serve.mjs';
import { withWebKit } from './webkit_page.js';

const inBrowser =
  process.env['TIDEMARK_BROWSER'] === 'webkit'
    ? base.extend({
        // eslint-disable-next-line no-empty-pattern -- Playwright wants the parameter destructured
        page: async ({}, use) => {
          await withWebKit(use);
        },
      })
    : base;

/** Tests that get `site`, the URL (with a slash at its end) under which the checkout is served. */
export const test = inBrowser.extend<object, { site: string }>({
  site: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the parameter destructured
    async ({}, use) => {
      const server = await serve({ root: dirname(dirname(fileURLToPath(import.meta.url))), port: 0 });
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';
