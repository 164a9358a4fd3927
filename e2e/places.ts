// web/tests/programs/places.cpp in a page, its profile taken in exact mode, and what has to be in it.
import type { Page } from '@playwright/test';

export interface Files {
  stacks: string[][];
  pprof: string;
  speedscope: string;
  chrome: string;
}

export async function profilePlaces(page: Page, site: string): Promise<Files> {
  await page.goto(`${site}e2e/pages/shrink.html?program=/build/wasm/web/places_separate.mjs`);
  await page.waitForFunction(() => document.body.dataset['ready'] === 'yes');
  return page.evaluate(async () => {
    const url = '/web/dist/attach.js';
    const { attach } = (await import(url)) as typeof import('tidemark/attach');
    const program = window.program as unknown as { _begin_level(bytes: number): void };
    const api = attach({ id: 'places', module: program });
    api.startMonitoring(api.defaultModule);
    api.wasmMemoryMonitor.startProfiling('places', { sampleBytes: 0 });
    program._begin_level(5000);
    const taken = await api.getMemoryProfile('places').symbolize();
    return {
      stacks: taken.sites.map(({ stack }) => stack),
      pprof: btoa(String.fromCharCode(...taken.toPprof())),
      speedscope: JSON.stringify(taken.toSpeedscope()),
      chrome: JSON.stringify(taken.toChromeHeapProfile()),
    };
  });
}

/** What the program does: bytes, and the functions from the inside out. */
export const calls = [
  [10_000, ['game::take_texture', 'load_scene', 'begin_level']],
  [5000, ['load_scene', 'begin_level']],
  [5000, ['game::Mesh::Mesh', 'load_scene', 'begin_level']],
] as const;
