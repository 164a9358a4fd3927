// Real programs: SQLite with the workload of examples/sqlite, and two interpreters whose sources come from Debian.
//
// The sources are fetched into set-up's cache folder, verified, and never become part of the checkout (real/fetch.sh). A
// program whose sources can't be had is a row of dashes, with the reason: no failure of the benchmark.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, root, run as runCommand } from '../../../scripts/environment.mjs';
import { buildFolder, buildPrograms, configure, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { ratioToBest } from '../runner/statistics.mjs';
import { fixed, mib, table } from '../runner/table.mjs';

const cache = process.env.TIDEMARK_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tidemark');
const sources = join(cache, 'sources');
const sqliteSource = join(root, 'node_modules/better-sqlite3/deps/sqlite3/sqlite3.c');
const sqliteHarness = fileURLToPath(new URL('../real/sqlite.mjs', import.meta.url));
const fetchScript = fileURLToPath(new URL('../real/fetch.sh', import.meta.url));

// SQLite's workload inserts this many orders; the full 200,000 of `npm start` would take ten times as long.
const sqliteOrders = 20000;

const programs = [
  {
    name: 'sqlite',
    missing: () =>
      existsSync(sqliteSource) ? undefined : "npm's better-sqlite3 is not installed: run toolchain/setup",
    once: (allocator, { quick, nodeFlags }) =>
      runProgram(sqliteHarness, {
        args: [join(buildFolder, 'sqlite/page'), allocator, String(quick ? sqliteOrders / 20 : sqliteOrders)],
        nodeFlags,
      }),
  },
  { name: 'lua', missing: () => fetched('lua5.4'), once: interpreter('lua') },
  { name: 'quickjs', missing: () => fetched('quickjs'), once: interpreter('quickjs') },
];

function interpreter(name) {
  return (allocator, { quick, nodeFlags }) =>
    runProgram(programFile(name, allocator), { args: [`scale=${quick ? 0.1 : 1}`], nodeFlags });
}

/** Fetches a source package; the reason in one line where that fails. */
async function fetched(name) {
  const { code, stderr } = await runCommand('bash', [fetchScript, sources, name], { capture: true, mayFail: true });
  const line = stderr.trim().split('\n').at(-1);
  if (code === 0 && line) console.error(`bench: ${line}`);
  return code === 0 ? undefined : line;
}

/** Builds a program; the first error where a version of its sources that was not tested doesn't compile. */
async function notBuilt(name, options) {
  try {
    await configure({ ...options, sources });
    await buildPrograms([name], options.allocators);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return /error: .*/.exec(error.output)?.[0] ?? error.message;
  }
}

export async function run(options) {
  const { allocators, quick, filter, repetitions, progress } = options;
  const rows = [];
  const failures = [];
  const notes = [];
  for (const program of programs.filter(({ name }) => name.includes(filter))) {
    progress(`${program.name}: sources`);
    const missing = (await program.missing()) ?? (await notBuilt(program.name, options));
    if (missing) {
      rows.push({ name: program.name, missing, ms: {}, memoryBytes: {}, demandBytes: {} });
      notes.push(`  – ${program.name}: ${missing}`);
      continue;
    }
    progress(program.name);
    const results = await interleave(allocators, repetitions ?? (quick ? 1 : 7), (name) => program.once(name, options));
    failures.push(...failuresOf(program.name, results));
    const checksum = pick(results, 'checksum');
    if (new Set(Object.values(checksum)).size > 1)
      failures.push(`${program.name}: the results differ: ${JSON.stringify(checksum)}`);
    const ms = pick(results, 'ms');
    rows.push({
      ...{ name: program.name, version: versionOf(program.name), ms, checksum, ratio: ratioToBest(ms) },
      memoryBytes: pick(results, 'memory_bytes'),
      demandBytes: pick(results, 'demand_bytes'),
    });
  }
  const text = [
    table(
      ['ms', ...allocators, 'tidemark / best'],
      rows.map((row) => [row.name, ...allocators.map((name) => fixed(row.ms[name])), fixed(row.ratio, 3)]),
    ),
    '',
    table(
      ['peak MiB: linear memory (heap)', ...allocators],
      rows.map((row) => [
        row.name,
        ...allocators.map((name) => `${mib(row.memoryBytes[name])} (${mib(row.demandBytes[name])})`),
      ]),
    ),
    ...notes,
  ].join('\n');
  const worst = (values) => (values.length ? Math.max(...values) : undefined);
  const over = rows
    .filter((row) => row.memoryBytes.tidemark !== undefined && row.memoryBytes.dlmalloc !== undefined)
    .map((row) => row.memoryBytes.tidemark / row.memoryBytes.dlmalloc);
  const ratios = rows.map((row) => row.ratio).filter((ratio) => ratio !== undefined);
  return {
    ...{ rows, failures, text },
    checks: [
      { target: 'no program above 1.02 × the best', measured: worst(ratios), limit: 1.02, unit: '×' },
      { target: "peak linear memory at most dlmalloc's", measured: worst(over), limit: 1, unit: '×' },
    ],
  };
}

function versionOf(name) {
  const file = join(sources, name === 'lua' ? 'lua5.4' : name, '.version');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
