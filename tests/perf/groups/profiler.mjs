// What the monitor and the sampling profiler cost: a program that does nothing but allocate, SQLite, and reading figures.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildTarget, buildWeb } from '../../../scripts/builds.mjs';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { buildRuntimeProgram, sqliteInputs } from '../runner/runtime_program.mjs';
import { median, trimmedMean } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const folder = fileURLToPath(new URL('../profiler', import.meta.url));
const sizes = [16, 64, 256, 1024];

async function measured(flags, script, ...args) {
  const { stdout } = await runCommand(process.execPath, [...flags, join(folder, script), ...args.map(String)], {
    capture: true,
  });
  return JSON.parse(stdout);
}

/** The median of the ratios of neighbours in time. */
const ratioOf = (above, below) => median(above.map((value, i) => value / below[i]));

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  const wanted = (name) => name.includes(filter);
  const rows = [];
  const checks = [];
  const texts = [];
  const sites = async () => {
    await Promise.all([buildTarget('wasm', ['web_sites'], { capture: true }), buildWeb({ capture: true })]);
    return pathToFileURL(join(root, 'build/wasm/web/sites.mjs')).href;
  };

  const loops = sizes.map((bytes) => ({ name: `malloc(${bytes}) + free`, bytes })).filter(({ name }) => wanted(name));
  if (loops.length > 0) {
    const program = await sites();
    const lines = [];
    for (const { name, bytes } of loops) {
      progress(name);
      const { off, on, again } = await measured(nodeFlags, 'loop.mjs', program, bytes, repetitions ?? (quick ? 4 : 60));
      const row = { name, bytes, offNs: median(off), onNs: median(on), ratio: ratioOf(on, off) };
      row.control = ratioOf(again, off);
      rows.push(row);
      lines.push([name, fixed(row.offNs), fixed(row.onNs), fixed(row.ratio, 3), fixed(row.control, 3)]);
      checks.push({
        target: `${name}: at the default rate at most 1.05 times`,
        measured: row.ratio,
        limit: 1.05,
        unit: '×',
      });
    }
    const head = ['ns of the processor a pair', 'off', 'on', 'on / off', 'off / off'];
    texts.push(table(head, lines));
  }

  if (wanted('SQLite')) {
    progress('SQLite');
    const program = await buildRuntimeProgram('database', await sqliteInputs());
    const found = await measured(nodeFlags, 'database.mjs', program, repetitions ?? (quick ? 20 : 700));
    const cost = trimmedMean(found.cost);
    const control = trimmedMean(found.control);
    const { samplesPerSecond } = found;
    rows.push({
      name: 'SQLite',
      cost,
      control,
      pairs: found.cost.length,
      samplesPerSecond,
      meanBytes: found.meanBytes,
    });
    const percent = ({ mean, error }) => `${fixed(100 * mean)} ± ${fixed(100 * error)} %`;
    texts.push(
      `SQLite, the same work in turn, time of the processor: at the default rate ${percent(cost)} more than without samples (trimmed mean and its standard error), without and without ${percent(control)}; ${fixed(samplesPerSecond, 0)} samples a second`,
    );
    checks.push({
      target: 'SQLite: samples at the default rate take at most 1 %',
      measured: 100 * cost.mean,
      limit: 1,
      unit: '%',
    });
  }

  if (wanted('reads')) {
    progress('reads');
    const found = await measured(nodeFlags, 'reads.mjs', await sites());
    rows.push({ name: 'reads', ...found });
    texts.push(
      `reading: counters ${fixed(found.countersNs, 0)} ns; all statistics of a small heap ${fixed(found.small.sameUs, 2)} µs, ${fixed(found.small.changedUs, 2)} µs where a block has come and gone, of ${found.blocks} large blocks ${fixed(found.large.sameUs, 2)} and ${fixed(found.large.changedUs, 2)} µs; of 100,000 large and 200,000 small blocks, 100 of which have come and gone, ${fixed(found.changing.changedUs, 2)} µs, in one of a hundred times more than ${fixed(found.changing.slowUs, 2)} µs; a sample of these ${fixed(found.sampleUs, 0)} µs; the map of ${fixed(found.memoryBytes / 2 ** 20, 0)} MiB ${fixed(found.mapMs, 2)} ms`,
    );
    checks.push(
      { target: 'a read of the counters takes at most 1 µs', measured: found.countersNs / 1000, limit: 1, unit: 'µs' },
      ...Object.entries({ small: 'a small heap', large: 'many large blocks' }).flatMap(([heap, of]) =>
        Object.entries({ sameUs: 'nothing has changed', changedUs: 'a block came and went' }).map(([key, where]) => ({
          target: `a read of all statistics of ${of} takes at most 1 µs where ${where}`,
          measured: found[heap][key],
          limit: 1,
          unit: 'µs',
        })),
      ),
      {
        target: 'a read of all statistics of 100,000 large blocks takes at most 1 µs where a hundred came and went',
        measured: found.changing.changedUs,
        limit: 1,
        unit: 'µs',
      },
      { target: 'the heap map of 1 GiB takes at most 1 ms', measured: found.mapMs, limit: 1, unit: 'ms' },
    );
  }
  return { rows, checks, failures: [], text: texts.join('\n\n') };
}
