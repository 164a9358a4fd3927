// tidemark test app.js
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Table from 'cli-table3';
import * as tidemark from '../index.js';
import type { EmscriptenModule, MemoryPerformanceTest, SuiteComparison, TestSuiteResult } from '../types.js';
import { messageOf } from '../errors.js';
import { endOfReport, testRows } from '../tester_report.js';
import { CliError } from './cli_error.js';
import { loadApp, type StartOptions } from './load_app.js';
import { tell } from './output.js';

export interface TestCommandOptions extends StartOptions {
  json?: boolean;
  junit?: string;
  suite: string;
  baseline?: string;
  updateBaseline?: boolean;
  duration: number;
  seed: number;
  call?: string;
  iterations: number;
  warmup: number;
}

function applies(name: string, module: EmscriptenModule): boolean {
  if (['compaction', 'structures', 'cache'].includes(name)) return 'tidemark' in module;
  return name !== 'realloc' || 'tidemark' in module || typeof module['_realloc'] === 'function';
}

async function testsOf(wanted: string, module: EmscriptenModule): Promise<MemoryPerformanceTest[]> {
  const builtIn = tidemark.getBuiltInTests() as unknown as Record<string, MemoryPerformanceTest>;
  if (wanted === 'all') return Object.values(builtIn).filter(({ name }) => applies(name, module));
  if (/\.[cm]?js$/.test(wanted)) {
    if (!existsSync(wanted)) throw new CliError(3, `--suite: ${wanted}: there is no such file`);
    let tests: unknown;
    try {
      ({ default: tests } = (await import(pathToFileURL(resolve(wanted)).href)) as { default?: unknown });
    } catch (error) {
      throw new CliError(3, `--suite: ${wanted}: it can't be read: ${messageOf(error)}`);
    }
    if (!Array.isArray(tests) || tests.length === 0) {
      throw new CliError(
        3,
        `--suite: ${wanted}: its default export is no array of tests: [{ name, run }, …] is expected`,
      );
    }
    return tests as MemoryPerformanceTest[];
  }
  return [...new Set(wanted.split(',').map((name) => name.trim()))].map((name) => {
    const test = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
    if (!test)
      throw new CliError(2, `--suite: there is no test "${name}"; there are ${Object.keys(builtIn).join(', ')}`);
    return test;
  });
}

/** A leak test of the application itself: an export of it, called again and again. */
function testOfCall(name: string, module: EmscriptenModule, options: TestCommandOptions): MemoryPerformanceTest {
  const own = (of: string): unknown => (Object.hasOwn(module, of) ? module[of] : undefined);
  const call = own(`_${name}`) ?? own(name);
  if (typeof call !== 'function') {
    throw new CliError(2, `--call: the application exports no ${name}; link it with -sEXPORTED_FUNCTIONS=_${name}`);
  }
  const { iterations, warmup } = options;
  return { name: `${name}()`, iterations, warmup, maxLeakedBytes: 0, run: () => void (call as () => unknown)() };
}

/** The run to compare with, which is read before the tests take their time; null where there is none yet. */
function baselineIn({ baseline: file, updateBaseline }: TestCommandOptions): TestSuiteResult | null {
  if (file === undefined || updateBaseline || !existsSync(file)) return null;
  try {
    return tidemark.readBaseline(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(3, `--baseline: ${file} can't be read: ${(error as Error).message}`);
  }
}

/** What times depend on, beside the program. */
const machine = `${cpus()[0]?.model ?? 'an unknown processor'}, ${process.arch}`;

/** A baseline without its times, where they are those of another machine: it is told, and all else is compared. */
function comparable(baseline: TestSuiteResult & { machine?: string }, file: string): TestSuiteResult {
  if (baseline.machine === undefined || baseline.machine === machine) return baseline;
  process.stderr.write(
    `tidemark: --baseline: ${file} was made on ${baseline.machine}, and this is ${machine}: times are not compared\n`,
  );
  return { ...baseline, results: baseline.results.map((result) => ({ ...result, costs: [] })) };
}

function write(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError(3, `${option}: ${file} can't be written: ${(error as Error).message}`);
  }
}

/** Of calls into a program whose blocks can't be seen: 0 leaked bytes are none that have been looked for. */
function unseenLeaks({ results }: TestSuiteResult): string[] {
  return results
    .filter(({ name, leakEvidence }) => name.endsWith('()') && leakEvidence === 'memory')
    .map(
      ({ name }) =>
        `${name}: its blocks can't be seen: only a leak that makes linear memory grow is told; link Tidemark's runtime, or raise --iterations`,
    );
}

function shown(result: TestSuiteResult, comparison: SuiteComparison | null): string {
  const [head = [], ...rows] = testRows(result);
  const verdicts = new Map(comparison?.tests.map((test) => [test.name, test]));
  const table = new Table({
    head: comparison ? [...head, 'beside baseline'] : head,
    style: { head: [], border: [] },
    colAligns: head.map((_, column) => (column === 0 || column === head.length - 1 ? 'left' : 'right')),
  });
  for (const row of rows) {
    const test = verdicts.get(row[0] ?? '');
    table.push(comparison ? [...row, test ? [test.verdict, ...test.reasons].join(': ') : 'new'] : row);
  }
  return `${table.toString()}\n${[...endOfReport(result), ...unseenLeaks(result)].join('\n')}\n`;
}

/** Returns the exit code. */
export async function testCommand(file: string, options: TestCommandOptions): Promise<number> {
  const { baseline: baselineFile, junit: junitFile } = options;
  if (options.updateBaseline && baselineFile === undefined) {
    throw new CliError(2, '--update-baseline: --baseline <file> is missing, which says where');
  }
  const baseline = baselineIn(options);
  const app = await loadApp(file, options);
  const tests =
    options.call === undefined
      ? await testsOf(options.suite, app.module)
      : [testOfCall(options.call, app.module, options)];
  const result = await tidemark.runMemoryPerformanceTestSuite(app, { name: app.id, description: file, tests }, null, {
    durationMs: options.duration,
    seed: options.seed,
    onProgress: ({ test, fraction, result: ended }) => {
      if (process.stderr.isTTY)
        process.stderr.write(ended ? '\r\x1b[K' : `\r\x1b[K${test} ${Math.floor(fraction * 100)} %`);
    },
  });
  const comparison = baseline && tidemark.compare(comparable(baseline, baselineFile ?? ''), result);
  tell(
    options.json
      ? `${JSON.stringify({ ...result, ...(comparison && { comparison }) }, null, 2)}\n`
      : shown(result, comparison),
  );
  if (baselineFile !== undefined && baseline === null) {
    write('--baseline', baselineFile, tidemark.toJson(Object.assign(result, { machine })));
  }
  if (junitFile !== undefined) write('--junit', junitFile, tidemark.toJUnit(result));
  return result.summary.failed > 0 || comparison?.verdict === 'worse' ? 1 : 0;
}
