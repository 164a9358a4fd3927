import { expect, test } from 'vitest';
import { compare, readBaseline, toJson, toJUnit, toTable, type TestResult, type TestSuiteResult } from 'tidemark';
import { scoreOf } from '../src/tester_score.js';

const result = (more: Partial<TestResult>): TestResult => ({
  name: 'stress',
  moduleId: 'app',
  passed: true,
  durationMs: 1234.5,
  operations: 1000,
  opsPerSecond: 2_500_000,
  peakBytes: 3 << 20,
  peakLiveBytes: 2 << 20,
  leakedBytes: 0,
  leakEvidence: 'heap',
  fragmentation: 0.25,
  score: 81.6,
  relativeSpeed: 0.75,
  latency: { p50: 0.1, p95: 0.2, p99: 0.3, max: 4, operationsPerReading: 64, clockResolution: 1 },
  samples: [],
  recommendations: ['free more'],
  error: null,
  costs: [1, 2, 3],
  ...more,
});
const failed = result({
  name: 'leaks <&>',
  passed: false,
  score: 0,
  leakedBytes: 1536,
  error: 'it\u0007 "leaks" & <more>',
});
const suite: TestSuiteResult = {
  name: 'all',
  description: 'of them',
  moduleId: 'app',
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5),
  version: '0.1.0',
  results: [result({}), failed],
  summary: {
    total: 2,
    passed: 1,
    failed: 1,
    score: 40.8,
    durationMs: 2469,
    peakBytes: 3 << 20,
    recommendations: ['free more'],
  },
};

test('a table for people', () => {
  expect(toTable(suite).split('\n')).toEqual([
    'test       score  ops/s  p50 µs  p99 µs  beside plain     peak   leaked',
    'stress      81.6  2.5 M   0.100   0.300        0.75 ×  3.0 MiB      0 B  passed',
    'leaks <&>    0.0  2.5 M   0.100   0.300        0.75 ×  3.0 MiB  1.5 KiB  FAILED',
    '',
    'leaks <&>: it\u0007 "leaks" & <more>',
    '- free more',
    '1 passed, 1 failed; score 40.8 of 100',
  ]);
});

test('JUnit: counts, times in seconds, failures, and nothing that XML can not hold', () => {
  const xml = toJUnit(suite);
  expect(xml).toContain(
    '<testsuite name="all" tests="2" failures="1" errors="0" time="2.469" timestamp="2026-01-02T03:04:05.000Z">',
  );
  expect(xml).toContain('<testcase classname="all" name="stress" time="1.234">'.replace('1.234', (1.2345).toFixed(3)));
  expect(xml).toContain('<property name="score" value="81.6"/>');
  expect(xml).toContain('name="leaks &#60;&#38;&#62;"');
  expect(xml).toContain('<failure message="it &#34;leaks&#34; &#38; &#60;more&#62;">');
  expect(xml.match(/<failure /g)).toHaveLength(1);
  // Of an attribute, white space is no more than spaces to whoever reads it, unless it is escaped.
  const odd = { ...suite, name: 'ä "\u0007\u001b[31m日本\'', results: [result({ name: 'a\n\tb\r' })] };
  expect(toJUnit(odd)).toContain('<testcase classname="ä &#34;[31m日本&#39;" name="a&#10;&#9;b&#13;"');
  // Every element that is opened is closed, in order.
  const open: string[] = [];
  for (const [, closing, name, , empty] of xml.matchAll(/<(\/?)([a-z]+)((?:\s[a-zA-Z]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name ?? '');
  }
  expect(open).toEqual([]);
});

test('a baseline is what was written, and nothing else is one', () => {
  expect(readBaseline(toJson(suite))).toEqual(suite);
  for (const text of ['', 'null', '{}', '[]', '{"format":"tidemark-test-suite-1"}', JSON.stringify(suite)]) {
    expect(() => readBaseline(text), text).toThrow(/^baseline: /);
  }
});

test.each([
  [{ relativeSpeed: 1, peakLiveBytes: 100, peakBytes: 100, leakedBytes: 0 }, 100],
  [{ relativeSpeed: 2, peakLiveBytes: 100, peakBytes: 50, leakedBytes: 0 }, 100], // no factor is above 1
  [{ relativeSpeed: 0.25, peakLiveBytes: 100, peakBytes: 100, leakedBytes: 0 }, 50],
  [{ relativeSpeed: 1, peakLiveBytes: 25, peakBytes: 100, leakedBytes: 0 }, 50],
  [{ relativeSpeed: 0.5, peakLiveBytes: 50, peakBytes: 100, leakedBytes: 0 }, 50],
  [{ relativeSpeed: 1, peakLiveBytes: 100, peakBytes: 100, leakedBytes: 30 }, 70],
  [{ relativeSpeed: 1, peakLiveBytes: 100, peakBytes: 100, leakedBytes: 1000 }, 0],
  [{ relativeSpeed: null, peakLiveBytes: null, peakBytes: 0, leakedBytes: 0 }, 100],
  [{ relativeSpeed: null, peakLiveBytes: null, peakBytes: 100, leakedBytes: 25 }, 75],
])('the score of %j is %d', (figures, score) => {
  expect(scoreOf(figures)).toBe(score);
});

test.each([undefined, null, 5, {}, []])('%j is no result', (given) => {
  const refused = expect.objectContaining({ code: 'invalid-argument' }) as Error;
  for (const use of [toTable, toJson, toJUnit, (result: never) => compare(result, result)]) {
    expect(() => use(given as never)).toThrow(refused);
  }
});
