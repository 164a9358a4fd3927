import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseWasm } from '../src/cli/wasm_binary.js';
import { readBaseline, toJson } from '../src/tester_report.js';
import type { TestSuiteResult } from '../src/types.js';

const cli = join(import.meta.dirname, '../dist/cli.js');
const built = join(import.meta.dirname, '../../build/wasm/web');
const app = (name: string): string => join(built, `app_${name}`);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
const file = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, out, err) =>
      resolve({ code: error ? (error.code as number) : 0, out, err }),
    );
  });
}
const quickly = ['--duration', '10'];

describe('test', () => {
  test.each([
    ['linked.mjs', 9],
    ['dlmalloc.mjs', 6], // no compaction, no structures
    ['emmalloc.cjs', 6], // CommonJS
  ])('%s passes', async (name, count) => {
    const { code, out, err } = await run('test', app(name), ...quickly);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain(`${count} passed, 0 failed`);
    expect(out).toMatch(/│ stress +│ +\d/);
  });

  test('a failed test is exit code 1, and in the JUnit file', async () => {
    const { code, out } = await run(
      'test',
      app('small.mjs'),
      ...quickly,
      '--suite',
      'basicAllocation,stress',
      '--junit',
      'r.xml',
    );
    expect(code).toBe(1);
    expect(out).toContain('1 passed, 1 failed');
    expect(out).toContain('stress: the allocator refused');
    expect(readFileSync(file('r.xml'), 'utf8')).toMatch(
      /tests="2" failures="1"[\s\S]*<failure message="the allocator refused/,
    );
  });

  test('--call finds the leak of an export, and passes one that is clean', async () => {
    const leaky = await run('test', app('linked.mjs'), '--call', 'leak', '--iterations', '20', '--json');
    expect(leaky.code).toBe(1);
    const [result] = (JSON.parse(leaky.out) as TestSuiteResult).results;
    expect(result).toMatchObject({ name: 'leak()', passed: false, leakEvidence: 'heap', operations: 20 });
    expect(result?.leakedBytes).toBeGreaterThanOrEqual(20 * 10 * 3000);
    expect((await run('test', app('linked.mjs'), '--call', 'work')).code).toBe(0);
    expect((await run('test', app('linked.mjs'), '--call', 'nothing')).code).toBe(2);
    // In a program whose blocks can't be seen that it passes says little: which is said.
    const unseen = await run('test', app('dlmalloc.mjs'), '--call', 'leak', '--iterations', '20');
    expect(unseen.out).toMatch(
      /^leak\(\): its blocks can't be seen: only a leak that makes linear memory grow is told/m,
    );
    expect(leaky.out + (await run('test', app('linked.mjs'), '--call', 'work')).out).not.toContain("can't be seen");
  });

  test('a baseline is written, compared with, and written anew', async () => {
    const args = ['test', app('linked.mjs'), ...quickly, '--suite', 'basicAllocation', '--baseline', 'base.json'];
    expect((await run(...args)).code).toBe(0);
    const baseline = readBaseline(readFileSync(file('base.json'), 'utf8'));
    const { costs } = baseline.results[0] ?? { costs: [] };
    const scaled = (factor: number): string => {
      const results = baseline.results.map((result) => ({ ...result, costs: costs.map((cost) => cost * factor) }));
      return toJson({ ...baseline, results });
    };
    // As if it had been a hundred times as fast, and as slow: no machine is that unsteady.
    writeFileSync(file('base.json'), scaled(0.01));
    const slower = await run(...args);
    expect(slower.out).toContain('worse');
    expect(slower.code).toBe(1);
    writeFileSync(file('base.json'), scaled(100));
    const faster = await run(...args, '--json');
    expect(faster.code).toBe(0);
    expect(JSON.parse(faster.out)).toMatchObject({ comparison: { verdict: 'better' } });
    writeFileSync(file('base.json'), 'something else');
    expect(await run(...args)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^tidemark: --baseline: base.json can't be read: baseline: it is no JSON/) as string,
    });
    expect((await run(...args, '--update-baseline')).code).toBe(0);
    expect(readBaseline(readFileSync(file('base.json'), 'utf8')).results).toHaveLength(1);
  });

  test('times of another machine are not compared, and all else is', async () => {
    const args = ['test', app('linked.mjs'), ...quickly, '--suite', 'basicAllocation', '--baseline', 'far.json'];
    expect((await run(...args)).code).toBe(0);
    const baseline = readBaseline(readFileSync(file('far.json'), 'utf8'));
    const [first] = baseline.results as [TestSuiteResult['results'][0]];
    const made = (machine: string | undefined, more: object): void => {
      const results = [{ ...first, costs: first.costs.map((cost) => cost / 100), ...more }];
      writeFileSync(file('far.json'), toJson({ ...baseline, results, ...{ machine } }));
    };
    made(undefined, {}); // of a version that did not write it down
    expect(await run(...args)).toMatchObject({ code: 1, err: '' });
    made('Abacus 3000, x64', {});
    const other = await run(...args);
    expect(other.err).toMatch(
      /^tidemark: --baseline: far.json was made on Abacus 3000, x64, and this is .+: times are not compared\n$/,
    );
    expect(other.code).toBe(0);
    made('Abacus 3000, x64', { peakBytes: first.peakBytes / 2 });
    expect((await run(...args)).out).toMatch(/worse: held \d+ bytes/);
  });

  test("tests of one's own come from a file", async () => {
    writeFileSync(
      file('mine.mjs'),
      `export default [
        { name: 'good', run: ({ module }) => module.module._free(module.module._malloc(10)) },
        { name: 'bad', run: () => { throw new Error('as expected'); } },
      ];`,
    );
    const { code, out } = await run('test', app('dlmalloc.mjs'), '--suite', 'mine.mjs');
    expect(code).toBe(1);
    expect(out).toContain('bad: as expected');
    expect(out).toContain('1 passed, 1 failed');
  });
});

