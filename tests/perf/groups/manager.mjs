// The memory manager: what limits cost malloc's fast path, and how long the slices of a collection are.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildTarget } from '../../../scripts/builds.mjs';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { buildRuntimeProgram } from '../runner/runtime_program.mjs';
import { median } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const folder = fileURLToPath(new URL('../manager', import.meta.url));

const percentile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

async function measured(flags, script, ...args) {
  const { stdout } = await runCommand(process.execPath, [...flags, join(folder, script), ...args.map(String)], {
    capture: true,
  });
  return JSON.parse(stdout);
}

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  await buildTarget('wasm', ['web_sites'], { capture: true });
  const program = pathToFileURL(join(root, 'build/wasm/web/sites.mjs')).href;
  const rows = [];
  const checks = [];
  const paths = [];
  for (const bytes of [16, 64, 256, 1024]) {
    const name = `malloc(${bytes}) + free`;
    if (!name.includes(filter)) continue;
    progress(name);
    const rounds = repetitions ?? (quick ? 20 : 150);
    const { off, on, again } = await measured(nodeFlags, 'fast_path.mjs', program, bytes, rounds);
    const ratio = on / Math.min(off, again);
    const noise = Math.max(off, again) / Math.min(off, again);
    rows.push({ name, offNs: off, onNs: on, againNs: again, ratio, noise });
    paths.push([name, fixed(off, 2), fixed(on, 2), fixed(again, 2), fixed(ratio, 4), fixed(noise, 4)]);
    checks.push({ target: `${name}: with limits at most 1.01 times`, measured: ratio, limit: 1.01, unit: '×' });
  }
  const slices = [];
  const scatter = await buildRuntimeProgram('scatter', [join(root, 'tests/shrink/programs/scatter.c')]);
  for (const [strategy, blocks] of [
    ['balanced', 'movable'],
    ['balanced', 'plain'],
    ['aggressive', 'movable'],
  ]) {
    const name = `slices of a ${strategy} collection, ${blocks} blocks`;
    if (!name.includes(filter)) continue;
    progress(name);
    const rounds = repetitions ?? (quick ? 3 : 20);
    const found = await measured(nodeFlags, 'slices.mjs', scatter, strategy, blocks === 'movable' ? 1 : 0, rounds);
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(found.slices, share));
    const { collections, movedBytes } = found;
    const shrinkMs = found.shrinks.length > 0 ? median(found.shrinks) : null;
    rows.push({
      name,
      collections,
      slices: found.slices.length,
      p50Ms: p50,
      p99Ms: p99,
      maxMs: max,
      movedBytes,
      shrinkMs,
    });
    slices.push(
      [`${strategy}, ${blocks}`, String(found.slices.length), fixed(p50, 2), fixed(p99, 2), fixed(max, 2)].concat([
        fixed(movedBytes / 2 ** 20 / collections),
        shrinkMs === null ? '' : fixed(shrinkMs),
      ]),
    );
    if (strategy === 'balanced') {
      checks.push({ target: `${name}: at most 2 ms in 99 of 100`, measured: p99, limit: 2, unit: 'ms' });
    }
  }
  const texts = [];
  if (paths.length > 0)
    texts.push(
      table(['ns a pair', 'without limits', 'with', 'without again', 'with / without', 'without / without'], paths),
    );
  if (slices.length > 0)
    texts.push(table(['slices, ms', 'slices', 'p50', 'p99', 'max', 'MiB moved', 'then the shrink'], slices));
  return { rows, checks, failures: [], text: texts.join('\n\n') };
}
