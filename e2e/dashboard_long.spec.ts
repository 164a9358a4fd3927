// The dashboard over minutes and hours, in a time that the test lets pass: leaks with their evidence, and nothing that grows.
import type { Page } from '@playwright/test';
import { figure, keepSaved, open, savedText, textInView } from './dashboard_page.js';
import { expect, test } from './server.js';

/** Lets seconds pass, each with a step of the program at `stepEvery`; the browser does its part after `turnEvery` of them. */
async function pass(page: Page, seconds: number, stepEvery: number, turnEvery: number): Promise<void> {
  await page.evaluate(
    async ([whole, step, turn]) => {
      for (let second = 0; second < whole; ++second) {
        if (second % step === 0) demo.step('leaky', 1);
        demo.clock.advance(1000);
        if (second % turn === 0) await new Promise((resume) => setTimeout(resume));
      }
    },
    [seconds, stepEvery, turnEvery] as const,
  );
}

test('leaks of a live program: the path of a cycle, the plot of a trend, where from, and what to do', async ({
  page,
  site,
}) => {
  const complaints = await open(page, site, {}, 'simulated');
  const leaks = page.locator('.leaks');
  await page.locator('[data-action=detect]').click();
  await expect(leaks.getByRole('status')).toContainText('looked once');
  await pass(page, 120, 1, 1);
  await page.locator('[data-action=detect]').click();
  await expect(leaks.getByRole('status')).toContainText(/^Leak, .* sure; looked twice|^Leak, .* sure; looked 2 times/);

  const finding = (type: string): ReturnType<Page['locator']> =>
    leaks.locator('.finding', { has: page.locator('strong', { hasText: type }) });
  const cycle = finding('circular reference').first();
  if (!(await cycle.evaluate(({ open: isOpen }: HTMLDetailsElement) => isOpen))) await cycle.locator('summary').click();
  const path = (await cycle.locator('.cycle').innerText()).split(' → ');
  expect(path.length).toBeGreaterThan(1);
  expect(path.at(-1)).toBe(path[0]); // it closes, once
  expect(path.slice(0, -1).filter((block) => block === path[0]).length).toBeLessThan(path.length);
  await expect(cycle.locator('code').first()).toContainText(/^(?!wasm-function)\w/); // a name, and not a number
  await expect(leaks.locator('.recommendations')).toContainText('Break the cycle');

  const growth = finding('growth').first();
  if (!(await growth.evaluate(({ open: isOpen }: HTMLDetailsElement) => isOpen)))
    await growth.locator('summary').click();
  await expect(growth).toContainText('a second');
  await expect(growth.getByRole('img')).toHaveAttribute('aria-label', /^From [\d.]+ \w+ to [\d.]+ \w+ within /);
  const line = await growth.locator('svg path').getAttribute('d');
  expect(line?.match(/L/g)?.length).toBeGreaterThan(20);

  // Every ten seconds, without being asked again.
  await leaks.getByRole('button', { name: 'Every 10 s' }).click();
  await pass(page, 30, 1, 1);
  await expect(leaks.getByRole('status')).toContainText('looked 6 times');
  await expect(leaks.locator('ol.sr li')).toHaveCount(6);
  await expect
    .poll(async () => {
      await pass(page, 1, 1, 1); // what comes into view is written by the next turn
      return textInView(page.locator('.events'));
    })
    .toContain('leak');
  expect(complaints).toEqual([]);
});

interface Weight {
  elements: number;
  nodes: number;
  heapBytes: number;
}

async function weigh(page: Page, isChromium: boolean): Promise<Weight> {
  const elements = await page.evaluate(
    () => document.querySelector('[data-tidemark]')?.shadowRoot?.querySelectorAll('*').length ?? 0,
  );
  if (!isChromium) return { elements, nodes: 0, heapBytes: 0 };
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  for (let round = 0; round < 3; ++round) await session.send('HeapProfiler.collectGarbage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return { elements, nodes, heapBytes: usedSize };
}

test('hours of live readings: neither elements nor lists nor the heap of JavaScript grow', async ({
  page,
  site,
  browserName,
}) => {
  test.setTimeout(300_000);
  const complaints = await open(page, site, { hz: 1 }, 'simulated');
  const isChromium = browserName === 'chromium';
  await keepSaved(page);
  await pass(page, 3600, 20, 50);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  const before = await weigh(page, isChromium);
  await pass(page, 3 * 3600, 20, 50);
  const after = await weigh(page, isChromium);
  // One reading as an object, kept each second, would be more than 1 MiB.
  expect(after.heapBytes - before.heapBytes).toBeLessThan(512 * 1024);
  // The events come to a hundred rows at most, and a size class or two come into use.
  expect(after.elements - before.elements).toBeLessThan(400);
  expect(after.nodes - before.nodes).toBeLessThan(1200);

  await page.locator('[data-action=save]').click();
  const saved = JSON.parse(await savedText(page)) as Record<'readings' | 'markers' | 'maps', { time: number }[]>;
  expect(saved.readings.length).toBeLessThanOrEqual(2048);
  expect(saved.markers.length).toBeLessThanOrEqual(400);
  expect(saved.maps.length).toBeLessThanOrEqual(240);
  // And all of it is there, from the first minute to the last second.
  const times = saved.readings.map(({ time }) => time);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3.9 * 3_600_000);
  await expect(figure(page, 'used')).toHaveText(/\d/);
  expect(complaints).toEqual([]);
});
