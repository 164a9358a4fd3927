// The dashboard, used as a person would: pointer, keyboard, files; in light and dark, on a desk and in a hand.
import AxeBuilder from '@axe-core/playwright';
import {
  coloursOf,
  dropFile,
  everyRule,
  figure,
  keepSaved,
  mebibytes,
  open,
  savedText,
  step,
  textInView,
} from './dashboard_page.js';
import { expect, test } from './server.js';

test('the figures are those of the heap, and follow it', async ({ page, site }) => {
  const complaints = await open(page, site);
  await step(page, 'game', 60);
  const { liveBytes, memoryBytes } = await page.evaluate(() => demo.stats('game'));
  await expect.poll(async () => mebibytes(await figure(page, 'used').innerText())).toBeCloseTo(liveBytes / 2 ** 20, 0);
  await expect
    .poll(async () => mebibytes(await figure(page, 'allocated').innerText()))
    .toBeCloseTo(memoryBytes / 2 ** 20, 0);
  await step(page, 'game', 345); // the level is left
  await expect
    .poll(async () => mebibytes(await figure(page, 'used').innerText()))
    .toBeLessThan(liveBytes / 2 ** 20 / 4);
  expect(complaints).toEqual([]);
});

test('looking allocates nothing, and moves nothing', async ({ page, site }) => {
  await open(page, site, { hz: 10 });
  await step(page, 'game', 100);
  // The components are attached by themselves, in the meantime: then one can look for leaks.
  await expect.poll(() => textInView(page.locator('.leaks'))).toContain('Look now');
  await page.locator('.timeline').scrollIntoViewIfNeeded();
  const before = await page.evaluate(() => demo.stats('game'));
  const turns = page.locator('.readout time');
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add(await turns.innerText()).size, { message: 'seconds that were shown' })
    .toBeGreaterThan(1);
  expect(await page.evaluate(() => demo.stats('game'))).toEqual(before);
});

test('the timeline is drawn, zoomed, panned and read by keyboard and pointer', async ({ page, site }) => {
  const complaints = await open(page, site, { hz: 10 });
  const chart = page.locator('.chart');
  const canvas = chart.locator('canvas');
  for (let round = 0; round < 8; ++round) {
    const shown = await page.locator('.used-key output').innerText();
    await step(page, 'game', 5);
    await expect(page.locator('.used-key output')).not.toHaveText(shown); // it is read once at least
  }
  await expect.poll(() => coloursOf(canvas)).toBeGreaterThan(3);
  await expect(page.locator('.happened')).toContainText(/Memory grew by/);

  await page.locator('[data-action=pause]').click();
  await expect(page.locator('.state')).toHaveText('Paused');
  const used = page.locator('.used-key output');
  const last = await used.innerText();
  await chart.focus();
  await page.keyboard.press('Home');
  const first = await used.innerText();
  expect(mebibytes(first)).toBeLessThan(mebibytes(last));
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Home');
  await expect(used).toHaveText(first);
  await expect(page.locator('.timeline [data-value=minute]')).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('+');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('0');
  await expect(page.locator('.timeline [data-value=minute]')).toHaveAttribute('aria-pressed', 'true');

  const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(box.x + box.width * 0.3, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 90, { steps: 4 });
  await page.mouse.up();
  await expect(page.locator('.timeline [data-value=minute]')).toHaveAttribute('aria-pressed', 'false');
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await expect(page.locator('.timeline [data-value=all]')).toHaveAttribute('aria-pressed', 'true');

  const key = page.locator('[data-series=allocated]');
  await key.click();
  await expect(key).toHaveAttribute('aria-pressed', 'false');
  await page.locator('[data-action=pause]').click();
  await expect(page.locator('.state')).toContainText('Live');
  expect(complaints).toEqual([]);
});

