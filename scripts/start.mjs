// `npm start`: sets up, builds, runs SQLite on Tidemark and on Emscripten's three mallocs, compares them, and serves the
// pages: the dashboard with programs to watch, and the same runs live in the browser. `--once` ends after the comparison.
import { join } from 'node:path';
import { measureInNode } from '../examples/sqlite/measure_in_node.mjs';
import { allocators } from '../examples/sqlite/measure.mjs';
import { asCount, summarize } from '../examples/sqlite/summary.mjs';
import { buildWeb } from './builds.mjs';
import { CommandError, loadEnvironment, main, root, run } from './environment.mjs';
import { serve } from './serve.mjs';
import { assembleSite, siteTargets } from './site.mjs';
import { BadArgument, readArguments } from './start/arguments.mjs';
import { verdict } from './start/verdict.mjs';

const page = join(root, 'build/wasm/examples/sqlite/page');

/** One malloc after the other, `runs` times over, so that what else the machine does meets all of them alike. */
async function measureAll({ orders, runs }, progress) {
  const measurements = new Map(allocators.map((allocator) => [allocator, []]));
  const total = runs * allocators.length;
  let done = 0;
  for (let round = 1; round <= runs; ++round) {
    for (const allocator of allocators) {
      const label = (phase) => `SQLite on ${allocator}, run ${round} of ${runs}: ${phase}`;
      const onProgress = ({ phase, fraction }) => progress.show((done + fraction) / total, label(phase));
      try {
        measurements.get(allocator).push(await measureInNode({ folder: page, allocator, orders, onProgress }));
      } catch (error) {
        throw new CommandError(error.message, 1);
      }
      ++done;
    }
  }
  return [...measurements.values()].map(summarize);
}

async function build(targets, progress) {
  // Always: what a first configuration left out may be there now.
  await run('cmake', ['--preset', 'wasm'], { capture: true });
  let step = 'CMake';
  await run('cmake', ['--build', '--preset', 'wasm', '--target', ...targets], {
    capture: true,
    onOutput(text) {
      for (const [, done, total, what] of text.matchAll(/^\[(\d+)\/(\d+)\] (.*)$/gm)) {
        step = /(Building|Linking)\b.*?([\w.-]+?)(\.o)?$/.exec(what)?.slice(1, 3).join(' ') ?? step;
        progress.show(Number(done) / Number(total), `Building: ${step}`);
      }
    },
  });
}

async function start() {
  let options;
  try {
    options = readArguments(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof BadArgument)) throw error;
    console.error(error.message);
    return 2;
  }
  loadEnvironment();
  // From npm, so there only after the set-up.
  const { createProgress } = await import('./start/progress.mjs');
  const { comparisonTable, sizeClassTable } = await import('../examples/sqlite/terminal_report.mjs');

  const building = createProgress();
  await build(options.once ? ['sqlite_page'] : [...siteTargets, 'web_engine'], building).finally(building.end);
  const measuring = createProgress();
  const runs = await measureAll(options, measuring).finally(measuring.end);
  const [tidemark] = runs;
  console.log(
    `SQLite ${tidemark.sqliteVersion} in Node ${process.versions.node}: ${asCount(options.orders)} orders, ` +
      `${options.runs === 1 ? 'one run each' : `median of ${options.runs} runs, interleaved`}`,
  );
  const { equal, line } = verdict(runs);
  if (runs.every(({ code }) => code === 0)) {
    console.log(comparisonTable(runs));
    console.log(sizeClassTable(tidemark));
  }
  if (!equal) throw new CommandError(line, 1);
  console.log(line);
  if (options.once) return 0;

  await buildWeb({ capture: true });
  const { url } = await serve({ root: assembleSite(), port: options.port }).catch((error) => {
    throw new CommandError(`The pages can't be served on port ${options.port}: ${error.message}`, 1);
  });
  console.log(`\nThe dashboard, with programs to watch: ${url}`);
  console.log(`The same SQLite, live in the browser: ${url}sqlite/  (Ctrl+C stops)`);
  return 0;
}

await main(start);
