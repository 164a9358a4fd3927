// Whether one run was better than another, or only luckier.
import { aNumber, checkOptions, isObject, notNegative, refuse } from './checks.js';
import { median } from './median.js';
import type { TestResult, TestSuiteResult } from './tester_types.js';

export type Verdict = 'better' | 'worse' | 'same';

export interface TestComparison {
  name: string;
  /** Of the second run beside the first. `'same'` also where there is too little to tell. */
  verdict: Verdict;
  /** The median cost of the second divided by that of the first: below 1 is faster. Null where one has no figures. */
  ratio: number | null;
  /** Where the ratio lies in 95 % of resampled runs. */
  interval: [number, number] | null;
  /** How likely the difference would be if there were none (Mann–Whitney U, two-sided). */
  pValue: number | null;
  reasons: string[];
}

export interface SuiteComparison {
  verdict: Verdict;
  tests: TestComparison[];
  /** Tests that only one of the runs has. */
  onlyInFirst: string[];
  onlyInSecond: string[];
}

export interface CompareOptions {
  /** How much the median must change before it counts, as a share: 0.05 by default. */
  threshold?: number;
  /** How unlikely chance must be: 0.01 by default. */
  alpha?: number;
}

const checks = {
  threshold: notNegative,
  alpha: /* @__PURE__ */ aNumber('a number from 0 to 1', (value) => value >= 0 && value <= 1),
};

const resamples = 400;

/** SplitMix-like, seeded: the same figures give the same interval. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Two-sided p of Mann and Whitney's U, by the normal approximation with the correction for ties; good from 8 figures on. */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  interface Ranked {
    value: number;
    first: boolean;
  }
  const all: Ranked[] = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))];
  all.sort((x, y) => x.value - y.value);
  const n = all.length;
  let ranks = 0;
  let ties = 0;
  for (let i = 0; i < n;) {
    let end = i;
    const { value } = all[i] as Ranked;
    while (end < n && all[end]?.value === value) end++;
    const rank = (i + 1 + end) / 2;
    for (let k = i; k < end; k++) if (all[k]?.first) ranks += rank;
    ties += (end - i) ** 3 - (end - i);
    i = end;
  }
  const u = ranks - (a.length * (a.length + 1)) / 2;
  const variance = ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (a.length * b.length) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, complementaryError(z / Math.SQRT2));
}

/** erfc, at most 1.2e-7 off relatively (Press et al., "Numerical Recipes", 6.2). */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return t * Math.exp(-x * x + terms.reduceRight((sum, term) => sum * t + term, 0));
}

/** Where the ratio of the medians of `b` and `a` lies in 95 % of resampled runs (Efron's bootstrap, percentiles). */
export function bootstrapInterval(a: readonly number[], b: readonly number[], seed = 1): [number, number] {
  const random = randomOf(seed);
  const resampled = (from: readonly number[]): number =>
    median(from.map(() => from[Math.floor(random() * from.length)] ?? NaN));
  const ratios = Array.from({ length: resamples }, () => resampled(b) / resampled(a)).sort((x, y) => x - y);
  const at = (share: number): number => ratios[Math.floor(share * (resamples - 1))] ?? NaN;
  return [at(0.025), at(0.975)];
}

/**
 * Compares two results of one test, or of one suite. Slower or faster is a verdict only where the medians differ by more
 * than the threshold, the whole interval of the ratio lies on one side of 1, and chance is as unlikely as asked. A test
 * that fails now, leaks now or holds more memory at its peak is worse, whatever its speed.
 */
export function compare(a: TestResult, b: TestResult, options?: CompareOptions): TestComparison;
export function compare(a: TestSuiteResult, b: TestSuiteResult, options?: CompareOptions): SuiteComparison;
export function compare(
  a: TestResult | TestSuiteResult,
  b: TestResult | TestSuiteResult,
  options: CompareOptions = {},
): TestComparison | SuiteComparison {
  for (const [name, given] of Object.entries({ a, b })) {
    const of = (isObject(given) ? given : {}) as Partial<TestResult & TestSuiteResult>;
    if (!Array.isArray(of.results ?? of.costs)) refuse(name, given, 'a result of tests');
  }
  checkOptions(options, checks);
  if ('results' in a !== 'results' in b) {
    refuse('b', b, `the result of a ${'results' in a ? 'suite' : 'test'}, as a is,`);
  }
  if ('results' in a && 'results' in b) return compareSuites(a, b, options);
  return compareTests(a as TestResult, b as TestResult, options);
}

/** Whether the larger one is more than the other by more than a share of it: the same whichever comes first. */
const differ = (a: number, b: number, share: number): boolean => Math.max(a, b) > Math.min(a, b) * (1 + share);

function compareTests(
  a: TestResult,
  b: TestResult,
  { threshold = 0.05, alpha = 0.01 }: CompareOptions,
): TestComparison {
  const worse: string[] = [];
  const better: string[] = [];
  if (a.passed !== b.passed) (a.passed ? worse : better).push(b.passed ? 'passes now' : `fails now: ${b.error}`);
  if (a.passed && b.passed) {
    if (a.leakedBytes !== b.leakedBytes && Math.min(a.leakedBytes, b.leakedBytes) === 0) {
      (b.leakedBytes > 0 ? worse : better).push(`leaked ${a.leakedBytes} bytes, and ${b.leakedBytes} now`);
    }
    if (differ(a.peakBytes, b.peakBytes, Math.max(threshold, 0.05))) {
      (b.peakBytes > a.peakBytes ? worse : better).push(
        `held ${a.peakBytes} bytes at its peak, and ${b.peakBytes} now`,
      );
    }
  }
  let ratio: number | null = null;
  let interval: [number, number] | null = null;
  let pValue: number | null = null;
  const [before, now] = [median(a.costs), median(b.costs)];
  if (a.passed && b.passed && before > 0 && now > 0) {
    ratio = now / before;
    interval = bootstrapInterval(a.costs, b.costs);
    pValue = mannWhitney(a.costs, b.costs);
    const enough = a.costs.length >= 8 && b.costs.length >= 8;
    if (enough && pValue < alpha && differ(before, now, threshold) && (interval[0] > 1 || interval[1] < 1)) {
      const percent = Math.abs(Math.round((ratio - 1) * 100));
      (ratio > 1 ? worse : better).push(`${percent} % ${ratio > 1 ? 'slower' : 'faster'}`);
    }
  }
  const verdict = worse.length > 0 ? 'worse' : better.length > 0 ? 'better' : 'same';
  return { name: b.name, verdict, ratio, interval, pValue, reasons: [...worse, ...better] };
}

function compareSuites(a: TestSuiteResult, b: TestSuiteResult, options: CompareOptions): SuiteComparison {
  const first = new Map(a.results.map((result) => [result.name, result]));
  const second = new Set(b.results.map(({ name }) => name));
  const tests = b.results.flatMap((result) => {
    const before = first.get(result.name);
    return before ? [compareTests(before, result, options)] : [];
  });
  const has = (verdict: Verdict): boolean => tests.some((test) => test.verdict === verdict);
  return {
    verdict: has('worse') ? 'worse' : has('better') ? 'better' : 'same',
    tests,
    onlyInFirst: [...first.keys()].filter((name) => !second.has(name)),
    onlyInSecond: [...second].filter((name) => !first.has(name)),
  };
}
