// Browser tests in WebKit: those whose specs use no more of a page than e2e/webkit_page.ts has.
import { defineConfig } from '@playwright/test';
import common from './playwright.config.js';

process.env['TIDEMARK_BROWSER'] = 'webkit'; // workers read this file, too

export default defineConfig({
  ...common,
  testMatch: ['existing.spec.ts', 'shrink.spec.ts'],
  grepInvert: /JSPI|follow growth by themselves/, // suspended stacks and resizable buffers are not in WebKit yet
  projects: [{ name: 'webkit', use: { browserName: 'webkit' } }],
});
