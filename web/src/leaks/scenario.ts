// The scenario test: what grows by a multiple of the iterations leaks. The idea is that of nolanlawson/fuite, for web pages.
import { aNumber, checkOptions } from '../checks.js';
import { shownBytes } from '../shown_bytes.js';
import type { LeakPattern } from './leak_result.js';
import { countText, severityOf } from './leak_text.js';
import type { LeakWatch } from './leak_watch.js';

export interface ScenarioOptions {
  /** How often it is run after the first time: 7, a number that little else is a multiple of. */
  iterations?: number;
}

const checks = {
  iterations: /* @__PURE__ */ aNumber(
    'a whole number from 2 to 10000',
    (value) => Number.isInteger(value) && value >= 2 && value <= 10_000,
  ),
};

/** What is counted: by name, a number of things and their bytes. */
type Counts = Map<string, { count: number; bytes: number; blockBytes: number | null }>;

function countsOf(watch: LeakWatch): Counts {
  const counts: Counts = new Map();
  if (watch.linked) {
    for (const { blockBytes, liveBlocks, liveBytes } of watch.rules.census().rows) {
      if (blockBytes === 0) counts.set('large blocks', { count: liveBlocks, bytes: liveBytes, blockBytes });
      else counts.set(`blocks of ${blockBytes} B`, { count: liveBlocks, bytes: liveBytes, blockBytes });
    }
    for (const [name, { live }] of watch.rules.resources?.classes ?? []) {
      counts.set(`Embind objects of class ${name}`, { count: live, bytes: 0, blockBytes: null });
    }
    const values = watch.rules.resources?.values() ?? 0;
    counts.set('JavaScript values held by C++', { count: values, bytes: 0, blockBytes: null });
  } else if (watch.module.recorded.known) {
    const { liveBlocks, liveBytes } = watch.module.recorded;
    counts.set('recorded blocks', { count: liveBlocks, bytes: liveBytes, blockBytes: null });
  } else {
    const bytes = watch.module.sbrkTopBytes ?? watch.module.allocatedBytes;
    counts.set('pieces of memory', { count: Math.round(bytes / 4096), bytes, blockBytes: null });
  }
  return counts;
}

/** Lets what was dropped be collected, where that can be asked for. */
async function settle(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

export async function runScenario(
  watch: LeakWatch,
  run: () => unknown,
  options: ScenarioOptions,
): Promise<LeakPattern[]> {
  checkOptions(options, checks);
  const { iterations = 7 } = options;
  await run();
  await settle();
  const series: Counts[] = [countsOf(watch)];
  for (let i = 0; i < iterations; ++i) {
    await run();
    if (i === iterations - 1) await settle();
    series.push(countsOf(watch));
  }

  const patterns: LeakPattern[] = [];
  const first = series[0];
  const last = series.at(-1);
  for (const [name, { count, bytes, blockBytes }] of last ?? []) {
    const grown = count - (first?.get(name)?.count ?? 0);
    const grownBytes = bytes - (first?.get(name)?.bytes ?? 0);
    if (grown < iterations) continue;
    // A vector that doubles grows now and then; a leak, every time.
    const every = series.every(
      (counts, i) => i === 0 || (counts.get(name)?.count ?? 0) > (series[i - 1]?.get(name)?.count ?? 0),
    );
    const multiple = grown % iterations === 0;
    if (!every) continue;
    const verdict = multiple ? 'leak' : 'maybe';
    const each = grown / iterations;
    const resource = blockBytes === null && watch.linked;
    const description = `${name}: ${countText(each, 'thing').replace(/ things?$/, '')} more with each of ${iterations} runs${grownBytes > 0 ? `, ${shownBytes(grownBytes / iterations)} a run` : ''}`;
    patterns.push({
      type: resource ? 'resource' : 'growth',
      verdict,
      severity: severityOf(verdict, grownBytes, null, watch.room),
      confidence: multiple ? 0.9 : 0.4,
      bytes: grownBytes,
      blocks: grown,
      ratePerSecond: null,
      sites: [],
      description,
      evidence: {
        scenario: true,
        kind: name,
        iterations,
        perIteration: each,
        blockBytes: blockBytes === null ? [] : [blockBytes],
        recommendation: `${description}: give back in the scenario what it takes`,
      },
    });
  }
  return patterns;
}
