// Structures in linear memory against JavaScript's own and lru-cache: bytes an entry, and nanoseconds an operation, in Node and in
// Chromium. Each figure comes from a process, or a page, of its own; contenders take turns.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { serve } from '../../../scripts/serve.mjs';
import { interleave, runProgram } from '../runner/sample.mjs';
import { fixed, table } from '../runner/table.mjs';
import { cases } from '../structures/cases.mjs';

const folder = fileURLToPath(new URL('../structures', import.meta.url));
const figures = [
  'bytes',
  'set',
  'get',
  'scattered',
  'replace',
  'delete',
  'forEach',
  'iterate',
  'getMany',
  'setMany',
  'push',
];

/** A place that programs are measured in: `once(case, contender, count)` gives one sample. */
function node(nodeFlags) {
  const tidemark = pathToFileURL(join(root, 'web/dist/index.node.js')).href;
  return {
    name: 'Node',
    once: (name, contender, count) =>
      runProgram(join(folder, 'in_node.mjs'), {
        nodeFlags: [...nodeFlags, '--expose-gc'],
        args: [tidemark, name, contender, String(count)],
      }),
    close: () => undefined,
  };
}

async function chromium() {
  const [{ build }, { chromium: playwright }] = await Promise.all([import('esbuild'), import('@playwright/test')]);
  const out = join(root, 'build/perf/structures');
  mkdirSync(out, { recursive: true });
  await build({
    entryPoints: [join(folder, 'in_page.mjs')],
    outfile: join(out, 'in_page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  writeFileSync(join(out, 'index.html'), '<!doctype html><script type="module" src="in_page.js"></script>');
  const site = await serve({ root, port: 0 });
  const browser = await playwright.launch({
    executablePath: process.env.TIDEMARK_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--enable-precise-memory-info',
      '--js-flags=--expose-gc',
    ],
  });
  return {
    name: 'Chromium',
    async once(name, contender, count) {
      const page = await browser.newPage();
      try {
        await page.goto(`${site.url}build/perf/structures/index.html`);
        await page.waitForFunction('globalThis.measureStructure !== undefined');
        const args = [`${site.url}web/dist/index.js`, name, contender, count];
        return { figures: await page.evaluate((given) => globalThis.measureStructure(...given), args) };
      } catch (error) {
        return { failure: error.message.split('\n')[0] };
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await site.close();
    },
  };
}

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  await runCommand(process.execPath, [join(root, 'web/build.mjs')], { capture: true });
  const counts = quick ? [100_000] : [100_000, 1_000_000];
  const rows = [];
  const failures = [];
  for (const open of [() => node(nodeFlags), chromium]) {
    const place = await open();
    try {
      for (const [name, { contenders, onlyMany = false }] of Object.entries(cases)) {
        for (const count of onlyMany ? counts.slice(-1) : counts) {
          const title = `${place.name}: ${name}, ${count}`;
          if (!title.includes(filter)) continue;
          progress(title);
          const samples = await interleave(contenders, repetitions ?? 1, (contender) =>
            place.once(name, contender, count),
          );
          for (const contender of contenders) {
            const sample = samples[contender];
            if (sample.failure) failures.push(`${title} by ${contender}: ${sample.failure}`);
            else rows.push({ place: place.name, case: name, count, contender, ...sample.figures });
          }
        }
      }
    } finally {
      await place.close();
    }
  }
  const shown = figures.filter((figure) => rows.some((row) => row[figure] !== undefined));
  const text = table(
    ['', 'entries', ...shown],
    rows.map((row) => [
      `${row.place}: ${row.case}, ${row.contender}`,
      String(row.count),
      ...shown.map((figure) => fixed(row[figure], figure === 'bytes' ? 2 : 0)),
    ]),
  );
  return {
    rows,
    checks: checksOf(rows),
    failures,
    text: `bytes an entry, linear memory and the JavaScript heap together; else ns an operation\n\n${text}`,
  };
}

/** The targets, wherever both figures were measured. */
function checksOf(rows) {
  const of = (place, name, count, contender) =>
    rows.find(
      (row) => row.place === place && row.case === name && row.count === count && row.contender === contender,
    ) ?? {};
  const checks = [];
  const bytes = (name, limit) => {
    for (const { place, count, bytes: measured } of rows.filter(
      (row) => row.case === name && row.contender === 'tidemark',
    ))
      checks.push({
        target: `${place}: ${name}, ${count}: at most ${limit} bytes an entry`,
        measured,
        limit,
        unit: 'bytes',
      });
  };
  const ratio = (name, figure, other, limitOf) => {
    for (const { place, count, contender, ...ours } of rows.filter((row) => row.case === name)) {
      const limit = limitOf(place);
      if (contender !== 'tidemark') continue;
      checks.push({
        target: `${place}: ${name}, ${count}: ${figure} in at most ${fixed(limit, 2)} times ${other}'s`,
        measured: ours[figure] / of(place, name, count, other)[figure],
        limit,
        unit: '×',
      });
    }
  };
  bytes('map<int,double>', 16);
  bytes('map<i32,i32>', 10);
  bytes('set<int>', 7);
  bytes('map<string,number>', 26);
  bytes('cache with ttl', 30);
  const asMap = (place) => (place === 'Node' ? 1 : 1.25);
  for (const name of ['map<int,int>', 'map<int,double>']) {
    for (const figure of ['set', 'get']) ratio(name, figure, 'Map', asMap);
    for (const figure of ['getMany', 'setMany', 'forEach']) ratio(name, figure, 'Map', () => 1 / 3);
  }
  for (const figure of ['set', 'get']) ratio('map<string,number>', figure, 'Map', () => 1.5);
  for (const figure of ['set', 'get']) ratio('array of f64', figure, 'Float64Array', () => 1.2);
  for (const figure of ['set', 'get']) ratio('array of any', figure, 'Float64Array', () => 1.2);
  for (const figure of ['set', 'get', 'scattered', 'iterate']) {
    ratio('cache with ttl', figure, 'lru-cache', () => 1);
  }
  return checks;
}