test('the heap map shows what is where, and the past', async ({ page, site }) => {
  const complaints = await open(page, site);
  await page.locator('[data-module=fragmenting]').click();
  const map = page.locator('.map canvas');
  await map.scrollIntoViewIfNeeded();
  await step(page, 'fragmenting', 150);
  await expect.poll(() => coloursOf(map)).toBeGreaterThan(5);
  await expect(page.locator('.heap-map .cell')).toContainText('large blocks');

  await map.focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.heap-map .cell')).toContainText(/^0x0000 0000 {2}static data: /);
  await page.keyboard.press('End');
  await expect(page.locator('.heap-map .cell')).toContainText('free');
  const { width = 0, height = 0 } = (await map.boundingBox()) ?? {};
  await map.hover({ position: { x: width / 3, y: height / 8 } });
  await expect(page.locator('.heap-map .cell')).toContainText(/0x[0-9A-F]{4} [0-9A-F]{4}/);

  // Of what the profiler watches one is told who has it.
  await map.focus();
  await page.keyboard.press('Home');
  const told = page.locator('.heap-map .cell');
  let hasOwner = false;
  for (let at = 0; at < 400 && !hasOwner; ++at) {
    await page.keyboard.press('ArrowRight');
    hasOwner = /, by \w/.test(await told.innerText());
  }
  expect(hasOwner, 'a cell that says who allocated it').toBe(true);

  const slider = page.getByLabel('Replay: a moment of the past');
  await step(page, 'fragmenting', 100);
  await expect.poll(async () => Number(await slider.getAttribute('max'))).toBeGreaterThan(0);
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(page.locator('.replay output')).not.toHaveText('now');
  await page.keyboard.press('End');
  await expect(page.locator('.replay output')).toHaveText('now');
  expect(complaints).toEqual([]);
});

test('size classes add up to the heap', async ({ page, site }) => {
  await open(page, site);
  await step(page, 'game', 120);
  await page.locator('.size-classes').scrollIntoViewIfNeeded();
  const { liveBlocks } = await page.evaluate(() => demo.stats('game'));
  const live = page.locator('.size-classes tbody tr td:nth-child(2)');
  await expect
    .poll(async () => (await live.allInnerTexts()).reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0))
    .toBe(liveBlocks);
});

test('a shrink says what it will return, and returns it', async ({ page, site }) => {
  const complaints = await open(page, site);
  await step(page, 'game', 405); // the level is gone
  const forecast = page.locator('#forecast-shrink');
  await expect(forecast).toContainText(/^Returns \d.* MiB, leaves /);
  const row = page.locator('.actions li', { has: page.locator('[data-action=shrink]') });
  await expect(row.locator(forecast)).toBeVisible(); // beside the button, and read out with it
  await expect(page.locator('[data-action=shrink]')).toHaveAccessibleDescription(/^Returns \d/);
  const { memoryBytes } = await page.evaluate(() => demo.stats('game'));
  const before = memoryBytes / 2 ** 20;
  const promised = /leaves ([\d.]+ \w+)/.exec(await forecast.innerText())?.[1] ?? '';
  await page.locator('[data-action=shrink]').click();
  await expect(page.locator('.outcome')).toContainText(/^Shrunk: .* returned to the system/);
  await figure(page, 'allocated').scrollIntoViewIfNeeded();
  await expect.poll(async () => mebibytes(await figure(page, 'allocated').innerText())).toBeLessThan(before / 2);
  // The top block's class may be trimmed on the way.
  expect(mebibytes(await figure(page, 'allocated').innerText())).toBeLessThanOrEqual(mebibytes(promised) + 0.2);
  await expect.poll(() => textInView(page.locator('.events'))).toContain('Shrunk from');
  await page.locator('[data-action=compact]').click();
  await expect(page.locator('.outcome')).toContainText('Compacted');
  // The program goes on. What can't be seen isn't written.
  await figure(page, 'used').scrollIntoViewIfNeeded();
  await step(page, 'game', 200);
  await expect.poll(async () => mebibytes(await figure(page, 'used').innerText())).toBeGreaterThan(5);
  expect(complaints).toEqual([]);
});

