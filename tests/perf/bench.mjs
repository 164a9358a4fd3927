// `npm run bench`: every target of the heap, measured, with the allocators taking turns in one run.
//
// Order       options, set-up and build, the groups one after another, the targets.
// Exit code   0: measured; 1: a program failed, or results differ between allocators; 2: the command line is not understood.
//             A target that is missed is printed, and is no failure: a time depends on the machine.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { CommandError, loadEnvironment, main, run } from '../../scripts/environment.mjs';
import { configure } from './runner/build.mjs';
import { UsageError } from './runner/errors.mjs';
import { parseOptions, usage } from './runner/options.mjs';
import { fixed } from './runner/table.mjs';

const allocators = ['dlmalloc', 'emmalloc', 'mimalloc', 'tidemark'];
const groups = {
  micro: 'malloc + free',
  programs: 'Programs that allocate',
  real: 'Real programs',
  ageing: 'Demand over live memory',
  size: 'Bytes of code',
  tiny: 'Small programs, calloc and realloc',
  growth: 'Growth of linear memory',
  startup: 'Start',
  profiler: 'The sampling profiler',
  structures: 'Structures in linear memory',
  leaks: 'The leak detector',
  manager: 'The memory manager',
  shrink: 'The pause of a shrink',
  dashboard: 'The dashboard',
};

async function bench() {
  let options;
  try {
    options = parseOptions(process.argv.slice(2), { groups: Object.keys(groups), allocators });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench: ${error.message}`);
    return 2;
  }
  if (options.help) {
    console.log(usage.replace('GROUPS', Object.keys(groups).join(' ')).replace('ALLOCATORS', allocators.join(', ')));
    return 0;
  }

  const silent = options.json === '-';
  const say = (text) => silent || console.log(text);
  // Without the second flag each function is compiled when it is first called, in the middle of what is timed; without the
  // third, Node 24 and 26 end before that is done.
  const nodeFlags = options.tiering
    ? []
    : ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-async-compilation'];
  loadEnvironment();
  progress('building');
  await configure(options);
  const report = { ...(await machine()), nodeFlags, quick: options.quick, allocators: options.allocators, groups: {} };
  say(
    `${report.date}, ${report.cpu} × ${report.cores}, Node ${report.node}, Emscripten ${report.emscripten}, ${
      options.tiering ? 'default tiering' : 'optimised code from the start (--no-liftoff)'
    }; medians${options.quick ? '; quick: rough figures' : ''}`,
  );

  let failed = false;
  for (const name of options.groups) {
    const { run: measure } = await import(`./groups/${name}.mjs`);
    const result = await measure({ ...options, nodeFlags, progress: (row) => progress(`${name}: ${row}`) });
    progress('');
    const checks = result.checks.filter((check) => check.measured !== undefined);
    report.groups[name] = { rows: result.rows, checks: checks.map(withVerdict), failures: result.failures };
    say(`\n${groups[name]} (${name})\n\n${result.text}`);
    if (checks.length) say(`\n${checks.map(verdict).join('\n')}`);
    for (const line of result.failures) console.error(`bench: ${line}`);
    failed ||= result.failures.length > 0;
  }
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (silent) process.stdout.write(json);
  else if (options.json) writeJson(options.json, json);
  return failed ? 1 : 0;
}

const withVerdict = (check) => ({ ...check, met: check.measured <= check.limit });

function verdict(check) {
  const { target, measured, unit, met } = withVerdict(check);
  return `  ${met ? '✓' : '✗'} ${target}: ${fixed(measured, unit === 'bytes' ? 0 : 2)} ${unit}`;
}

/** What is being done, on one line that is overwritten; only for a person who watches. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function writeJson(file, json) {
  try {
    writeFileSync(file, json);
  } catch (error) {
    throw new CommandError(`--json ${file}: ${error.message}`);
  }
}

async function machine() {
  const { stdout } = await run('emcc', ['--version'], { capture: true });
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    node: process.versions.node,
    emscripten: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown',
  };
}

await main(bench);
