// The tests' own page with a dashboard, and what a test asks of it.
import type { Locator, Page } from '@playwright/test';
import { expect } from './server.js';

interface Demo {
  api: {
    onPressure: (handler: () => void, options?: { name?: string }) => unknown;
    relieve: (moduleId: string) => unknown;
    memoryLeakDetector: { getModule(moduleId: string): unknown };
    setBudget: (name: string, bytes: number) => unknown;
  };
  clock: { advance(ms: number): void };
  dashboard: {
    pause(): void;
    resume(): void;
    dispose(): void;
    select(id: string): void;
    addModule(module: object): void;
    open(file: File): Promise<boolean>;
  };
  foreign: WebAssembly.Memory;
  mountDashboard: (element: unknown, options?: object) => unknown;
  step: (kind: string, count: number) => void;
  programs: Record<
    string,
    { tidemark: { engine: { exports: { malloc(bytes: number): number; free(address: number): void } } } }
  >;
  stats: (kind: string) => { liveBytes: number; liveBlocks: number; memoryBytes: number };
}

declare global {
  var demo: Demo;
}

/** Opens the tests' own page; fails on anything that the page complains of. */
export async function open(
  page: Page,
  site: string,
  options: object = {},
  kind: 'plain' | 'managed' | 'simulated' = 'plain',
): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(site) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(`${site}e2e/pages/dashboard.html?options=${encodeURIComponent(JSON.stringify(options))}&${kind}`);
  await page.waitForFunction(() => globalThis.demo !== undefined);
  return complaints;
}

export const step = (page: Page, kind: string, count: number): Promise<void> =>
  page.evaluate(([name, times]) => demo.step(name, times), [kind, count] as const);
export const figure = (page: Page, id: string): Locator => page.locator(`[data-figure=${id}]`);

/** What is saved as a file from now on, told by the page itself: not every driver hears of downloads. */
export async function keepSaved(page: Page): Promise<void> {
  await page.evaluate(() => {
    const saved: Blob[] = [];
    Object.assign(globalThis, { saved });
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      saved.push(blob as Blob);
      return make(blob);
    };
  });
}

/** Of the file that was saved last. */
export async function savedText(page: Page): Promise<string> {
  await page.waitForFunction(() => (globalThis as unknown as { saved: Blob[] }).saved.length > 0);
  return page.evaluate(() => (globalThis as unknown as { saved: Blob[] }).saved.at(-1)?.text() ?? '');
}

/** What a panel says once it is in view: what can't be seen isn't written, and panels above it may grow meanwhile. */
export async function textInView(panel: Locator): Promise<string> {
  await panel.scrollIntoViewIfNeeded();
  return panel.innerText();
}

/** As the dashboard writes it. */
export function mebibytes(text: string): number {
  const [number = '', unit = ''] = text.trim().split(/\s+/);
  return Number(number) * ({ B: 2 ** -20, KiB: 2 ** -10, MiB: 1, GiB: 2 ** 10 }[unit] ?? NaN);
}

/** How many different colours a canvas shows. */
export const coloursOf = (canvas: Locator): Promise<number> =>
  canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const data = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data;
    return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
  });

export async function dropFile(page: Page, name: string, content: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], fileName, { type: 'application/json' }));
      return data;
    },
    [name, content] as const,
  );
  const target = page.locator('.dashboard');
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await expect(page.locator('.drop')).toBeVisible();
  await target.dispatchEvent('drop', { dataTransfer: transfer });
  await expect(page.locator('.drop')).toBeHidden();
}

/** The tags of axe's rules: A and AA of all versions of WCAG, and best practice. */
export const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Texts that a box around them cuts off where it can't be scrolled. The names on tabs are told in full by their titles, and
 * the last event by the list of them.
 */
export const clippedTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const all = document.querySelector('[data-tidemark]')?.shadowRoot?.querySelectorAll('*') ?? [];
    const isCut = (element: Element): boolean => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const text = range.getBoundingClientRect();
      for (let box: Element | null = element; box; box = box.parentElement) {
        const { overflowX, overflowY, contain } = getComputedStyle(box);
        const { left, right, bottom } = box.getBoundingClientRect();
        const isClosed = /strict|content|paint/.test(contain);
        if (
          overflowX !== 'auto' &&
          (isClosed || overflowX !== 'visible') &&
          (text.left < left - 1 || text.right > right + 1)
        )
          return true;
        // Letters reach a little below their line.
        if (overflowY !== 'auto' && (isClosed || overflowY !== 'visible') && text.bottom > bottom + 3) return true;
        if (overflowX === 'auto' || overflowY === 'auto') return false;
      }
      return false;
    };
    return [...all]
      .filter(({ childNodes }) => [...childNodes].some((node) => node instanceof Text && node.data.trim() !== ''))
      .filter((element) => element.checkVisibility() && !element.closest('.sr, [role=tab], .happened, option'))
      .filter(isCut)
      .map(({ className, textContent }) => `${className}: ${textContent}`);
  });
