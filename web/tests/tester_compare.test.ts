import { describe, expect, test } from 'vitest';
import { compare, type TestResult, type TestSuiteResult } from 'tidemark';
import { bootstrapInterval, mannWhitney } from '../src/tester_compare.js';

/** Figures as a machine gives them: around 1, with a tail; the same for the same seed. */
function figures(seed: number, count: number, factor = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = state / 2 ** 32;
    return factor * (1 + 0.1 * noise + (noise > 0.95 ? 1 : 0));
  });
}

const result = (costs: number[], more: Partial<TestResult> = {}): TestResult =>
  ({ name: 't', passed: true, error: null, peakBytes: 1000, leakedBytes: 0, costs, ...more }) as TestResult;

describe('Mann–Whitney', () => {
  // Worked by hand: U from the ranks, and p from the normal approximation with correction for continuity and ties.
  test.each([
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.0122],
    [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10], 0.6761],
    [[1, 1, 2, 2], [1, 1, 2, 2], 1],
    [[5], [5], 1],
  ])('%j and %j', (a, b, expected) => {
    expect(mannWhitney(a, b)).toBeCloseTo(expected, 4);
    expect(mannWhitney(b, a)).toBeCloseTo(expected, 4);
  });

  test('finds a difference in as many pairs without one as its level says', () => {
    let found = 0;
    for (let seed = 1; seed <= 400; seed++)
      if (mannWhitney(figures(seed, 30), figures(seed + 5000, 30)) < 0.05) found++;
    // 20 expected, with a deviation of 4.4: five deviations on either side.
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(42);
  });
});

test('the interval of the ratio holds the ratio, and is the same each time', () => {
  const [low, high] = bootstrapInterval(figures(1, 50), figures(2, 50, 1.5));
  expect(low).toBeLessThan(1.5);
  expect(high).toBeGreaterThan(1.45);
  expect(high - low).toBeLessThan(0.2);
  expect(bootstrapInterval(figures(1, 50), figures(2, 50, 1.5))).toEqual([low, high]);
});

describe('compare', () => {
  test.each([
    ['the same', 1, 'same', []],
    ['a fifth slower', 1.2, 'worse', ['20 % slower']],
    ['a fifth faster', 0.8, 'better', ['20 % faster']],
    ['less than the threshold', 1.03, 'same', []],
  ])('%s', (_, factor, verdict, reasons) => {
    const compared = compare(result(figures(1, 60)), result(figures(1, 60, factor)));
    expect(compared).toMatchObject({ name: 't', verdict, reasons });
    expect(compared.ratio).toBeCloseTo(factor, 6);
  });

  test('two runs of the same thing are the same', () => {
    for (let seed = 1; seed < 50; seed++) {
      expect(compare(result(figures(seed, 40)), result(figures(seed + 900, 40))).verdict).toBe('same');
    }
  });

  test('a few figures are too little to tell', () => {
    expect(compare(result([1, 1, 1]), result([2, 2, 2])).verdict).toBe('same');
    expect(compare(result([]), result([]))).toMatchObject({
      verdict: 'same',
      ratio: null,
      interval: null,
      pValue: null,
    });
  });

  test('failing, leaking and holding more are worse, whatever the speed', () => {
    const before = result(figures(1, 40));
    const faster = figures(1, 40, 0.5);
    const failed = compare(before, result(faster, { passed: false, error: 'broken' }));
    expect(failed).toMatchObject({ verdict: 'worse', reasons: ['fails now: broken'] });
    expect(compare(result(faster, { passed: false, error: 'broken' }), before).verdict).toBe('better');
    expect(compare(before, result(faster, { leakedBytes: 8 })).verdict).toBe('worse');
    expect(compare(before, result(faster, { peakBytes: 1200 })).reasons).toEqual([
      'held 1000 bytes at its peak, and 1200 now',
      '50 % faster',
    ]);
    expect(compare(before, result(figures(1, 40), { peakBytes: 800 })).verdict).toBe('better');
  });

  test('what was better one way is worse the other way', () => {
    const opposite = { better: 'worse', worse: 'better', same: 'same' };
    const peaks = [0, 1, 100, 104, 105.2, 106, 200];
    for (const [first, second] of peaks.flatMap((a) => peaks.map((b) => [a, b] as const))) {
      const [a, b] = [first, second].map((peakBytes) => result(figures(1, 40), { peakBytes }));
      if (a && b) expect(compare(b, a).verdict).toBe(opposite[compare(a, b).verdict]);
    }
    // Faster than the clock can tell is too little to tell, and not infinitely fast.
    const [some, none] = [result(figures(1, 40)), result(figures(1, 40, 0))];
    expect([compare(some, none).verdict, compare(none, some).verdict]).toEqual(['same', 'same']);
    expect(compare(result(figures(1, 40)), result(figures(1, 40), { peakBytes: 0 })).verdict).toBe('better');
  });

  test('suites: the worst verdict counts, and what only one has is named', () => {
    const suite = (...results: TestResult[]): TestSuiteResult => ({ name: 's', results }) as TestSuiteResult;
    const named = (name: string, factor: number): TestResult => result(figures(1, 40, factor), { name });
    const compared = compare(
      suite(named('a', 1), named('b', 1), named('x', 1)),
      suite(named('a', 0.5), named('b', 2), named('y', 1)),
    );
    expect(compared).toMatchObject({ verdict: 'worse', onlyInFirst: ['x'], onlyInSecond: ['y'] });
    expect(compared.tests.map(({ verdict }) => verdict)).toEqual(['better', 'worse']);
  });
});
