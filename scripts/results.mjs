// What the test runners reported, as counts: { passed, failed, failures }. `failures` has one line for each failed case.
//
// A test that was skipped or disabled counts as failed: nothing here may pass by not being run.
import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, failures: string[] }} Results */

/** @returns {Results} */
export function noResults() {
  return { passed: 0, failed: 0, failures: [] };
}

/** @param {Results[]} all @returns {Results} */
export function sum(all) {
  return all.reduce(
    (total, { passed, failed, failures }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      failures: [...total.failures, ...failures],
    }),
    noResults(),
  );
}

/** @returns {Results} one case, which has failed */
export function oneFailure(line) {
  return { passed: 0, failed: 1, failures: [line] };
}

function unescapeXml(text) {
  const characters = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => characters[name]);
}

/** What a GoogleTest program has printed; undefined when it is not the output of one that came to its end. */
function ofGoogleTest(program, output) {
  const count = (pattern) => Number(pattern.exec(output)?.[1] ?? 0);
  if (!/^\[==========\] \d+ tests? from \d+ test suites? ran/m.test(output)) return undefined;
  const skipped = count(/^\[ {2}SKIPPED \] (\d+) tests?, listed below/m);
  const disabled = count(/^ *YOU HAVE (\d+) DISABLED TEST/m);
  // Each name stands in the list at the end, and with its time where it failed.
  const list = /^\[ {2}FAILED {2}\] \d+ tests?, listed below:\n([\s\S]*)/m.exec(output)?.[1] ?? '';
  const failures = Array.from(list.matchAll(/^\[ {2}FAILED {2}\] (\w[\w./]*)/gm), ([, name]) => name);
  if (skipped > 0) failures.push(`${skipped} skipped`);
  if (disabled > 0) failures.push(`${disabled} disabled`);
  return {
    passed: count(/^\[ {2}PASSED {2}\] (\d+) tests?\./m),
    failed: count(/^\[ {2}FAILED {2}\] (\d+) tests?, listed below/m) + skipped + disabled,
    failures: failures.map((name) => `${program}: ${name}`),
  };
}

/** The test cases inside a JUnit file of ctest; a program that is not GoogleTest's is one case. @returns {Results} */
export function ofCtest(junit) {
  const cases = Array.from(
    junit.matchAll(/<testcase name="([^"]*)"[^>]*?status="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
  );
  return sum(
    cases.map(([, escapedName, status, body = '']) => {
      const name = unescapeXml(escapedName);
      const output = unescapeXml(/<system-out>([\s\S]*?)<\/system-out>/.exec(body)?.[1] ?? '');
      const inside = ofGoogleTest(name, output);
      if (status === 'run') {
        if (inside && inside.passed + inside.failed === 0) return oneFailure(`${name}: has no tests`);
        return inside ?? { passed: 1, failed: 0, failures: [] };
      }
      return inside && inside.failed > 0 ? inside : sum([inside ?? noResults(), oneFailure(`${name}: ${status}`)]);
    }),
  );
}

/** @returns {Results} */
export function ofVitest(report) {
  const skipped = report.numPendingTests + report.numTodoTests;
  const cases = report.testResults.flatMap((file) => {
    if (file.status === 'failed' && file.assertionResults.length === 0) return [`${file.name}: ${file.message}`];
    return file.assertionResults.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName);
  });
  const broken = cases.length - report.numFailedTests - skipped;
  return { passed: report.numPassedTests, failed: report.numFailedTests + skipped + broken, failures: cases };
}

/** @returns {Results} */
export function ofPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  const failures = report.errors.map(({ message }) => message);
  const visit = (suite, path) => {
    for (const inner of suite.suites ?? []) visit(inner, [...path, inner.title]);
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status !== 'expected') failures.push(`${test.projectName}: ${[...path, spec.title].join(' › ')}`);
      }
    }
  };
  report.suites.forEach((suite) => visit(suite, [suite.title]));
  return { passed: expected, failed: unexpected + flaky + skipped + report.errors.length, failures };
}

/** A script's own last line, `N passed, N failed`. @returns {Results | undefined} */
export function ofLastLine(name, output) {
  const match = /^(\d+) passed, (\d+) failed$/.exec(output.trimEnd().split('\n').at(-1) ?? '');
  if (!match) return undefined;
  const failed = Number(match[2]);
  return { passed: Number(match[1]), failed, failures: failed > 0 ? [`${name}: ${failed} failed`] : [] };
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
