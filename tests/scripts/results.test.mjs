import { describe, expect, test } from 'vitest';
import { ofCtest, ofLastLine, ofPlaywright, ofVitest, sum } from '../../scripts/results.mjs';

const program = (name, status, output) =>
  `<testcase name="${name}" classname="${name}" time="0.1" status="${status}"><system-out>${output}</system-out></testcase>`;

const ran = '[==========] 3 tests from 2 test suites ran. (0 ms total)\n';

describe('ctest', () => {
  test('counts the cases inside GoogleTest programs, and other programs as one', () => {
    const junit =
      program('unit/a', 'run', `${ran}[  PASSED  ] 3 tests.\n`) + program('fuzz/heap', 'run', 'Done 20000 runs');
    expect(ofCtest(junit)).toEqual({ passed: 4, failed: 0, failures: [] });
  });

  test('names each failed case once', () => {
    const output =
      `[  FAILED  ] Heap.Grows (0 ms)\n[  FAILED  ] Sizes/Heap.Fits/8, where GetParam() = 8 (0 ms)\n${ran}` +
      '[  PASSED  ] 1 test.\n[  FAILED  ] 2 tests, listed below:\n' +
      '[  FAILED  ] Heap.Grows\n[  FAILED  ] Sizes/Heap.Fits/8, where GetParam() = 8\n\n 2 FAILED TESTS\n';
    expect(ofCtest(program('unit/heap', 'fail', output))).toEqual({
      passed: 1,
      failed: 2,
      failures: ['unit/heap: Heap.Grows', 'unit/heap: Sizes/Heap.Fits/8'],
    });
  });

  test('a program that died, was not found or has no tests is one failure', () => {
    const died = program('unit/a', 'fail', '[ RUN      ] Heap.Grows\nSegmentation fault');
    const notFound =
      '<testcase name="unit/b" classname="unit/b" time="0" status="notrun"><skipped message=""/></testcase>';
    const empty = program(
      'unit/c',
      'run',
      '[==========] 0 tests from 0 test suites ran. (0 ms total)\n[  PASSED  ] 0 tests.\n',
    );
    expect(ofCtest(died + notFound + empty)).toEqual({
      passed: 0,
      failed: 3,
      failures: ['unit/a: fail', 'unit/b: notrun', 'unit/c: has no tests'],
    });
  });

  test('a program that passed its tests and then ended badly has failed once', () => {
    const leaked = program('unit/a', 'fail', `${ran}[  PASSED  ] 3 tests.\nERROR: LeakSanitizer`);
    expect(ofCtest(leaked)).toEqual({ passed: 3, failed: 1, failures: ['unit/a: fail'] });
  });

  test('skipped and disabled cases have failed', () => {
    const output = `${ran}[  PASSED  ] 2 tests.\n[  SKIPPED ] 1 test, listed below:\n  YOU HAVE 2 DISABLED TESTS\n`;
    expect(ofCtest(program('unit/a', 'run', output))).toMatchObject({ passed: 2, failed: 3 });
  });
});

describe('vitest', () => {
  const report = (counts, testResults) => ({
    ...{ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 },
    ...counts,
    testResults,
  });

  test('counts what passed, failed and was skipped', () => {
    const assertionResults = [
      { status: 'passed', fullName: 'adds' },
      { status: 'failed', fullName: 'divides' },
      { status: 'skipped', fullName: 'roots' },
    ];
    const counts = { numPassedTests: 1, numFailedTests: 1, numPendingTests: 1 };
    expect(ofVitest(report(counts, [{ name: 'sums', status: 'failed', assertionResults }]))).toEqual({
      passed: 1,
      failed: 2,
      failures: ['divides', 'roots'],
    });
  });

  test('a file that cannot be loaded is one failure', () => {
    const broken = { name: 'sums', status: 'failed', message: 'SyntaxError', assertionResults: [] };
    expect(ofVitest(report({}, [broken]))).toEqual({ passed: 0, failed: 1, failures: ['sums: SyntaxError'] });
  });
});

test('Playwright: flaky and skipped tests have failed, and so have errors outside of tests', () => {
  const spec = (title, status) => ({ title, tests: [{ projectName: 'firefox', status }] });
  const inner = { title: 'GoogleTest', specs: [spec('unit/a', 'expected'), spec('unit/b', 'flaky')] };
  const report = {
    stats: { expected: 1, unexpected: 0, flaky: 1, skipped: 1 },
    errors: [{ message: 'no browser' }],
    suites: [{ title: 'googletest.spec.ts', suites: [inner], specs: [spec('c', 'skipped')] }],
  };
  expect(ofPlaywright(report)).toEqual({
    passed: 1,
    failed: 3,
    failures: ['no browser', 'firefox: googletest.spec.ts › GoogleTest › unit/b', 'firefox: googletest.spec.ts › c'],
  });
});

test('the last line of a script', () => {
  expect(ofLastLine('setup', 'noise\n12 passed, 0 failed\n')).toEqual({ passed: 12, failed: 0, failures: [] });
  expect(ofLastLine('setup', '1 passed, 2 failed')).toEqual({ passed: 1, failed: 2, failures: ['setup: 2 failed'] });
  expect(ofLastLine('setup', '12 passed, 0 failed\nSegmentation fault')).toBeUndefined();
});

test('results add up', () => {
  expect(
    sum([
      { passed: 1, failed: 0, failures: [] },
      { passed: 2, failed: 1, failures: ['a'] },
    ]),
  ).toEqual({ passed: 3, failed: 1, failures: ['a'] });
});
