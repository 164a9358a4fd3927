// What the dashboard looks like, against pictures that somebody has looked at (`snapshots/`, made by `--update-snapshots`).
//
// A recording is shown, in which nothing moves. Of Chromium only: the pictures are drawn by the fonts and the browser that
// set-up installs; a browser of another version smooths edges a little differently, which the tolerance is for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/environment.mjs';
import { coloursOf } from './dashboard_page.js';
import { expect, test } from './server.js';

const recording = readFileSync(join(root, 'e2e/recordings/game.tidemark.json'), 'utf8');

test.use({ timezoneId: 'UTC', locale: 'en-GB', reducedMotion: 'reduce' } as object);

for (const scheme of ['light', 'dark'] as const) {
  for (const [device, width, height] of [
    ['desktop', 1200, 860],
    ['phone', 390, 844],
  ] as const) {
    test(`a recording, ${scheme}, ${device}`, async ({ page, site, browserName }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await page.goto(`${site}e2e/pages/dashboard.html?recording`);
      await page.waitForFunction(() => 'openRecording' in globalThis);
      const opened = await page.evaluate(
        (text) => (globalThis as unknown as { openRecording(text: string): Promise<boolean> }).openRecording(text),
        recording,
      );
      expect(opened).toBe(true);
      await expect(page.locator('.state')).toHaveText('A file');
      await expect(page.locator('[data-figure=used]')).toContainText('MiB');
      if (browserName !== 'chromium') return; // it is shown, and that is all that is known here
      const limits = { maxDiffPixelRatio: 0.02, threshold: 0.25 };
      await expect(page).toHaveScreenshot(`${device}-${scheme}-top.png`, limits);
      await page.locator('.panel.sites').scrollIntoViewIfNeeded();
      await page.locator('.panel.sites h2').evaluate((heading) => heading.scrollIntoView());
      // Panels that come into view are drawn by the next turn.
      await expect.poll(() => coloursOf(page.locator('.flame canvas'))).toBeGreaterThan(3);
      await expect(page).toHaveScreenshot(`${device}-${scheme}-sites.png`, limits);
    });
  }
}
