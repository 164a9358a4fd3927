// Shrink in the browser: the resident memory of the tab's own process, as the system has it, and the program going on.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../scripts/environment.mjs';
import { build, withDatabase } from '../tests/shrink/support/program.mjs';
import type { Page } from '@playwright/test';
import type { WasmMemoryManager } from 'tidemark';
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
  _peak(bytes: number): number;
  tidemark: {
    shrink(): { returnedBytes: number; copiedBytes: number; allocatedAfter: number; durationMs: number };
    shrinkSoon(): Promise<unknown>;
    stats(): { memoryBytes: number; liveBlocks: number };
  };
  wasmMemory: WebAssembly.Memory;
  HEAPU8: Uint8Array;
  UTF8ToString(address: number): string;
  // scatter.c
  _scatter(bytes: number, movable: number): number;
  _keep_one_in(count: number): number;
  _whole(): number;
  // core.c
  _work(steps: number, seed: number): void;
  _verify(): number;
  _bump(): number;
  _shrink_inside(): void;
  // database.c
  _open_database(): number;
  _insert(first: number, count: number): number;
  _delete_but(oneIn: number): number;
  _begin_query(): number;
  _next_row(): number;
  _is_sound(): number;
  // handlers.c
  _listen(): number;
  _stop_listening_to_clicks(): number;
  _get_clicks(): number;
  _get_keys(): number;
  _get_resizes(): number;
  _get_last_key(): number;
}

declare global {
  interface Window {
    program: Program;
    memories: WeakRef<WebAssembly.Memory>[];
    manager: WasmMemoryManager;
  }
}

