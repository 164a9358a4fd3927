// The dashboard for everybody: on any screen, by keyboard alone, with any colours, and where something has failed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { root } from '../scripts/environment.mjs';
import { clippedTexts, dropFile, everyRule, figure, open, step } from './dashboard_page.js';
import { expect, test } from './server.js';

const recording = readFileSync(join(root, 'e2e/recordings/game.tidemark.json'), 'utf8');

/** As modules are called by those who don't know how narrow a screen is. */
const names = [
  'a module whose name goes on and on, until nobody reads it any more',
  'anothernamethathasnoplacewhereitcouldbebrokenanditislongerthanascreen',
  'Ümläut-モジュール-🦊',
  'وحدة الذاكرة (الرئيسية)',
  '<b>bold</b>&amp;',
];

/** By every rule of A and AA, and of best practice. */
async function violationsOf(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(everyRule).analyze();
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

async function addNamed(page: Page, ids: readonly string[]): Promise<void> {
  await page.evaluate((given) => {
    for (const id of given) demo.dashboard.addModule({ id, memory: new WebAssembly.Memory({ initial: 1 }) });
  }, ids);
}

for (const scheme of ['light', 'dark'] as const) {
  for (const [width, height] of [
    [390, 844],
    [768, 1024],
    [1440, 900],
  ] as const) {
    test(`${scheme}, ${width} pixels wide: no text is cut off, and no rule of accessibility broken`, async ({
      page,
      site,
    }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      const complaints = await open(page, site);
      const isGood = async (what: string): Promise<void> => {
        expect(await clippedTexts(page), what).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(width);
        expect(await violationsOf(page), what).toEqual([]);
      };
      await step(page, 'game', 60);
      await expect(page.locator('.size-classes tbody tr')).not.toHaveCount(0);
      await isGood('a live program');
      await page.locator('[data-module=foreign]').click();
      await expect(figure(page, 'used')).toHaveText('–');
      await isGood('a program of which only the size of its memory is known');
      await dropFile(page, 'game.tidemark.json', recording);
      await expect(page.locator('.state')).toHaveText('A file');
      await isGood('a file');
      await addNamed(page, [...names, ...Array.from({ length: 14 }, (_, i) => `module ${i}`)]);
      await page.evaluate((id) => demo.dashboard.select(id), names[1] ?? '');
      await dropFile(page, `${names.join(' ')}.json`, '[]');
      await expect(page.getByRole('alert')).toBeVisible();
      await isGood('many modules with long names, and a file that is none');
      expect(complaints).toEqual([]);
    });
  }
}

test('at four times the size of a desktop’s text, nothing has to be scrolled sideways', async ({ page, site }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await open(page, site);
  await step(page, 'game', 60);
  await addNamed(page, names);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(await clippedTexts(page)).toEqual([]);
});

test('tabs are gone through by the arrows, Home and End, and keep the focus', async ({ page, site }) => {
  await open(page, site);
  const focused = page.locator('[role=tab]:focus');
  const chosen = page.locator('[role=tab][aria-selected=true]');
  await page.locator('[data-module=game]').focus();
  for (const [key, id] of [
    ['End', 'foreign'],
    ['ArrowRight', 'game'],
    ['ArrowLeft', 'foreign'],
    ['ArrowLeft', 'fragmenting'],
    ['Home', 'game'],
  ] as const) {
    await page.keyboard.press(key);
    await expect(focused).toHaveText(id);
    await expect(chosen).toHaveText(id);
  }
  // Neither by the pointer nor by a module that comes or goes is the place on the page lost.
  await page.locator('[data-module=fragmenting]').click();
  await expect(focused).toHaveText('fragmenting');
  await addNamed(page, names);
  await expect(focused).toHaveText('fragmenting');
});

test('every control is reached by keyboard, and shows that it has the focus', async ({ page, site, browserName }) => {
  await open(page, site);
  await step(page, 'game', 60);
  await page.locator('.panel.sites').scrollIntoViewIfNeeded();
  await expect(page.locator('[data-download]')).toHaveCount(4);
  const replay = page.getByRole('button', { name: 'Replay' });
  await replay.scrollIntoViewIfNeeded();
  await expect(replay).toBeEnabled(); // from the second picture of the heap on
  await page.evaluate(() => scrollTo(0, 0));
  /** What a Tab has come to; null at the end of the page. */
  const next = async (): Promise<{ name: string; isShown: boolean } | null> => {
    await page.keyboard.press('Tab');
    return page.evaluate(() => {
      const element = document.querySelector('[data-tidemark]')?.shadowRoot?.activeElement;
      if (!element) return null;
      const all = element.getRootNode() as ShadowRoot;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = `${[...all.querySelectorAll('*')].indexOf(element)}`;
      return { name, isShown: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
    });
  };
  const reached = new Set<string>();
  for (let at = await next(); at; at = await next()) {
    expect(at.isShown, `the focus of element ${at.name}`).toBe(true);
    reached.add(at.name);
    if (reached.size > 200) break;
  }
  const controls = await page.evaluate(() => {
    const all = document.querySelector('[data-tidemark]')?.shadowRoot;
    const elements = [...(all?.querySelectorAll<HTMLElement>('*') ?? [])];
    return elements
      .map((element, index) => ({ element, index }))
      .filter(({ element }) => element.tabIndex >= 0 && element.checkVisibility() && !element.matches(':disabled'))
      .map(({ element, index }) => [`${index}`, element.outerHTML.slice(0, 120)] as const);
  });
  expect(controls.length).toBeGreaterThan(25);
  expect(
    controls.filter(([index]) => !reached.has(index)),
    browserName,
  ).toEqual([]);
});

test('without a module there is nothing to pause or to save', async ({ page, site }) => {
  await page.goto(`${site}e2e/pages/dashboard.html?recording`);
  await expect(page.locator('.dashboard')).toContainText('No module yet');
  await expect(page.locator('.state')).toHaveText('Nothing to show');
  await expect(page.locator('[data-action=pause]')).toBeDisabled();
  await expect(page.locator('[data-action=save]')).toBeDisabled();
  expect(await violationsOf(page)).toEqual([]);
  await dropFile(page, 'game.tidemark.json', recording);
  await expect(page.locator('[data-action=save]')).toBeEnabled();
});

test('a file that is too large, or not what it says, is refused in words, and what is shown stays', async ({
  page,
  site,
}) => {
  const complaints = await open(page, site);
  const alert = page.getByRole('alert');
  const opened = await page.evaluate(() => {
    const file = new File(['{}'], 'film.json');
    Object.defineProperty(file, 'size', { value: 2 ** 31 });
    return demo.dashboard.open(file);
  });
  expect(opened).toBe(false);
  await expect(alert).toContainText('film.json: it has 2.00 GiB, and at most 256 MiB are expected');
  const parts = JSON.parse(recording) as Record<string, unknown>;
  for (const name of ['sites', 'sizeClasses', 'maps', 'markers', 'leaks', 'limits']) {
    await dropFile(page, `${name}.json`, JSON.stringify({ ...parts, [name]: [{ stack: 7 }] }));
    await expect(alert).toContainText(`${name}.json: its ${name} are not as Tidemark writes them`);
  }
  await expect(page.locator('[role=tab]')).toHaveCount(3);
  await expect(page.locator('[role=tab][aria-selected=true]')).toHaveText('game');
  expect(complaints).toEqual([]);
});

test('a module that can’t be read any more says so once, and the others go on', async ({ page, site }) => {
  const complaints = await open(page, site, { hz: 10 });
  await page.evaluate(() => {
    Object.defineProperty(demo.programs['fragmenting']?.tidemark.engine, 'exports', {
      get() {
        throw new Error('the program has ended');
      },
    });
    demo.dashboard.select('fragmenting');
  });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('fragmenting: it can’t be read: the program has ended');
  await alert.getByRole('button', { name: 'Close' }).click();
  await page.locator('[data-module=foreign]').click();
  await page.evaluate(() => void demo.foreign.grow(16));
  await expect(figure(page, 'allocated')).toHaveText('3.00 MiB');
  await page.locator('[data-module=fragmenting]').click();
  await expect(page.locator('[role=tab][aria-selected=true]')).toHaveText('fragmenting');
  await expect(alert).toBeHidden();
  expect(complaints).toEqual([]);
});

test('with the system’s colours alone, one sees what is pressed, and what the colours of the map are', async ({
  page,
  site,
  browserName,
}) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await open(page, site);
  if (browserName !== 'chromium') return; // can't be asked for elsewhere
  const backgroundOf = (selector: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await backgroundOf('.timeline [aria-pressed=true][data-value]')).not.toBe(
    await backgroundOf('.timeline [aria-pressed=false][data-value]'),
  );
  expect(await backgroundOf('[role=tab][aria-selected=true]')).not.toBe(
    await backgroundOf('[role=tab][aria-selected=false]'),
  );
  expect(await backgroundOf('.legend [data-kind=static] i')).not.toBe(
    await backgroundOf('.legend [data-kind=large] i'),
  );
  expect(await violationsOf(page)).toEqual([]);
});
