// The pause of a shrink: 400 MB in blocks of mixed sizes, of which one in 200 stays, in Node and in Chromium. Code is compiled
// as both do by default: a shrink is no hot loop. And what a call costs that goes through a gate, so that it survives one.
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { serve } from '../../../scripts/serve.mjs';
import { buildRuntimeProgram } from '../runner/runtime_program.mjs';
import { median } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const folder = fileURLToPath(new URL('../shrink', import.meta.url));
const source = join(root, 'tests/shrink/programs/scatter.c');

/** V8 has its threads look for garbage when a memory of this size is made; the second place has it do without them. */
const places = {
  Node: () => node([]),
  'Node, --no-concurrent-marking': () => node(['--no-concurrent-marking']),
  Chromium: chromium,
};

const cases = [
  { name: 'tables in static data', program: 'scatter', movable: false, soon: false },
  { name: 'tables on the heap', program: 'scatter_heap', movable: false, soon: false },
  { name: 'movable blocks', program: 'scatter', movable: true, soon: false },
  { name: 'tables in static data, shrinkSoon()', program: 'scatter', movable: false, soon: true },
];

function node(flags) {
  return {
    async measure(program, options) {
      const args = [...flags, join(folder, 'in_node.mjs'), program, JSON.stringify(options)];
      const { stdout } = await runCommand(process.execPath, args, { capture: true });
      return JSON.parse(stdout);
    },
    close: () => undefined,
  };
}

async function chromium() {
  const { chromium: playwright } = await import('@playwright/test');
  const site = await serve({ root, port: 0 });
  const browser = await playwright.launch({
    executablePath: process.env.TIDEMARK_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
  return {
    async measure(program, options) {
      const page = await browser.newPage();
      try {
        await page.goto(`${site.url}${relative(root, folder)}/in_page.html`);
        await page.waitForFunction('globalThis.measurePauses !== undefined');
        const address = `/${relative(root, fileURLToPath(program))}`;
        return await page.evaluate((given) => globalThis.measurePauses(...given), [address, options]);
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

/** Medians, in nanoseconds, of an exported function that does next to nothing. */
async function callCosts(program) {
  const args = [join(folder, 'calls.mjs'), program];
  const { stdout } = await runCommand(process.execPath, args, { capture: true });
  const { straight, gate } = JSON.parse(stdout);
  return { straightNs: median(straight), gateNs: median(gate) };
}

export async function run({ quick, filter, repetitions, progress }) {
  const rounds = repetitions ?? (quick ? 3 : 9);
  const build = (name, flags) => buildRuntimeProgram(name, [source], flags, 'node,web');
  const programs = {
    scatter: await build('scatter_pauses', []),
    scatter_heap: await build('scatter_heap_pauses', ['-DSCATTER_TABLES_ON_HEAP']),
  };
  const rows = [];
  const checks = [];
  for (const [place, open] of Object.entries(places)) {
    const wanted = cases.filter(({ name }) => `${place}: ${name}`.includes(filter));
    if (wanted.length === 0) continue;
    const { measure, close } = await open();
    try {
      for (const { name, program, movable, soon } of wanted) {
        progress(`${place}: ${name}`);
        const { pausesMs, copiedBytes } = await measure(programs[program], { movable, soon, rounds });
        const [medianMs, copiedMB] = [median(pausesMs), copiedBytes / 1e6];
        rows.push({ name: `${place}: ${name}`, rounds, medianMs, firstMs: pausesMs[0], pausesMs, copiedBytes });
        const target = `${place}: ${name}: at most 5 ms and 0.3 for each MB copied`;
        checks.push({ target, measured: medianMs, limit: 5 + 0.3 * copiedMB, unit: 'ms' });
      }
    } finally {
      await close();
    }
  }
  const pauses = [...rows];
  const calls = 'Node: a call of an exported function'.includes(filter) ? await callCosts(programs.scatter) : null;
  if (calls) {
    rows.push({ name: 'Node: a call of an exported function', ...calls });
    const target = 'Node: a gate costs a call of an exported function at most';
    checks.push({ target, measured: calls.gateNs - calls.straightNs, limit: 1, unit: 'ns' });
  }
  const text = table(
    ['ms', 'median', 'first', 'least', 'most', 'MB copied'],
    pauses.map(({ name, medianMs, firstMs, pausesMs, copiedBytes }) =>
      [name, medianMs, firstMs, Math.min(...pausesMs), Math.max(...pausesMs), copiedBytes / 1e6].map((value) =>
        typeof value === 'string' ? value : fixed(value, 1),
      ),
    ),
  );
  const callText =
    calls && `ns a call: ${fixed(calls.straightNs, 2)} straight, ${fixed(calls.gateNs, 2)} through its gate`;
  return { rows, checks, failures: [], text: [pauses.length > 0 && text, callText].filter(Boolean).join('\n\n') };
}