test('several modules, by pointer and keyboard; a foreign one says what is not known', async ({ page, site }) => {
  await open(page, site);
  await page.locator('[data-module=game]').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-module=fragmenting]')).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('[data-module=fragmenting]')).toBeFocused();
  await page.locator('[data-module=foreign]').click();
  await expect(figure(page, 'used')).toHaveText('–');
  await expect(figure(page, 'allocated')).toHaveText('2.00 MiB');
  await page.evaluate(() => void demo.foreign.grow(16));
  await expect(figure(page, 'allocated')).toHaveText('3.00 MiB');
  await expect(page.locator('.heap-map')).toContainText('not linked with Tidemark');
  await expect(page.locator('.size-classes')).toContainText('its blocks can’t be seen');
  await expect(page.locator('.actions')).toContainText('Nothing can be done here');
});

test('the overlay is small, folds, shrinks, and opens the dashboard', async ({ page, site }) => {
  const complaints = await open(page, site, { mode: 'overlay' });
  const overlay = page.locator('.overlay');
  await step(page, 'game', 405);
  await expect(overlay.locator('dd').first()).toContainText(/\d.*B$/);
  await expect(overlay.getByRole('button', { name: 'Shrink' })).toHaveAttribute('title', /^Returns/);
  await overlay.getByRole('button', { name: 'Shrink' }).click();
  await expect(overlay.locator('[role=status]')).toContainText('Shrunk');
  await overlay.getByRole('button', { name: 'Fold' }).click();
  await expect(overlay.getByRole('button', { name: 'Shrink' })).toBeHidden();
  await overlay.getByRole('button', { name: 'Fold' }).click();
  await overlay.getByRole('button', { name: 'Open dashboard' }).click();
  await expect(page.locator('dialog .timeline')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog')).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test('a managed module: limits and budgets as gauges, what handlers gained, collections by strategy', async ({
  page,
  site,
}) => {
  const complaints = await open(page, site, {}, 'managed');
  await step(page, 'game', 100);
  await page.evaluate(() => {
    const { malloc, free } = demo.programs['game']?.tidemark.engine.exports ?? {};
    let cached = malloc?.(2 << 20);
    demo.api.onPressure(
      () => {
        if (cached) free?.(cached);
        cached = 0;
      },
      { name: 'drop textures' },
    );
    demo.api.setBudget('sprites', 4 << 20);
  });
  const limits = page.locator('.limits');
  await expect.poll(() => textInView(limits)).toContain('of 64.0 MiB');
  await expect(limits.locator('.gauge').first()).toHaveAttribute('data-level', 'soft'); // more than 1 MiB is in use
  await expect.poll(() => textInView(limits)).toContain('Budget “sprites”');
  await expect.poll(() => textInView(limits)).toContain('drop textures');
  await page.evaluate(() => void demo.api.relieve('game'));
  // Called once, and what it freed is what it gained.
  await expect
    .poll(async () => {
      await textInView(limits);
      return limits.locator('tbody tr', { hasText: 'drop textures' }).locator('td').allInnerTexts();
    })
    .toEqual(['drop textures', expect.stringMatching(/^[1-9]/), expect.stringMatching(/^2\.\d+ MiB$/)]);

  for (const strategy of ['conservative', 'balanced', 'aggressive']) {
    const button = page.locator(`[data-action=collect-${strategy}]`);
    await button.focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('.outcome')).toContainText(`Collected (${strategy}): `);
  }
  await expect.poll(() => textInView(page.locator('.events'))).toContain('Collected (aggressive)');
  expect(complaints).toEqual([]);
});