describe('an application that prints', () => {
  test.each(['speaking.js', 'speaking_small.js', 'instance.mjs'])(
    '%s is started once, without arguments, and what it prints is no result',
    async (name) => {
      const { code, out, err } = await run('report', join(built, name), '--json');
      expect(err).toBe('started with 1\nand from JavaScript\n');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toHaveProperty('stats.allocated');
      const tested = await run('test', join(built, name), ...quickly, '--suite', 'stress', '--json');
      expect(tested.code).toBe(0);
      expect(JSON.parse(tested.out)).toHaveProperty('summary.passed', 1);
    },
  );

  test('one that aborts as it starts, or throws where nobody waits, ends with one line more and no result', async () => {
    const early = await run('report', join(built, 'aborting.js'));
    expect(early).toMatchObject({ code: 3, out: '' });
    expect(early.err).toMatch(/^tidemark: .*aborting.js: it could not be started: .*Aborted/m);
    writeFileSync(
      file('late.mjs'),
      "export default () => new Promise(() => void setTimeout(() => { throw new Error('late'); }));",
    );
    const late = await run('report', 'late.mjs');
    expect(late).toMatchObject({ code: 3, out: '' });
    expect(late.err).toBe('tidemark: nobody caught what the application threw: late\n');
  });

  const starting = (more: string): string =>
    `import create from ${JSON.stringify(app('linked.mjs'))}; export default async () => { const app = await create(); ${more}; return app; };`;

  test('one that ends the process is no success, as it starts or while it is tested', async () => {
    writeFileSync(file('leaving.mjs'), starting('process.exit(0)'));
    const early = await run('report', 'leaving.mjs');
    const line = 'tidemark: the application has ended the process, with exit code 0\n';
    expect(early).toEqual({ code: 3, out: '', err: line });
    writeFileSync(file('leaving_later.mjs'), starting('setTimeout(() => process.exit(0), 1)'));
    expect(await run('test', 'leaving_later.mjs', '--suite', 'stress')).toEqual({ code: 3, out: '', err: line });
  });

  test('by whatever it prints, standard output has the result only', async () => {
    const ways = [
      'process.stdout.write(new Uint8Array([255, 10]))',
      "(await import('node:fs')).writeSync(1, 'by number\\n')",
      "console.table(['by console'])",
    ];
    writeFileSync(file('printing.mjs'), starting(ways.join(';')));
    const { code, out, err } = await run('report', 'printing.mjs', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('stats.allocated');
    expect(err).toMatch(/\ufffd\nby number\n[^]*by console/);
  });

  test('what is thrown and is no Error has a message, too', async () => {
    const { code, out } = await run('test', join(built, 'instance.mjs'), '--call', 'quit', '--iterations', '1');
    expect(code).toBe(1);
    expect(out).toContain('quit(): Program terminated with exit(4)');
  });

  test('one that never comes to an end of its start', async () => {
    writeFileSync(file('endless.mjs'), 'export default () => new Promise(() => {});');
    const { code, out, err } = await run('report', 'endless.mjs');
    expect(err).toBe('tidemark: the application never came to an end of its start\n');
    expect([code, out]).toEqual([3, '']);
  });

  test('one that waits, with something else to do, is given up', async () => {
    writeFileSync(file('waiting.mjs'), 'setInterval(() => {}, 1000);\nexport default () => new Promise(() => {});');
    for (const command of ['report', 'test']) {
      const { code, out, err } = await run(command, 'waiting.mjs', '--start-timeout', '50');
      expect(err).toBe(
        'tidemark: waiting.mjs: it could not be started: it was not ready after 50 ms; --start-timeout <ms> gives it more\n',
      );
      expect([code, out]).toEqual([3, '']);
    }
  });

  test('a suite that is named twice is run once', async () => {
    const { out } = await run('test', app('linked.mjs'), '--suite', 'stress, stress', '--json', ...quickly);
    expect((JSON.parse(out) as TestSuiteResult).results.map(({ name }) => name)).toEqual(['stress']);
  });
});

describe('report', () => {
  test('of a linked application: figures of its heap', async () => {
    const { code, out } = await run('report', app('linked.mjs'), '--json');
    expect(code).toBe(0);
    const { stats, sizeClasses } = JSON.parse(out) as { stats: Record<string, number>; sizeClasses: unknown[] };
    expect(stats['used']).toBeGreaterThanOrEqual(0);
    expect(stats['allocated']).toBeGreaterThan(0);
    expect(Array.isArray(sizeClasses)).toBe(true);
    expect((await run('report', app('linked.mjs'))).out).toMatch(/linked with Tidemark[\s\S]*allocated +│ \d/);
  });

  test('of another one: what can be known', async () => {
    const { code, out } = await run('report', app('dlmalloc.mjs'));
    expect(code).toBe(0);
    expect(out).toMatch(/not linked with Tidemark/);
    expect(out).toMatch(/used +│ not known/);
    expect(out).toMatch(/efficiency +│ not known/);
    expect(out).toMatch(/limit +│ none/);
  });
});

describe('inspect', () => {
  test('of a script without a binary beside it: why there may be none', async () => {
    writeFileSync(file('single.js'), 'var wasmBinary = "…";');
    const { code, err } = await run('inspect', 'single.js');
    expect(code).toBe(3);
    expect(err).toMatch(/^tidemark: single.js: there is no single.wasm beside it; with -sSINGLE_FILE/);
  });

  const inspected = async (name: string): Promise<Record<string, never>> => {
    const { code, out } = await run('inspect', app(name), '--json');
    expect(code).toBe(0);
    return JSON.parse(out) as Record<string, never>;
  };

  test('an application with Tidemark and its runtime can shrink', async () => {
    expect(await inspected('linked.wasm')).toMatchObject({
      allocator: 'tidemark',
      memory: { maximumBytes: 2 ** 31, growable: true, shared: false },
      shrink: { possible: true },
    });
  });

  test('exports of the runtime are counted, and those of the program named', async () => {
    const { out } = await run('inspect', app('linked.mjs'));
    expect(out).toMatch(/exports +│[^│]*work/);
    expect(out).toMatch(/and \d+ of Tidemark's/);
    expect(out).not.toContain('tidemark_leaks_begin');
    expect((await run('inspect', app('linked.mjs'), '--json')).out).toContain('tidemark_leaks_begin');
  });

  test('the stack is as large as it was linked, or a little larger: zeroed data lies beside it', async () => {
    const { stack, staticData } = (await inspected('small.wasm')) as unknown as {
      stack: { mostBytes: number };
      staticData: { bytes: number };
    };
    expect(stack.mostBytes).toBeGreaterThanOrEqual(16 << 10);
    expect(stack.mostBytes).toBeLessThan(20 << 10);
    expect(staticData.bytes).toBeGreaterThan(0);
  });

  test.each([
    ['dlmalloc.wasm', ['dlmalloc']],
    ['emmalloc.wasm', ['emmalloc', 'unknown']], // it has no text and no constant of its own: only names tell
    ['mimalloc.wasm', ['mimalloc', 'unknown']],
  ])('%s cannot', async (name, allocators) => {
    const found = await inspected(name);
    expect(allocators).toContain(found['allocator']);
    expect(found).toMatchObject({ shrink: { possible: false } });
  });

  test('limits of memory are those that it was linked with', async () => {
    expect(await inspected('small.wasm')).toMatchObject({
      memory: { initialBytes: 256 << 10, maximumBytes: 256 << 10, growable: false },
    });
    const { out } = await run('inspect', app('small.mjs'));
    expect(out).toMatch(/it can't grow/);
    expect(out).toMatch(/shrink +│ not possible/);
  });

  test('without the JavaScript beside it, whether the runtime is there is not known', async () => {
    copyFileSync(app('linked.wasm'), file('alone.wasm'));
    const { out } = await run('inspect', 'alone.wasm');
    expect(out).toMatch(/shrink +│ not known/);
  });

  const magic = [0, 97, 115, 109, 1, 0, 0, 0];
  const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
  const parsed = (...sections: number[][]): ReturnType<typeof parseWasm> =>
    parseWasm(Uint8Array.from([magic, ...sections].flat()));

  test('the script that is given is looked at, and beside a binary each that is there', async () => {
    for (const end of ['mjs', 'wasm']) copyFileSync(app(`linked.${end}`), file(`twice.${end}`));
    writeFileSync(file('twice.js'), 'var Module = {};');
    for (const [name, possible] of [
      ['twice.mjs', true],
      ['twice.js', false],
      ['twice.wasm', true],
    ] as const) {
      const { out } = await run('inspect', name, '--json');
      expect(JSON.parse(out), name).toHaveProperty('shrink.possible', possible);
    }
  });

  test('what other compilers write is no reason to stop, and none of it is taken for a stack', () => {
    const memory = [5, 3, 1, 0, 1]; // a page
    const changing = (...value: number[]): number[] => [0x7f, 1, 0x41, ...value, 0x0b];
    const at = (...value: number[]): number | null => parsed(memory, section(6, 1, ...changing(...value))).stackPointer;
    expect(at(0x80, 0x80, 0x04)).toBe(65_536); // at the end of memory, as Rust has it
    expect(at(0)).toBeNull(); // AssemblyScript: how many objects there are
    expect(at(0x81, 0x08)).toBeNull(); // not aligned
    expect(at(0x90, 0x80, 0x04)).toBeNull(); // outside of memory
    // A vector, and an object of the garbage collector: what comes after them is not looked at.
    const vector = [0x7b, 1, 0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0x0b), 0x0b];
    expect(parsed(memory, section(6, 2, ...vector, ...changing(0x80, 0x08)))).toMatchObject({ stackPointer: null });
    expect(parsed(memory, section(6, 1, 0x64, 0, 0, 0x41, 1, 0xfb, 0, 0, 0x0b)).stackPointer).toBeNull();
    // Of several memories the first is the program's; so is its data.
    const two = parsed([5, 6, 2, 0, 1, 1, 2, 3], section(11, 2, 0, 0x41, 8, 0x0b, 1, 97, 2, 1, 0x41, 64, 0x0b, 1, 98));
    expect(two).toMatchObject({ memory: { minimum: 1, maximum: null }, data: { begin: 8, end: 9, bytes: 1 } });
  });

  test('types of several bytes, several memories and computed constants are read to their ends', () => {
    // (import "" "" (global (ref extern))), a table of (ref null 0), two memories of 1 and 2 pages, and a function.
    const imports = [
      [3, 0x64, 0x6f, 0],
      [1, 0x63, 0, 0, 1],
      [2, 0, 1],
      [2, 0, 2],
      [0, 0],
    ].map((of) => [0, 0, ...of]);
    const { memory, imports: found } = parsed(section(2, imports.length, ...imports.flat()));
    expect(memory).toMatchObject({ minimum: 1, imported: true });
    expect(found.map(({ kind }) => kind)).toEqual(['global', 'table', 'memory', 'memory', 'function']);
    // The data of a library: global.get 0, i32.const 11, i32.add. 11 is also how an expression ends.
    const data = parsed(section(11, 1, 0, 0x23, 0, 0x41, 11, 0x6a, 0x0b, 2, 97, 98));
    expect(data).toMatchObject({ data: null, passiveBytes: 2 });
  });

  test.each([
    ['a memory without end', [5, 10, 255, 255, 255, 255, 255, 255, 255, 15, 0, 1]],
    ['a number without end', [11, 103, 1, 0, 0x41, ...Array.from({ length: 100 }, () => 255)]],
    ['a count without end', [7, 100, ...Array.from({ length: 100 }, () => 128)]],
  ])('%s is an error at once', (_what, bytes) => {
    expect(() => parsed(bytes)).toThrow(/^it (ends in the middle|has a number that has no end)$/);
  });

  test('names that would move the cursor of a terminal are shown without that', async () => {
    writeFileSync(file('names.wasm'), Uint8Array.from([...magic, ...section(7, 1, 2, 27, 99, 0, 0)]));
    const { out } = await run('inspect', 'names.wasm');
    expect(out).toContain('\ufffdc');
    expect(out).not.toContain('\u001b');
  });

  test('every program that the tests build can be parsed', () => {
    for (const name of ['linked', 'dlmalloc', 'emmalloc', 'mimalloc', 'small', 'asserting']) {
      const binary = parseWasm(readFileSync(app(`${name}.wasm`)));
      expect(binary.functions).toBeGreaterThan(5);
      expect(binary.exports.length).toBeGreaterThan(5);
      expect(binary.data?.end).toBeGreaterThan(binary.data?.begin ?? Infinity);
    }
  });

  test('what is cut off anywhere is an error, never a crash', () => {
    const whole = readFileSync(app('small.wasm'));
    let errors = 0;
    for (let length = 0; length < whole.length; length += 97) {
      try {
        parseWasm(whole.subarray(0, length));
      } catch (error) {
        expect((error as Error).message).toMatch(/^it /);
        errors++;
      }
    }
    expect(errors).toBeGreaterThan(whole.length / 97 - 20); // only an end between two sections can't be told
  });
});

describe('what goes wrong is one line, and an exit code', () => {
  test.each([
    [['test', 'nowhere.js'], 3, /^tidemark: nowhere.js: it can't be read/],
    [['test', app('linked.wasm')], 3, /give the JavaScript that emcc made/],
    [['inspect', 'nowhere.wasm'], 3, /^tidemark: nowhere.wasm: it can't be read/],
    [['inspect', cli.replace('cli.js', 'index.d.ts')], 3, /it is no WebAssembly/],
    [['test', app('linked.mjs'), '--suite', 'nothing'], 2, /there is no test "nothing"; there are basicAllocation/],
    [['test', app('linked.mjs'), '--duration', 'long'], 2, /--duration/],
    [['test', app('linked.mjs'), '--suite', 'mine.js'], 3, /^tidemark: --suite: mine.js: there is no such file/],
    [['test', app('linked.mjs'), '--call', 'toString'], 2, /the application exports no toString/],
    [['test', app('linked.mjs'), '--update-baseline'], 2, /^tidemark: --update-baseline: --baseline <file> is missing/],
    [
      ['test', app('linked.mjs'), '--call', 'work', '--suite', 'stress'],
      2,
      /--call <export>' cannot be used with .*--suite/,
    ],
    [['test', app('linked.mjs'), '--warmup', '1'], 2, /^tidemark: --warmup: --call <export> is missing/],
    [['fly'], 2, /unknown command 'fly'/],
    [['test'], 2, /missing required argument/],
  ])('%j', async (args, expected, line) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(expected);
    expect(out).toBe('');
    expect(err).toMatch(line);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(2); // commander adds where help is
  });

  test('a file of tests that throws is named', async () => {
    writeFileSync(file('throwing.mjs'), "throw new Error('no');");
    const { code, err } = await run('test', app('linked.mjs'), '--suite', 'throwing.mjs');
    expect([code, err]).toEqual([3, "tidemark: --suite: throwing.mjs: it can't be read: no\n"]);
  });

  test.each(['--junit', '--baseline'])('%s that cannot be written costs nobody the results', async (option) => {
    const path = join('nowhere', 'file');
    const { code, out, err } = await run('test', app('linked.mjs'), ...quickly, '--suite', 'stress', option, path);
    expect(code).toBe(3);
    expect(out).toContain('1 passed, 0 failed');
    expect(err).toMatch(new RegExp(`^tidemark: ${option}: ${path} can't be written: ENOENT.*\n$`));
  });

  test('results that nobody gets, but for a reader that has seen enough', () => {
    const command = (to: string): string => `"${process.execPath}" "${cli}" report "${app('linked.mjs')}" ${to}`;
    const shell = (to: string): { status: number | null; stderr: string } =>
      spawnSync('bash', ['-c', `set -o pipefail; ${command(to)}`], { encoding: 'utf8' });
    const full = shell('> /dev/full');
    expect(full.stderr).toMatch(/^tidemark: the results can't be written: /);
    expect(full.status).toBe(3);
    expect(shell('| head -1')).toMatchObject({ status: 0, stderr: '' });
  });

  test('a file that is no Emscripten program', async () => {
    writeFileSync(file('other.mjs'), 'export const answer = 42;');
    writeFileSync(file('broken.mjs'), 'throw new Error("no");\nexport default 1;');
    expect(await run('test', 'other.mjs')).toMatchObject({
      code: 3,
      err: expect.stringContaining('exports no Emscripten module') as string,
    });
    expect(await run('report', 'broken.mjs')).toMatchObject({
      code: 3,
      err: 'tidemark: broken.mjs: it could not be started: no\n',
    });
    expect(existsSync(cli)).toBe(true);
  });

  test('help and version', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const word of ['test', 'report', 'inspect', 'Exit codes']) expect(help.out).toContain(word);
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run('test', '--help')).out).toContain('--baseline <file>');
  });
});