const module = ['-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];

/** Opens a page with a program of tests/shrink/programs in it, as `window.program`. */
async function open(page: Page, site: string, source: string, flags: string[]): Promise<void> {
  const file = relative(root, await build(source, [...module, ...flags]));
  await page.goto(`${site}e2e/pages/shrink.html?program=/${file}`);
  await page.waitForFunction(() => document.body.dataset['ready'] === 'yes');
}

/** Has the program allocate so much; returns by how many bytes the tab, the process that grew most, is larger than before. */
async function growthAfterPeak(page: Page, megabytes: number, movable: number): Promise<() => number> {
  const before = new Map(descendants().map((pid) => [pid, residentBytes(pid)]));
  await page.evaluate(([bytes, kind]) => window.program._scatter(bytes, kind), [megabytes * 2 ** 20, movable] as const);
  const growth = (pid: number) => residentBytes(pid) - (before.get(pid) ?? 0);
  const tab = [...before.keys()].sort((a, b) => growth(b) - growth(a))[0] ?? 0;
  expect(growth(tab)).toBeGreaterThan(0.95 * megabytes * megabyte);
  return () => growth(tab);
}

test.describe('shrink', () => {
  test.setTimeout(300_000); // the program is built first

  for (const [name, movable, most] of [
    ['of blocks that cannot move', 0, 1.6],
    ['of movable blocks', 1, 1.15],
  ] as const) {
    test(`gives a tab the memory ${name} back, and the program goes on`, async ({ page, site, browserName }, info) => {
      await open(page, site, 'scatter.c', ['-O2', '--no-entry']);
      // The first peak has WebKit itself take 5 MB more, for good.
      const first = (browserName === 'webkit' ? 400 : 1) * megabyte;
      await page.evaluate(
        ([bytes, kind]) => {
          window.program._scatter(bytes, kind);
          window.program._keep_one_in(2 ** 30);
          if (bytes > 2 ** 20) window.program.tidemark.shrink();
        },
        [first, movable] as const,
      );
      if (browserName === 'webkit') {
        for (let round = 0; round < 10; ++round) {
          await page.requestGC();
          await page.waitForTimeout(500);
        }
      }
      const growth = await growthAfterPeak(page, 400, movable);
      const peak = growth();

      const { live, report, whole } = await page.evaluate(() => {
        const live = window.program._keep_one_in(200);
        return { live, report: window.program.tidemark.shrink(), whole: window.program._whole() };
      });
      expect(whole).toBeGreaterThan(200);
      await expect
        .poll(async () => (await page.requestGC(), growth()), { timeout: 60_000, intervals: [500] })
        .toBeLessThan(most * live + 8 * megabyte);
      info.annotations.push({
        type: 'resident',
        description: `peak ${Math.round(peak / megabyte)} MB, after ${Math.round(growth() / megabyte)} MB, live ${(live / megabyte).toFixed(1)} MB, ${(report.copiedBytes / megabyte).toFixed(1)} MB copied in ${report.durationMs.toFixed(1)} ms`,
      });
      expect(
        await page.evaluate((kind) => (window.program._scatter(50 * 2 ** 20, kind), window.program._whole()), movable),
      ).toBeGreaterThan(200);
    });
  }

  for (const [name, movable] of [
    ['of blocks that cannot move', 0],
    ['of movable blocks', 1],
  ] as const) {
    test(`an aggressive collection by the manager leaves little more than is live, ${name}`, async ({
      page,
      site,
    }, info) => {
      await open(page, site, 'scatter.c', ['-O2', '--no-entry']);
      await page.evaluate(async (kind) => {
        window.program._scatter(2 ** 20, kind);
        window.program._keep_one_in(2 ** 30);
        const path = '/web/dist/attach.js';
        const { attach } = (await import(path)) as typeof import('tidemark/attach');
        const api = attach({ id: 'scatter', module: window.program });
        window.manager = new api.WasmMemoryManager({
          limits: { hardLimit: 512 * 2 ** 20 },
          gc: { autoGC: false, allowShrink: true },
        });
        window.manager.registerModule({ id: 'scatter', module: window.program });
      }, movable);
      const growth = await growthAfterPeak(page, 400, movable);
      const peak = growth();
      const { live, completed, whole } = await page.evaluate(() => {
        const live = window.program._keep_one_in(10);
        const { completed } = window.manager.triggerGC('scatter', true);
        return { live, completed, whole: window.program._whole() };
      });
      expect(completed).toBe(true);
      expect(whole).toBeGreaterThan(1000);
      await expect
        .poll(async () => (await page.requestGC(), growth()), { timeout: 60_000, intervals: [500] })
        .toBeLessThan(1.6 * live + 8 * megabyte);
      info.annotations.push({
        type: 'resident',
        description: `peak ${Math.round(peak / megabyte)} MB, after ${Math.round(growth() / megabyte)} MB, live ${(live / megabyte).toFixed(1)} MB`,
      });
    });
  }

  test('nobody has to ask for a collection', async ({ page, site }) => {
    await open(page, site, 'scatter.c', ['-O2', '--no-entry']);
    const growth = await growthAfterPeak(page, 200, 0);
    await page.evaluate(() => (window.program._keep_one_in(200), window.program.tidemark.shrink()));
    await expect.poll(growth, { timeout: 60_000, intervals: [500] }).toBeLessThan(40 * megabyte);
  });

  test('a hundred rounds keep every byte, and leave no memory behind', async ({ page, site }) => {
    await open(page, site, 'core.c', ['-O2', '-sEXPORTED_RUNTIME_METHODS=wasmMemory']);
    const failed = await page.evaluate(async () => {
      const failed: string[] = [];
      const { program } = window;
      window.memories = [];
      for (let round = 1; round <= 100; ++round) {
        program._work(300, round);
        program._peak(24 * 2 ** 20);
        const { liveBlocks } = program.tidemark.stats();
        window.memories.push(new WeakRef(program.wasmMemory));
        const { returnedBytes } = program.tidemark.shrink();
        if (returnedBytes <= 0) failed.push(`round ${round} returned nothing`);
        if (program._verify() <= 0) failed.push(`round ${round} lost a block`);
        if (program.tidemark.stats().liveBlocks !== liveBlocks) failed.push(`round ${round} lost count`);
        if (program._bump() !== 7 + round) failed.push(`round ${round} lost static data`);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return failed;
    });
    expect(failed).toEqual([]);
    const memoriesLeft = async () => {
      await page.requestGC();
      return page.evaluate(() => window.memories.filter((memory) => memory.deref() !== undefined).length);
    };
    await expect.poll(memoriesLeft, { timeout: 60_000, intervals: [500] }).toBe(0);
  });

  test('it is refused while WebAssembly is on the stack, however deep, and leaves traces of errors as they were', async ({
    page,
    site,
  }) => {
    await open(page, site, 'core.c', ['-O2', '-sEXPORTED_RUNTIME_METHODS=wasmMemory']);
    const found = await page.evaluate(() => {
      const { program } = window;
      program._work(300, 1);
      const deep = (depth: number): void => {
        if (depth === 0) program._shrink_inside();
        else deep(depth - 1);
      };
      const limit = () => new Error().stack?.split('\n').length;
      const at = (depth: number): unknown => (depth === 0 ? limit() : at(depth - 1));
      const before = at(300);
      const memory = program.wasmMemory;
      const codes = [0, 50, 99, 100, 101, 130, 500].map((depth) => {
        try {
          deep(depth);
          return 'none';
        } catch (error) {
          return (error as { code?: string }).code ?? String(error);
        }
      });
      const same = program.wasmMemory === memory && at(300) === before;
      const { copiedBytes } = program.tidemark.shrink();
      return { codes, same, copied: copiedBytes > 0, whole: program._verify() > 0, after: at(300) === before };
    });
    expect(found).toEqual({ codes: Array(7).fill('busy'), same: true, copied: true, whole: true, after: true });
  });

  test('views that follow growth by themselves are empty after a shrink', async ({ page, site }) => {
    const flags = ['-O2', '-sGROWABLE_ARRAYBUFFERS=2', '-sEXPORTED_RUNTIME_METHODS=HEAPU8'];
    await open(page, site, 'core.c', flags);
    const { failed, grown, kept, memory } = await page.evaluate(async () => {
      const failed: string[] = [];
      const { program } = window;
      const view = program.HEAPU8;
      const start = view.length;
      program._peak(24 * 2 ** 20);
      const grown = view.length - start;
      for (let round = 1; round <= 10; ++round) {
        program._work(300, round);
        program._peak(24 * 2 ** 20);
        if (program.tidemark.shrink().returnedBytes <= 0) failed.push(`round ${round} returned nothing`);
        if (program._verify() <= 0) failed.push(`round ${round} lost a block`);
        if (program._bump() !== 7 + round) failed.push(`round ${round} lost static data`);
        await Promise.resolve();
        if (program.HEAPU8.length !== program.tidemark.stats().memoryBytes) failed.push(`round ${round} has old views`);
      }
      return { failed, grown, kept: view.length, memory: program.HEAPU8.length };
    });
    expect(grown).toBeGreaterThan(8 * megabyte);
    expect(failed).toEqual([]);
    expect(kept).toBe(0);
    expect(memory).toBeGreaterThan(0);
  });

  test("SQLite's database in memory survives one between any two statements", async ({ page, site }) => {
    await open(page, site, 'database.c', ['-O1', '--no-entry', ...withDatabase()]);
    const { allocatedAfter, rows, sound } = await page.evaluate(() => {
      const { program } = window;
      const shrink = () => program.tidemark.shrink();
      const sound: number[] = [program._open_database()];
      for (let batch = 0; batch < 20; ++batch) {
        sound.push(program._insert(1000 * batch, 1000));
        shrink();
      }
      sound.push(program._delete_but(20));
      const { allocatedAfter } = shrink();
      sound.push(program._is_sound(), program._begin_query());
      const rows = new Set<number>();
      for (let id = program._next_row(); id !== -1 && rows.size < 2000; id = program._next_row()) {
        rows.add(id);
        if (rows.size % 97 === 0) shrink();
      }
      sound.push(program._is_sound());
      return { allocatedAfter, rows: [...rows], sound };
    });
    expect(allocatedAfter).toBeLessThan(33e6); // of 39; the rows that stay are scattered
    expect(sound.every((answer) => answer === 1)).toBe(true);
    expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => 20 * i));
  });

  test('handlers of events of the page go on', async ({ page, site }) => {
    await open(page, site, 'handlers.c', ['-O1', '--no-entry', '-sEXPORTED_RUNTIME_METHODS=UTF8ToString']);
    expect(await page.evaluate(() => window.program._listen())).toBe(1);
    const target = page.locator('#target');
    const seen = () =>
      page.evaluate(() => ({
        clicks: window.program._get_clicks(),
        keys: window.program._get_keys(),
        key: window.program.UTF8ToString(window.program._get_last_key()),
      }));
    await target.click();
    await page.keyboard.press('a');
    expect(await seen()).toEqual({ clicks: 1, keys: 1, key: 'a' });
    for (const [round, key] of ['b', 'c'].entries()) {
      const returned = await page.evaluate(
        () => (window.program._peak(32 * 2 ** 20), window.program.tidemark.shrink().returnedBytes),
      );
      expect(returned).toBeGreaterThan(16 * megabyte);
      await target.click();
      await page.keyboard.press(key);
      expect(await seen()).toEqual({ clicks: 2 + round, keys: 2 + round, key });
    }
    const resizes = await page.evaluate(() => window.program._get_resizes());
    await page.setViewportSize({ width: 500, height: 400 });
    await expect.poll(() => page.evaluate(() => window.program._get_resizes())).toBeGreaterThan(resizes);
    expect(await page.evaluate(() => window.program._stop_listening_to_clicks())).toBe(1);
    await target.click();
    expect((await seen()).clicks).toBe(3);
  });

  test('a program in a worker is moved there', async ({ page, site }) => {
    const file = relative(root, await build('core.c', [...module, '-O2']));
    await page.goto(`${site}e2e/pages/shrink.html`);
    const { failed, returned } = await page.evaluate(
      (address) =>
        new Promise<{ failed: string[]; returned: number }>((resolve, reject) => {
          const worker = new Worker(address, { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data as { failed: string[]; returned: number });
          worker.onerror = ({ message }) => reject(new Error(message));
        }),
      `/e2e/pages/shrink_worker.js?program=/${file}`,
    );
    expect(failed).toEqual([]);
    expect(returned).toBeGreaterThan(8 * megabyte);
  });

  test('a program in an AudioWorklet is moved there, where no clock and no timers are', async ({ page, site }) => {
    const processor = join(root, 'e2e/pages/shrink_processor.js');
    const flags = ['-O1', '-sALLOW_MEMORY_GROWTH', '-sSINGLE_FILE', '-sWASM_ASYNC_COMPILATION=0'];
    const file = relative(root, await build('core.c', [...flags, '--extern-post-js', processor], { suffix: '.js' }));
    await page.goto(`${site}e2e/pages/shrink.html`);
    const found = await page.evaluate(async (address) => {
      const context = new OfflineAudioContext(1, 128 * 20, 44_100);
      await context.audioWorklet.addModule(address);
      const node = new AudioWorkletNode(context, 'shrinking');
      node.connect(context.destination);
      await context.startRendering();
      for (;;) {
        const answer = new Promise<{ failed: string[]; rounds: number; soon: number }>((resolve) => {
          node.port.onmessage = ({ data }) => resolve(data as never);
        });
        node.port.postMessage('how many?');
        const said = await answer;
        if (said.soon > 0 || said.failed.length > 0) return said;
      }
    }, `/${file}`);
    expect(found).toEqual({ failed: [], rounds: 10, soon: 1 });
  });

  test('a program with JSPI is refused one', async ({ page, site }) => {
    await page.goto(`${site}e2e/pages/shrink.html`);
    const supported = await page.evaluate(() => 'Suspending' in WebAssembly);
    test.skip(!supported, 'this browser has no JSPI');
    await open(page, site, 'core.c', ['-O1', '-sJSPI']);
    const { codes, whole } = await page.evaluate(async () => {
      const { program } = window;
      program._work(300, 1);
      program._peak(24 * 2 ** 20);
      const before = program.tidemark.stats().memoryBytes;
      const codes = await Promise.all(
        [() => program.tidemark.shrink(), () => program.tidemark.shrinkSoon()].map(async (attempt) => {
          try {
            await attempt();
            return 'none';
          } catch (error) {
            return (error as { code: string }).code;
          }
        }),
      );
      return { codes, whole: program._verify() > 0 && program.tidemark.stats().memoryBytes === before };
    });
    expect(codes).toEqual(['not-supported', 'not-supported']);
    expect(whole).toBe(true);
  });
});
