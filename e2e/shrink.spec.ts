// Shrink in the browser: the resident memory of the tab's own process, as the system has it, and the program going on.
import { readFileSync, readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../scripts/environment.mjs';
import { build } from '../tests/shrink/support/program.mjs';
import { expect, test } from './server.js';

const megabyte = 2 ** 20;

/** All processes below this one: the browser, and its tabs. */
function descendants(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // pid (command) state parent …; the command may hold spaces.
      const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
      if (parent !== undefined) parents.set(Number(name), Number(parent));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^Rss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

interface Program {
  _scatter(bytes: number, movable: number): number;
  _keep_one_in(count: number): number;
  _whole(): number;
  tidemark: { shrink(): { returnedBytes: number; copiedBytes: number; durationMs: number } };
}

declare global {
  interface Window {
    program: Program;
  }
}

test.describe('shrink', () => {
  test('gives a tab its memory back, and the program goes on', async ({ page, site }, info) => {
    test.setTimeout(300_000); // the program is built first
    const flags = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];
    const file = relative(root, await build('scatter.c', flags));
    await page.goto(`${site}e2e/pages/shrink.html?program=/${file}`);
    await page.waitForFunction(() => document.body.dataset['ready'] === 'yes');
    await page.evaluate(() => {
      window.program._scatter(2 ** 20, 0);
      window.program._keep_one_in(2 ** 30);
    });
    const before = new Map(descendants().map((pid) => [pid, residentBytes(pid)]));
    await page.evaluate(() => window.program._scatter(400 * 2 ** 20, 0));
    const growth = (pid: number) => residentBytes(pid) - (before.get(pid) ?? 0);
    const tab = [...before.keys()].sort((a, b) => growth(b) - growth(a))[0] ?? 0;
    const peak = growth(tab);
    expect(peak).toBeGreaterThan(380 * megabyte);

    const { live, report, whole } = await page.evaluate(() => {
      const live = window.program._keep_one_in(200);
      return { live, report: window.program.tidemark.shrink(), whole: window.program._whole() };
    });
    expect(whole).toBeGreaterThan(200);
    await expect
      .poll(async () => (await page.requestGC(), growth(tab)), { timeout: 60_000, intervals: [500] })
      .toBeLessThan(1.6 * live + 8 * megabyte);
    info.annotations.push({
      type: 'resident',
      description: `peak ${Math.round(peak / megabyte)} MB, after ${Math.round(growth(tab) / megabyte)} MB, live ${(live / megabyte).toFixed(1)} MB, ${report.durationMs.toFixed(1)} ms`,
    });
    expect(
      await page.evaluate(() => (window.program._scatter(50 * 2 ** 20, 0), window.program._whole())),
    ).toBeGreaterThan(200);
  });
});
