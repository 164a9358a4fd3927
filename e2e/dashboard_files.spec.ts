// What the dashboard saves, and what is dropped on it: reports, histories, profiles for other tools.
import { coloursOf, dropFile, figure, keepSaved, mebibytes, open, savedText, step } from './dashboard_page.js';
import { expect, test } from './server.js';

test('what is saved can be dropped on the page again', async ({ page, site }) => {
  const complaints = await open(page, site);
  await step(page, 'game', 150);
  await expect.poll(async () => mebibytes(await figure(page, 'used').innerText())).toBeGreaterThan(5);
  await keepSaved(page);
  await page.locator('[data-action=save]').click();
  const saved = await savedText(page);
  await dropFile(page, 'game.tidemark.json', saved);
  await expect(page.locator('.described')).toHaveText('Read from game.tidemark.json: nothing here is live.');
  await expect(page.locator('[role=tab][aria-selected=true]')).toHaveText('game (2)');
  expect(mebibytes(await figure(page, 'used').innerText())).toBeGreaterThan(5);
  await expect(page.locator('.size-classes tbody tr')).not.toHaveCount(0);
  await expect(page.locator('[data-action=pause]')).toBeDisabled();
  expect(complaints).toEqual([]);
});

test('a report of the package is shown; what is no report is refused in words', async ({ page, site }) => {
  await open(page, site);
  const stats = (timestamp: number, used: number): object => ({
    moduleId: 'shop',
    timestamp,
    allocated: 64 << 20,
    used,
    reserved: used + (1 << 20),
    free: 1 << 20,
    largestFree: 1 << 19,
    peakAllocated: 64 << 20,
    peakUsed: 48 << 20,
    limit: 128 << 20,
    fragmentation: 0.5,
    efficiency: 71,
    liveBlocks: 1234,
    allocationRate: 2 << 20,
  });
  const now = 1_750_000_000_000;
  const deep = Array.from({ length: 21 }, (_, i) => `level ${21 - i}`);
  const report = {
    moduleId: 'shop',
    stats: stats(now, 32 << 20),
    history: Array.from({ length: 50 }, (_, i) => stats(now - 50_000 + i * 1000, (10 << 20) + i * 100_000)),
    profile: {
      sizeClasses: [{ blockBytes: 64, liveBlocks: 10, liveBytes: 640, freeBytes: 128 }],
      sites: [
        {
          stack: [...deep, 'parse', 'load', 'main'],
          liveBytes: 3 << 20,
          liveBlocks: 30,
          totalBytes: 9 << 20,
          totalBlocks: 90,
          temporaryBytes: 2 << 20,
          peakBytes: 6 << 20,
        },
        {
          ...{ stack: ['grow', 'main'], liveBytes: 1 << 20, liveBlocks: 1, totalBytes: 1 << 20, totalBlocks: 1 },
          ...{ temporaryBytes: 0, peakBytes: 1 << 20 },
        },
      ],
    },
    leaks: {
      hasLeak: true,
      confidence: 0.9,
      severity: 'high',
      analyzedMs: 60_000,
      samples: 60,
      recommendations: ['Break the cycle.'],
      patterns: [
        {
          type: 'circular-reference',
          severity: 'high',
          confidence: 0.9,
          bytes: 4096,
          blocks: 2,
          ratePerSecond: null,
          sites: [{ stack: ['link', 'main'], bytes: 4096, blocks: 2 }],
          description: 'Two blocks hold each other.',
          evidence: { cycle: [4096, 8192] },
        },
        {
          ...{ type: 'growth', severity: 'medium', confidence: 0.8, bytes: 1 << 20, blocks: 0, ratePerSecond: 1024 },
          ...{ sites: [], description: 'Live memory grows.' },
          evidence: { trend: [0, 1, 2, 3].map((i) => ({ time: now - 3000 + i * 1000, bytes: (i + 1) << 20 })) },
        },
      ],
    },
    limits: { hardLimit: 128 << 20, softLimit: 96 << 20, criticalLimit: 112 << 20 },
    warnings: [{ timestamp: now - 5000, message: 'Memory is at 80 %.' }],
  };
  await dropFile(page, 'report.json', JSON.stringify(report));
  await expect(figure(page, 'used')).toHaveText('32.0 MiB');
  await expect(page.locator('.leaks')).toContainText('Two blocks hold each other.');
  await expect(page.locator('.leaks .cycle')).toHaveText('0x1000 → 0x2000 → 0x1000');
  const growth = page.locator('.finding', { hasText: 'growth' });
  await growth.locator('summary').click();
  await expect(growth.getByRole('img', { name: 'From 1.00 MiB to 4.00 MiB within 3.0 s' })).toBeVisible();
  await expect(page.locator('.limits')).toContainText('25 % of 128 MiB');
  await expect(page.locator('.events')).toContainText('Memory is at 80 %.');

  const flame = page.locator('.flame canvas');
  await flame.scrollIntoViewIfNeeded();
  await expect.poll(() => coloursOf(flame)).toBeGreaterThan(3);
  const told = page.locator('.sites .cell');
  await flame.focus();
  await page.keyboard.press('ArrowDown');
  await expect(told).toHaveText('main: 4.00 MiB, 31 blocks');
  await page.keyboard.press('ArrowDown');
  await expect(told).toHaveText('main › load: 3.00 MiB, 30 blocks');
  await page.keyboard.press('ArrowRight');
  await expect(told).toHaveText('main › grow: 1.00 MiB, 1 block');
  // A stack deeper than there is room is scrolled to.
  await page.keyboard.press('ArrowLeft');
  for (let depth = 0; depth < 30; ++depth) await page.keyboard.press('ArrowDown');
  await expect(told).toContainText('› level 21');
  expect(await page.locator('.flame').evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(100);
  await page.keyboard.press('Escape');
  await page.getByLabel('Search sites').fill('parse');
  await expect(told).toContainText('75 % found');
  await page.locator('.sites [data-value=total]').click();
  await expect(told).toContainText('90 % found');
  await page.getByLabel('Search sites').fill('');
  for (const [measure, whole, widest] of [
    ['temporary', '2.00 MiB', 'main › load: 2.00 MiB'],
    ['peak', '7.00 MiB', 'main › load: 6.00 MiB'],
    ['total', '10.0 MiB, 91 blocks', 'main › load: 9.00 MiB, 90 blocks'],
    ['live', '4.00 MiB, 31 blocks', 'main › load: 3.00 MiB, 30 blocks'],
  ] as const) {
    const button = page.locator(`.sites [data-value=${measure}]`);
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await flame.focus();
    await page.keyboard.press('Escape');
    await expect(told).toHaveText(`all sites: ${whole}`);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(told).toHaveText(widest);
  }

  // The same by the button, and by whoever has no pointer.
  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open…' }).focus();
  await page.keyboard.press('Enter');
  const file = { name: 'again.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(report)) };
  await (await chosen).setFiles(file);
  await expect(page.locator('.described')).toHaveText('Read from again.json: nothing here is live.');
  await expect(page.locator('[role=tab][aria-selected=true]')).toHaveText('shop (2)');
  await expect(figure(page, 'used')).toHaveText('32.0 MiB');

  await dropFile(page, 'poem.json', '"The tide rises, the tide falls"');
  await expect(page.getByRole('alert')).toContainText('poem.json: no memory report');
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('alert')).toBeHidden();
});

test('live sites: the difference of two moments, profiles for other tools; leaks are looked for', async ({
  page,
  site,
}) => {
  const complaints = await open(page, site);
  await step(page, 'game', 20);
  const sites = page.locator('.sites');
  const told = sites.locator('.cell');
  await sites.scrollIntoViewIfNeeded();
  await expect(sites.getByRole('button', { name: 'Since the mark' })).toBeDisabled();
  await sites.getByRole('button', { name: 'Mark moment' }).click();
  await step(page, 'game', 20);
  await sites.getByRole('button', { name: 'Since the mark' }).click();
  await expect(told).toContainText(/Change since \d\d:\d\d:\d\d/);
  await expect
    .poll(async () => {
      await sites.locator('canvas').focus();
      await page.keyboard.press('Escape');
      return told.innerText();
    })
    .toMatch(/^all sites: \+\d.* MiB/);

  await keepSaved(page);
  const downloads = sites.locator('[data-download]');
  await expect(downloads).toHaveText(['pprof', 'speedscope', 'Firefox Profiler', 'Chrome .heapprofile']);
  for (const download of await downloads.all()) await download.click();
  const sizes = await page.evaluate(() => (globalThis as unknown as { saved: Blob[] }).saved.map(({ size }) => size));
  expect(sizes).toHaveLength(4);
  expect(Math.min(...sizes)).toBeGreaterThan(100);

  await page.locator('[data-action=detect]').click();
  await expect(page.locator('.leaks [role=status]')).toContainText(/^(No leak|Leak), .* sure; looked once/);
  expect(complaints).toEqual([]);
});

test('live sites of a program: what is temporary, and what was in use at the peak', async ({ page, site }) => {
  const complaints = await open(page, site);
  await step(page, 'game', 405); // a level was played and is left
  await expect.poll(async () => mebibytes(await figure(page, 'peak').innerText())).toBeGreaterThan(5);
  const peak = mebibytes(await figure(page, 'peak').innerText());
  const sites = page.locator('.sites');
  const told = sites.locator('.cell');
  const flame = sites.locator('canvas');
  const search = page.getByLabel('Search sites');
  await sites.scrollIntoViewIfNeeded();

  /** Presses a button; what the sites come to, in MiB. */
  const measured = async (measure: string): Promise<number> => {
    const button = sites.locator(`[data-value=${measure}]`);
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(sites.locator('[aria-pressed=true]')).toHaveCount(1);
    await flame.focus();
    await page.keyboard.press('Escape');
    await expect(told).toContainText(/^all sites: /);
    return mebibytes(/^all sites: ([\d.]+ \w+)/.exec(await told.innerText())?.[1] ?? '');
  };
  const total = await measured('total');
  expect(total).toBeGreaterThan(peak);
  const atPeak = await measured('peak');
  // Sampled about every 64 KiB, so some hundred times: as good as the heap's own figure to a few per cent.
  expect(atPeak).toBeGreaterThan(peak * 0.8);
  expect(atPeak).toBeLessThan(peak * 1.2);
  expect(await coloursOf(flame)).toBeGreaterThan(3);
  await search.fill('textures');
  await expect(told).toContainText(/^[5-9]\d % found/); // most of what a level holds
  await search.fill('');
  // What is pointed at by keyboard stays so while the panel is drawn anew.
  await measured('peak');
  for (let depth = 0; depth < 3; ++depth) await page.keyboard.press('ArrowDown');
  const pointed = await told.innerText();
  expect(pointed).toContain(' › ');
  const updates = await sites.evaluate((panel) => {
    const context = CanvasRenderingContext2D.prototype;
    const { clearRect } = context;
    return new Promise<number>((resolve) => {
      let count = 0;
      context.clearRect = function (...box) {
        clearRect.apply(this, box);
        if (panel.contains(this.canvas) && ++count === 2) resolve(count);
      };
    });
  });
  expect(updates).toBe(2);
  await expect(told).toHaveText(pointed);
  const temporary = await measured('temporary');
  expect(temporary).toBeGreaterThan(0);
  expect(temporary).toBeLessThan(total / 4);
  expect(await measured('live')).toBeLessThan(atPeak / 10);

  // Where nothing is temporary, that is said, and nothing is drawn beside the frame of all.
  await page.locator('[data-module=fragmenting]').click();
  await step(page, 'fragmenting', 150);
  await sites.scrollIntoViewIfNeeded();
  await sites.locator('[data-value=temporary]').click();
  await expect(told).toHaveText('Nothing that was sampled was freed before anything else was allocated.');
  expect(await measured('temporary')).toBe(0);
  expect(await measured('peak')).toBeGreaterThan(5);
  expect(complaints).toEqual([]);
});
