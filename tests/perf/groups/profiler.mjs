// What the sampling profiler costs where it costs most: a program that does nothing but allocate (profiler/loop.mjs).
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildTarget } from '../../../scripts/builds.mjs';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { median } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const harness = fileURLToPath(new URL('../profiler/loop.mjs', import.meta.url));
const limit = 1.05;

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  await buildTarget('wasm', ['web_sites'], { capture: true });
  const program = pathToFileURL(join(root, 'build/wasm/web/sites.mjs')).href;
  const rows = [];
  for (const bytes of [16, 64, 256, 1024]) {
    const name = `malloc(${bytes}) + free`;
    if (!name.includes(filter)) continue;
    progress(name);
    const args = [...nodeFlags, harness, program, String(bytes), String(repetitions ?? (quick ? 2 : 12))];
    const { stdout } = await runCommand(process.execPath, args, { capture: true });
    const { off, on } = JSON.parse(stdout);
    rows.push({ name, bytes, offNs: median(off), onNs: median(on), ratio: median(on) / median(off) });
  }
  const text = table(
    ['', 'off', 'on', 'on / off'],
    rows.map(({ name, offNs, onNs, ratio }) => [name, fixed(offNs), fixed(onNs), fixed(ratio, 3)]),
  );
  const checks = rows.map(({ name, ratio }) => ({
    target: `${name}: at the default rate at most ${limit} times what it takes without samples`,
    measured: ratio,
    limit,
    unit: '×',
  }));
  return { rows, checks, failures: [], text: `ns a pair, the profiler off and on in turn\n\n${text}` };
}
