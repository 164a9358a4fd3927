/* global document, scrollTo */
// What looking costs: processor time of a page's main thread with the dashboard at its default rate of 4 Hz, less the same
// page's with the dashboard paused, by the browser's own trace. Headless Chromium draws canvases on the main thread, in
// software; with a graphics processor that part is less.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../../scripts/environment.mjs';
import { serve } from '../../../scripts/serve.mjs';
import { mainThread } from '../dashboard/main_thread.mjs';
import { buildRuntimeProgram } from '../runner/runtime_program.mjs';
import { median } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const folder = fileURLToPath(new URL('../dashboard', import.meta.url));
const categories = [
  'toplevel',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'blink.user_timing',
  'v8',
];
const places = [
  { name: 'top of the page, desktop', width: 1360, height: 900, scroll: 0 },
  { name: 'allocation sites, desktop', width: 1360, height: 900, scroll: 1000 },
  { name: 'top of the page, phone', width: 390, height: 844, scroll: 0 },
];

async function traced(browser, page, ms) {
  await browser.startTracing(page, { categories });
  await page.evaluate(() => void performance.mark('tidemark-begin'));
  await page.waitForTimeout(ms);
  await page.evaluate(() => void performance.mark('tidemark-end'));
  return mainThread(await browser.stopTracing(), { from: 'tidemark-begin', to: 'tidemark-end' });
}

/** What a page takes in which one line of text changes 4 times a second: no dashboard can take less. */
async function floorOf(browser) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
  await page.setContent('<p style="contain: strict; height: 20px">0</p>');
  await page.evaluate(() => {
    const text = document.querySelector('p').firstChild;
    setInterval(() => (text.data = String(performance.now())), 250);
  });
  await page.waitForTimeout(2_000);
  const { totalMs, wallMs, byKind } = await traced(browser, page, 5_000);
  await page.close();
  const share = (ms) => (100 * ms) / wallMs;
  const kinds = Object.entries(byKind).map(([kind, ms]) => [kind, share(ms)]);
  return { name: 'a line of text, 4 Hz, no dashboard', total: share(totalMs), ...Object.fromEntries(kinds) };
}

export async function run({ quick, filter, repetitions, progress }) {
  const program = await buildRuntimeProgram('dashboard_heap', [join(folder, 'heap.cpp')], ['-std=c++20'], 'web');
  const site = await serve({ root, port: 0 });
  const { chromium } = await import('@playwright/test');
  const browser = await chromium.launch({
    executablePath: process.env.TIDEMARK_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
  const rows = [];
  let floor;
  try {
    progress('floor');
    floor = await floorOf(browser);
    for (const place of places.filter(({ name }) => name.includes(filter))) {
      progress(place.name);
      const page = await browser.newPage({ viewport: place });
      const name = program.slice(program.lastIndexOf('/') + 1);
      await page.goto(`${site.url}tests/perf/dashboard/index.html?program=${name}&mib=256`);
      await page.waitForFunction(() => globalThis.measured !== undefined);
      await page.evaluate((y) => scrollTo(0, y), place.scroll);
      await page.waitForTimeout(10_000); // a chart with a past; what is compiled lazily is
      const samples = [];
      for (let round = 0; round < (repetitions ?? (quick ? 1 : 3)); ++round) {
        await page.evaluate(() => globalThis.measured.dashboard.pause());
        const off = await traced(browser, page, 5_000);
        await page.evaluate(() => globalThis.measured.dashboard.resume());
        await page.waitForTimeout(1_500);
        const before = await page.evaluate(() => globalThis.measured.turns);
        const on = await traced(browser, page, 5_000);
        const after = await page.evaluate(() => globalThis.measured.turns);
        const share = (part) => 100 * (part(on) / on.wallMs - part(off) / off.wallMs);
        const kinds = Object.fromEntries(
          Object.keys(on.byKind).map((kind) => [kind, share(({ byKind }) => byKind[kind])]),
        );
        samples.push({ total: share(({ totalMs }) => totalMs), ...kinds, hz: (1000 * (after - before)) / on.wallMs });
      }
      const of = (figure) => median(samples.map((sample) => sample[figure]));
      rows.push(
        Object.fromEntries([['name', place.name], ...Object.keys(samples[0]).map((figure) => [figure, of(figure)])]),
      );
      await page.close();
    }
  } finally {
    await browser.close();
    await site.close();
  }
  const figures = ['total', 'script', 'garbage', 'style', 'layout', 'paint', 'other', 'hz'];
  return {
    rows,
    checks: rows.map(({ name, total }) => ({
      target: `${name}: at most 1 % of the main thread`,
      measured: total,
      limit: 1,
      unit: '%',
    })),
    failures: [],
    text: `a heap of 256 MiB; per cent of the main thread's time, and how often the timeline was drawn\n\n${table(
      ['', ...figures],
      [floor, ...rows].map((row) => [row.name, ...figures.map((figure) => fixed(row[figure], 2))]),
    )}`,
  };
}
