// Every test of every kind: `npm test`, or `npm test -- STAGE…` for some stages. One line a stage, and the output of what
// fails; the last line is `N passed, N failed`, of test cases. `--verbose` shows all output as it comes.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { buildPreset, buildWeb } from './builds.mjs';
import { CommandError, loadEnvironment, main, root, run } from './environment.mjs';
import { lint } from './lint.mjs';
import { ofCtest, ofLastLine, oneFailure, ofPlaywright, ofVitest, readJson, sum } from './results.mjs';
import { assembleSite } from './site.mjs';

const reports = join(root, 'build/test-reports');
const hugeOutput = '100000000'; // ctest cuts the output of a test to 1 KiB otherwise, and the counts are at its end

async function ctest(preset, options) {
  await buildPreset(preset, options);
  const junit = join(reports, `${preset}.xml`);
  const { code } = await run(
    'ctest',
    ['--preset', preset, '--parallel', String(availableParallelism()), '--output-junit', junit].concat([
      '--test-output-size-passed',
      hugeOutput,
      '--test-output-size-failed',
      hugeOutput,
    ]),
    { ...options, mayFail: true },
  );
  const results = ofCtest(readFileSync(junit, 'utf8'));
  return code !== 0 && results.failed === 0 ? sum([results, oneFailure(`ctest failed with ${code}`)]) : results;
}

async function vitest(options) {
  await Promise.all([buildPreset('wasm', options), buildWeb(options)]);
  const json = join(reports, 'vitest.json');
  const runner = join(root, 'node_modules/vitest/vitest.mjs');
  await run(process.execPath, [runner, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${json}`], {
    ...options,
    mayFail: true,
  });
  return ofVitest(readJson(json));
}

async function playwright(options) {
  await Promise.all([buildPreset('wasm', options), buildWeb(options)]);
  assembleSite();
  const runner = join(root, 'node_modules/@playwright/test/cli.js');
  const all = [];
  for (const name of ['playwright', 'playwright.webkit']) {
    const json = join(reports, `${name}.json`);
    await run(process.execPath, [runner, 'test', `--config=${name}.config.ts`, '--reporter=list,json'], {
      ...options,
      env: { ...loadEnvironment(), PLAYWRIGHT_JSON_OUTPUT_NAME: json },
      mayFail: true,
    });
    all.push(ofPlaywright(readJson(json)));
  }
  return sum(all);
}

/** A program whose last line says how many passed. */
async function counted(name, command, args, options) {
  const { code, output } = await run(command, args, { ...options, mayFail: true });
  const results = ofLastLine(name, output) ?? oneFailure(`${name}: its last line is not "N passed, N failed"`);
  return code !== 0 && results.failed === 0 ? sum([results, oneFailure(`${name} failed with ${code}`)]) : results;
}

async function toolchain(options) {
  const folder = join(root, 'toolchain/tests');
  const all = [];
  for (const script of readdirSync(folder).filter((name) => name.endsWith('_test.sh'))) {
    // In the environment that we were started in: what is tested is how it is set up.
    all.push(
      await counted(`toolchain/tests/${script}`, 'bash', [join(folder, script)], { ...options, env: process.env }),
    );
  }
  return sum(all);
}

async function installed(options) {
  await Promise.all([buildPreset('wasm', options), buildWeb(options)]);
  return counted('tests/package', process.execPath, [join(root, 'tests/package/package_test.mjs')], options);
}

const stages = [
  ['lint', 'sources: format, layers, static checks', (options) => lint(options.onOutput)],
  ['toolchain', 'set-up against what can go wrong', toolchain],
  ['native', 'C++ under sanitizers, and fuzzing', (options) => ctest('native', options)],
  ['wasm', 'C++ in WebAssembly, under Node', (options) => ctest('wasm', options)],
  ['package', 'what is installed, used from outside', installed],
  ['web', 'the npm package and the scripts', vitest],
  ['e2e', 'Chromium, Firefox and WebKit', playwright],
];

function time(ms) {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** One line that is written over until it is final; where nothing can be written over, its end comes when it is known. */
function stageLine(name, title) {
  const start = `${name.padEnd(10)} ${title.padEnd(40)} `;
  const canOverwrite = process.stdout.isTTY;
  process.stdout.write(start);
  return {
    progress(text) {
      const last =
        text
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1) ?? '';
      const room = (process.stdout.columns ?? 80) - start.length - 1;
      if (canOverwrite && room > 0)
        process.stdout.write(`\r${start}${stripVTControlCharacters(last).slice(0, room)}\x1b[K`);
    },
    end(text) {
      process.stdout.write(canOverwrite ? `\r${start}${text}\x1b[K\n` : `${text}\n`);
    },
  };
}

async function runStage([name, title, start], verbose) {
  const begun = Date.now();
  const line = stageLine(name, title);
  if (verbose) process.stdout.write('\n');
  let output = '';
  const onOutput = (text) => {
    output += text;
    if (verbose) process.stdout.write(text);
    else line.progress(text);
  };
  let results;
  try {
    results = await start({ capture: true, onOutput });
  } catch (error) {
    if (!(error instanceof CommandError)) output += `${error.stack}\n`;
    results = oneFailure(error.message);
  }
  const { passed, failed, failures } = results;
  const counts = `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ''}`;
  line.end(`${counts.padEnd(20)} ${time(Date.now() - begun)}`);
  if (failed > 0 && !verbose) process.stdout.write(`${output.trimEnd()}\n`);
  for (const failure of failures) console.log(`  FAILED ${failure.trimEnd().split('\n')[0]}`);
  return results;
}

await main(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { verbose: { type: 'boolean' } } });
  const names = stages.map(([name]) => name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new CommandError(`${unknown.join(', ')}: no such stage; there are ${names.join(', ')}`, 2);

  const begun = Date.now();
  loadEnvironment();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const results = [];
  for (const stage of stages) {
    if (positionals.length === 0 || positionals.includes(stage[0])) results.push(await runStage(stage, values.verbose));
  }
  const { passed, failed } = sum(results);
  console.log(`\nIn ${time(Date.now() - begun)}:`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
});