test('tests are chosen, run, compared and saved', async ({ page, site }) => {
  const complaints = await open(page, site, {}, 'managed');
  const tests = page.locator('.tests');
  await tests.scrollIntoViewIfNeeded();
  await expect(tests.locator('input[type=checkbox]')).toHaveCount(9);
  for (const box of await tests.locator('input[type=checkbox]').all()) await box.uncheck();
  await page.locator('[data-action=run-tests]').click();
  await expect(tests.getByRole('status')).toHaveText('Choose a test first.');
  await tests.getByLabel('basicAllocation').check();
  await tests.getByLabel('cache').check();
  await page.locator('[data-action=run-tests]').click();
  await expect(tests.getByRole('status')).toContainText('2 passed, 0 failed', { timeout: 60_000 });
  await expect(tests.locator('tr[data-test=cache]')).toContainText('passed');
  await page.locator('[data-action=run-tests]').click();
  await expect(tests.getByRole('status')).toContainText('2 passed, 0 failed', { timeout: 60_000 });
  await expect(tests.locator('tr[data-test=basicAllocation] td').nth(1)).toHaveText(/^\d+ \([+−]\d+\)$/);
  await keepSaved(page);
  await page.locator('[data-action=export-tests]').click();
  const saved = await savedText(page);
  expect((JSON.parse(saved) as { summary: object }).summary).toMatchObject({ total: 2, passed: 2, failed: 0 });
  await dropFile(page, 'tests.json', saved);
  await expect(tests.locator('tr[data-test=cache]')).toContainText('passed');
  expect(complaints).toEqual([]);
});

test('tests that run are stopped: what is done stays, the rest is not run', async ({ page, site }) => {
  const complaints = await open(page, site, {}, 'managed');
  const tests = page.locator('.tests');
  await tests.scrollIntoViewIfNeeded();
  const stop = page.locator('[data-action=stop-tests]');
  await expect(stop).toBeHidden();
  // As soon as there is a result, however slow whoever drives the browser is: all of them would be there in some seconds.
  await tests.evaluate((panel) => {
    const observer = new MutationObserver(() => {
      if (!panel.querySelector('tbody tr')) return;
      observer.disconnect();
      panel.querySelector<HTMLElement>('[data-action=stop-tests]')?.click();
    });
    observer.observe(panel, { childList: true, subtree: true });
  });
  await page.locator('[data-action=run-tests]').click();
  await expect(tests.getByRole('status')).toContainText(/^Stopped, [1-8] not run; [1-8] passed, 0 failed/, {
    timeout: 60_000,
  });
  await expect(stop).toBeHidden();
  // What a test takes it gives back, also when it is stopped; and one can begin anew.
  for (const box of await tests.locator('input[type=checkbox]').all()) await box.uncheck();
  await tests.getByLabel('basicAllocation').check();
  await page.locator('[data-action=run-tests]').click();
  await expect(tests.getByRole('status')).toContainText('1 passed, 0 failed', { timeout: 60_000 });
  expect(complaints).toEqual([]);
});

