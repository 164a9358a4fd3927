// The page that is served: its four programs, each looked at through the dashboard.
import { coloursOf, figure, mebibytes, textInView } from './dashboard_page.js';
import { expect, test } from './server.js';

test('SQLite at work, run and stopped, and its allocations by name', async ({ page, site }) => {
  await page.goto(`${site}build/site/index.html?run=sqlite`);
  await expect(page.locator('body')).toHaveAttribute('data-state', 'running', { timeout: 30_000 });
  const card = page.locator('.program', { has: page.locator('[data-program=sqlite]') });
  const button = card.getByRole('button');
  await expect(button).toHaveAccessibleName('Stop SQLite');
  await expect(card.locator('span')).not.toHaveText('stopped');
  await expect(page.locator('[data-module=sqlite]')).toHaveAttribute('aria-selected', 'true');
  await expect
    .poll(async () => mebibytes(await figure(page, 'used').innerText()), { timeout: 60_000 })
    .toBeGreaterThan(0.5);

  const sites = page.locator('.panel.sites');
  await sites.scrollIntoViewIfNeeded();
  const flame = sites.locator('canvas');
  await expect.poll(() => coloursOf(flame), { timeout: 60_000 }).toBeGreaterThan(3);
  await page.getByLabel('Search sites').fill('sqlite');
  await expect(sites.locator('.cell')).toContainText(/^([1-9]\d*|\d\.[1-9]) % found/);

  await button.click();
  await expect(button).toHaveAccessibleName('Run SQLite');
  await expect(card.locator('span')).toHaveText('stopped');
});

test('the game has limits: as gauges, with what its handler gained, and it is collected', async ({ page, site }) => {
  await page.goto(`${site}build/site/index.html?run=game`);
  await expect(page.locator('body')).toHaveAttribute('data-state', 'running', { timeout: 30_000 });
  await page.locator('[data-module=game]').click();
  const limits = page.locator('.panel.limits');
  await expect.poll(() => textInView(limits)).toContain('of 40.0 MiB');
  await expect(limits.locator('.gauge')).toHaveCount(4); // three limits and a budget
  // In a level, more is in use than the soft limit: pictures are dropped.
  await expect
    .poll(
      async () => {
        await textInView(limits);
        return limits.locator('tbody tr', { hasText: 'drop pictures' }).locator('td').allInnerTexts();
      },
      { timeout: 60_000 },
    )
    .toEqual([
      'drop pictures of past games',
      expect.stringMatching(/^[1-9]/),
      expect.stringMatching(/^[1-9].* [KM]iB$/),
    ]);
  await page.locator('[data-action=collect-balanced]').click();
  await expect(page.locator('.outcome')).toContainText('Collected (balanced): ');
  await page.locator('[data-module=sqlite]').click();
  await expect.poll(() => textInView(limits)).toContain('No limit is set');
});

test('each module has figures of its own, and those that run beside it go on', async ({ page, site }) => {
  await page.goto(`${site}build/site/index.html`);
  await expect(page.locator('body')).toHaveAttribute('data-state', 'running', { timeout: 30_000 });
  const seen = new Map<string, string>();
  for (const id of ['game', 'leaky', 'fragmenting', 'sqlite']) {
    await page.locator(`[data-module=${id}]`).click();
    await expect(page.locator(`[data-module=${id}]`)).toHaveAttribute('aria-selected', 'true');
    await figure(page, 'used').scrollIntoViewIfNeeded();
    await expect.poll(async () => mebibytes(await figure(page, 'used').innerText())).toBeGreaterThan(0.1);
    await expect.poll(() => coloursOf(page.locator('.chart canvas'))).toBeGreaterThan(3);
    await page.locator('.map canvas').scrollIntoViewIfNeeded();
    await expect.poll(() => coloursOf(page.locator('.map canvas'))).toBeGreaterThan(2);
  }
  for (const button of await page.locator('[data-program]').all()) await button.click();
  for (const id of ['game', 'leaky', 'fragmenting', 'sqlite']) {
    await page.locator(`[data-module=${id}]`).click();
    await expect.poll(async () => [...seen.values()].includes(await figure(page, 'used').innerText())).toBe(false);
    seen.set(id, await figure(page, 'used').innerText());
  }
  // The leaky one was noted while others were looked at: its line has more than the readings since now.
  await page.locator('[data-module=leaky]').click();
  await page.locator('.chart').focus();
  await page.keyboard.press('Home');
  const first = await page.locator('.readout time').innerText();
  await page.keyboard.press('End');
  await expect(page.locator('.readout time')).not.toHaveText(first);
});
