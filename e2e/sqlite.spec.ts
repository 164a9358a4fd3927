// The SQLite page: the same rows on Tidemark as on dlmalloc, and as in Node, and a timeline that is really drawn.
import { join } from 'node:path';
import { measureInNode } from '../examples/sqlite/measure_in_node.mjs';
import { expect, test } from './server.js';

const page = 'build/wasm/examples/sqlite/page';
// Some 12 MiB at the peak: enough for every phase to show on the timeline.
const orders = 20_000;

/** How many of a canvas's pixels have about the colour that the style sheet gives a malloc. */
function pixelsOfColour(canvas: HTMLCanvasElement, name: string): number {
  const probe = document.createElement('i');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const wanted = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
  probe.remove();
  const context = canvas.getContext('2d');
  if (!context || wanted.length < 3) return 0;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    const near = [0, 1, 2].every((channel) => Math.abs((data[i + channel] ?? 0) - (wanted[channel] ?? 0)) < 24);
    if (near && (data[i + 3] ?? 0) > 128) ++found;
  }
  return found;
}

test('SQLite gives the same rows on Tidemark and dlmalloc as in Node', async ({ page: tab, site }, testInfo) => {
  const complaints: string[] = [];
  tab.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  tab.on('pageerror', (error) => complaints.push(error.message));

  await tab.setViewportSize({ width: 1360, height: 900 });
  await tab.goto(`${site}${page}/index.html?on=tidemark,dlmalloc&orders=${orders}`);
  const body = tab.locator('body');
  await expect(body).toHaveAttribute('data-state', /done|failed/, { timeout: 100_000 });
  await testInfo.attach('page', { body: await tab.screenshot({ fullPage: true }), contentType: 'image/png' });
  await expect(body).toHaveAttribute('data-state', 'done');

  const folder = join(import.meta.dirname, '..', page);
  const inNode = await measureInNode({ folder, allocator: 'tidemark', orders });
  expect(inNode.digest).toMatch(/^[0-9a-f]{16}$/);
  for (const allocator of ['tidemark', 'dlmalloc']) {
    await expect(tab.locator(`[data-allocator=${allocator}]`)).toHaveAttribute('data-digest', inNode.digest ?? '');
  }
  await expect(tab.locator('#verdict')).toHaveAttribute('data-equal', 'true');
  await expect(tab.locator('#comparison tbody tr')).not.toHaveCount(0);
  await expect(tab.locator('.size-class')).not.toHaveCount(0);

  const canvas = tab.locator('#timeline canvas');
  for (const axis of ['phase', 'ms']) {
    await tab.locator(`[data-axis=${axis}]`).click();
    for (const allocator of ['tidemark', 'dlmalloc']) {
      // A line that crosses the chart; an empty chart has none of its colour.
      await expect
        .poll(() => canvas.evaluate(pixelsOfColour, allocator), { message: `${allocator} by ${axis}` })
        .toBeGreaterThan(300);
    }
    // Nothing of a run that was not asked for.
    expect(await canvas.evaluate(pixelsOfColour, 'mimalloc')).toBe(0);
  }
  expect(complaints).toEqual([]);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the page fits a telephone, ${scheme}`, async ({ page: tab, site }, testInfo) => {
    await tab.emulateMedia({ colorScheme: scheme });
    await tab.setViewportSize({ width: 390, height: 844 });
    await tab.goto(`${site}${page}/index.html?on=tidemark&orders=2000`);
    await expect(tab.locator('body')).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
    await testInfo.attach('page', { body: await tab.screenshot({ fullPage: true }), contentType: 'image/png' });
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const canvas = tab.locator('#timeline canvas');
    await expect.poll(() => canvas.evaluate(pixelsOfColour, 'tidemark')).toBeGreaterThan(100);
  });
}

test('a run that cannot be had is told on the page', async ({ page: tab, site }) => {
  await tab.route('**/sqlite-dlmalloc.wasm', (route) => route.abort());
  await tab.goto(`${site}${page}/index.html?on=dlmalloc&orders=2000`);
  await expect(tab.locator('body')).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
  await expect(tab.locator('#verdict')).toContainText('✗');
  await expect(tab.locator('#start')).toBeEnabled();
});