test('what cannot be mounted is refused, and what is disposed of is gone', async ({ page, site }) => {
  await open(page, site);
  const codes = await page.evaluate(() => {
    const codeOf = (element: unknown, options?: object): unknown => {
      try {
        demo.mountDashboard(element, options);
        return 'mounted';
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    return [
      codeOf(null),
      codeOf(document.body, { hz: 11 }),
      codeOf(document.body, { mode: 'window' }),
      codeOf(document.body, { module: { id: 'nothing' } }),
      codeOf(document.body, { modules: [1, 2].map(() => ({ id: 'twice', memory: demo.foreign })) }),
      codeOf(document.body, { module: null }),
      codeOf(document.body, { modules: [5] }),
      ...[{ modules: 5 }, { nonsense: 1 }, { clock: 5 }, { api: 5 }, 5].map((each) =>
        codeOf(document.body, each as object),
      ),
    ];
  });
  expect(codes).toEqual([
    ...['invalid-argument', 'invalid-config', 'invalid-config', 'invalid-module', 'duplicate-module', 'invalid-module'],
    ...['invalid-module', 'invalid-config', 'invalid-config', 'invalid-config', 'invalid-config', 'invalid-config'],
  ]);
  await expect(page.locator('[data-tidemark]')).toHaveCount(1);
  const kept = await page.evaluate(() => {
    const { tidemark } = demo.programs['game'] as unknown as { tidemark: { onShrink: (f: () => void) => () => void } };
    const onShrink = tidemark.onShrink.bind(tidemark);
    let count = 0;
    tidemark.onShrink = (listener) => {
      const stop = onShrink(listener);
      count++;
      return () => {
        count--;
        stop();
      };
    };
    const game = { id: 'game', module: demo.programs['game'] };
    try {
      demo.mountDashboard(document.body, { modules: [game, game] });
    } catch {
      return count;
    }
    return 'mounted';
  });
  expect(kept).toBe(0);
  await page.evaluate(() => demo.dashboard.dispose());
  await expect(page.locator('[data-tidemark]')).toHaveCount(0);
  const used = await page.evaluate(async () => {
    const { dashboard, foreign } = demo;
    dashboard.dispose();
    const uses = [() => dashboard.resume(), () => dashboard.addModule({ id: 'late', memory: foreign })];
    const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
    const codes = uses.map((use) => {
      try {
        use();
        return 'done';
      } catch (error) {
        return codeOf(error);
      }
    });
    return [...codes, await dashboard.open(new File([], 'none')).catch(codeOf)];
  });
  expect(used).toEqual(['disposed', 'disposed', 'disposed']);
});

test('what looks for leaks ends with the dashboard that has started it', async ({ page, site }) => {
  await open(page, site, {}, 'simulated');
  await page.locator('.leaks').scrollIntoViewIfNeeded();
  await page.getByRole('button', { name: 'Look now' }).click();
  const isLookedAfter = (): Promise<boolean> =>
    page.evaluate(() => demo.api.memoryLeakDetector.getModule('leaky') !== null);
  await expect.poll(isLookedAfter).toBe(true);
  await page.evaluate(() => demo.dashboard.dispose());
  expect(await isLookedAfter()).toBe(false);
});

for (const scheme of ['light', 'dark'] as const) {
  for (const [device, width, height] of [
    ['desktop', 1360, 900],
    ['phone', 390, 844],
  ] as const) {
    test(`the served page, ${scheme}, ${device}: accessible, still, and within the screen`, async ({
      page,
      site,
    }, testInfo) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await page.goto(`${site}build/site/index.html`);
      await expect(page.locator('body')).toHaveAttribute('data-state', 'running', { timeout: 30_000 });
      await expect(page.locator('[role=tab]')).toHaveCount(4);
      // From the first figures on nothing moves; Firefox doesn't tell.
      await page.evaluate(() => {
        const shifts: unknown[] = [];
        Object.assign(globalThis, { shifts });
        if (!PerformanceObserver.supportedEntryTypes.includes('layout-shift')) return;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const { value, sources } = entry as unknown as {
              value: number;
              sources: { node: Element | null; previousRect: DOMRect; currentRect: DOMRect }[];
            };
            // Now and then Chromium tells of a text, too, that was replaced where it stood.
            const moved = sources.filter(
              ({ previousRect, currentRect }) => JSON.stringify(previousRect) !== JSON.stringify(currentRect),
            );
            if (moved.length > 0 || sources.length === 0)
              shifts.push([value, moved.map(({ node, previousRect }) => [node?.className, previousRect])]);
          }
        }).observe({ type: 'layout-shift' });
      });
      await expect.poll(async () => mebibytes(await figure(page, 'used').innerText())).toBeGreaterThan(2);
      await expect.poll(() => coloursOf(page.locator('.chart canvas'))).toBeGreaterThan(3);
      expect(await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts)).toEqual([]);
      // Screenshots put a style of their own into the page, which its policy refuses.
      expect(complaints).toEqual([]);
      const { violations } = await new AxeBuilder({ page }).withTags(everyRule).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      await testInfo.attach('page', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const cutOff = await page
        .locator('.program strong')
        .evaluateAll((titles) => titles.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length);
      expect(cutOff, 'titles of programs that are cut off').toBe(0);
    });
  }
}
