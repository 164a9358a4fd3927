// Results as people and machines read them.
import { isObject, refuse } from './checks.js';
import { shown, TidemarkError } from './errors.js';
import { shownBytes } from './shown_bytes.js';
import type { TestResult, TestSuiteResult } from './tester_types.js';

/** Rows of one result each, as a table shows them: the heads first. */
export function testRows(suite: TestSuiteResult): string[][] {
  const heads = ['test', 'score', 'ops/s', 'p50 µs', 'p99 µs', 'beside plain', 'peak', 'leaked', ''];
  const rows = suite.results.map((result) => [
    result.name,
    result.score.toFixed(1),
    result.opsPerSecond >= 1e6 ? `${(result.opsPerSecond / 1e6).toFixed(1)} M` : result.opsPerSecond.toFixed(0),
    result.latency.p50.toFixed(3),
    result.latency.p99.toFixed(3),
    result.relativeSpeed === null ? '' : `${result.relativeSpeed.toFixed(2)} ×`,
    shownBytes(result.peakBytes),
    shownBytes(result.leakedBytes),
    result.passed ? 'passed' : 'FAILED',
  ]);
  return [heads, ...rows];
}

/** A table for people, with what failed, and the advice. */
export function toTable(suite: TestSuiteResult): string {
  requireSuiteResult('toTable', suite);
  const rows = testRows(suite);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column)))).join('  ');
  const table = rows.map((row) => line(row).trimEnd());
  return [...table, '', ...endOfReport(suite)].join('\n');
}

/** What comes below the table. */
export function endOfReport({ results, summary }: TestSuiteResult): string[] {
  const errors = results.filter(({ error }) => error !== null).map(({ name, error }) => `${name}: ${error}`);
  const counts = `${summary.passed} passed, ${summary.failed} failed; score ${summary.score} of 100`;
  return [...errors, ...summary.recommendations.map((text) => `- ${text}`), counts];
}

/** @throws {TidemarkError} `'invalid-argument'` */
export function requireSuiteResult(what: string, given: unknown): void {
  const { results, summary } = (given ?? {}) as Partial<TestSuiteResult>;
  const isResult = (each: unknown): boolean => isObject(each) && Array.isArray((each as TestResult).costs);
  if (Array.isArray(results) && results.every(isResult) && Array.isArray(summary?.recommendations)) return;
  refuse(what, given, 'a TestSuiteResult');
}

/** The whole result, to be kept as a baseline: readBaseline() reads it. */
export function toJson(suite: TestSuiteResult): string {
  requireSuiteResult('toJson', suite);
  return `${JSON.stringify({ format: 'tidemark-test-suite-1', ...suite }, null, 2)}\n`;
}

/** @throws {TidemarkError} `'invalid-argument'`: not what toJson() has written */
export function readBaseline(json: string): TestSuiteResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new TidemarkError('invalid-argument', `baseline: it is no JSON: ${(cause as Error).message}`, { cause });
  }
  const { format, ...suite } = (parsed ?? {}) as { format?: unknown } & TestSuiteResult;
  if (format !== 'tidemark-test-suite-1' || !Array.isArray(suite.results)) {
    throw new TidemarkError(
      'invalid-argument',
      `baseline: its format is ${shown(format)}, and "tidemark-test-suite-1" is expected`,
    );
  }
  requireSuiteResult('baseline', suite);
  return suite;
}

// What XML 1.0 can't hold, even escaped, is left out.
const escaped = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);

function testCase(suite: string, result: TestResult): string {
  const properties = Object.entries({
    score: result.score,
    opsPerSecond: Math.round(result.opsPerSecond),
    peakBytes: result.peakBytes,
    leakedBytes: result.leakedBytes,
    p50Microseconds: result.latency.p50,
    p99Microseconds: result.latency.p99,
  }).map(([name, value]) => `        <property name="${name}" value="${value}"/>`);
  const failure =
    result.error === null
      ? []
      : [`      <failure message="${escaped(result.error)}">${escaped(result.error)}</failure>`];
  return [
    `    <testcase classname="${escaped(suite)}" name="${escaped(result.name)}" time="${(result.durationMs / 1000).toFixed(3)}">`,
    '      <properties>',
    ...properties,
    '      </properties>',
    ...failure,
    '    </testcase>',
  ].join('\n');
}

/** JUnit's XML, as CI systems read it. */
export function toJUnit(suite: TestSuiteResult): string {
  requireSuiteResult('toJUnit', suite);
  const { total, failed, durationMs } = suite.summary;
  const counts = `tests="${total}" failures="${failed}" errors="0" time="${(durationMs / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(suite.name)}" ${counts} timestamp="${new Date(suite.timestamp).toISOString()}">`,
    ...suite.results.map((result) => testCase(suite.name, result)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
