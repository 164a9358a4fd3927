// Browser tests, in the system's Chromium and Firefox. TIDEMARK_CHROMIUM and TIDEMARK_FIREFOX name others.
import { defineConfig } from '@playwright/test';

const chromium = process.env.TIDEMARK_CHROMIUM ?? '/usr/bin/chromium';
const firefox = process.env.TIDEMARK_FIREFOX ?? '/usr/bin/firefox-esr';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  snapshotPathTemplate: '{testDir}/snapshots/{arg}{ext}',
  forbidOnly: true,
  workers: 1, // two browsers at once need more memory than small machines have
  timeout: 180_000,
  expect: { timeout: 20_000 }, // a machine that builds at the same time is slow
  projects: [
    {
      name: 'chromium',
      testIgnore: 'shrink_debugged.spec.ts', // a setting of Firefox's
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: chromium,
          // Root, as which CI runs, has no sandbox.
          args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
        },
      },
    },
    {
      name: 'firefox',
      testIgnore: 'profile_files.spec.ts',
      // By WebDriver BiDi, which an unpatched Firefox speaks.
      use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: { executablePath: firefox } },
    },
  ],
});
