// Programs whose time is spent in the allocator (programs/*.cpp): time, and the memory that they need.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPrograms, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { geometricMean, ratioToBest } from '../runner/statistics.mjs';
import { fixed, mib, table } from '../runner/table.mjs';

export const programNames = readdirSync(fileURLToPath(new URL('../programs', import.meta.url)))
  .filter((file) => file.endsWith('.cpp'))
  .map((file) => file.slice(0, -'.cpp'.length))
  .sort();

/** A tenth of the work is enough to see that a program runs. */
export const quickScale = 0.1;

export async function run({ allocators, quick, filter, repetitions, nodeFlags, progress }) {
  const names = programNames.filter((name) => name.includes(filter));
  await buildPrograms(names, allocators);
  const rows = [];
  const failures = [];
  for (const name of names) {
    progress(name);
    const args = [`scale=${quick ? quickScale : 1}`];
    const results = await interleave(allocators, repetitions ?? (quick ? 1 : 7), (allocator) =>
      runProgram(programFile(name, allocator), { args, nodeFlags }),
    );
    failures.push(...failuresOf(name, results));
    const checksum = pick(results, 'checksum');
    if (new Set(Object.values(checksum)).size > 1)
      failures.push(`${name}: the checksums differ: ${JSON.stringify(checksum)}`);
    const ms = pick(results, 'ms');
    rows.push({
      ...{ name, ms, checksum, ratio: ratioToBest(ms) },
      demandBytes: pick(results, 'demand_bytes'),
      memoryBytes: pick(results, 'memory_bytes'),
    });
  }
  const ratios = rows.map((row) => row.ratio).filter((ratio) => ratio !== undefined);
  return { rows, failures, text: print(rows, allocators, ratios), checks: check(rows, ratios) };
}

function print(rows, allocators, ratios) {
  const perAllocator = (figures, show) => allocators.map((name) => show(figures[name]));
  const times = rows.map((row) => [row.name, ...perAllocator(row.ms, fixed), fixed(row.ratio, 2)]);
  if (ratios.length) times.push(['geometric mean', ...allocators.map(() => ''), fixed(geometricMean(ratios), 3)]);
  return [
    table(['ms', ...allocators, 'tidemark / best'], times),
    '',
    table(
      ['peak MiB: linear memory (heap)', ...allocators],
      rows.map((row) => [
        row.name,
        ...allocators.map((name) => `${mib(row.memoryBytes[name])} (${mib(row.demandBytes[name])})`),
      ]),
    ),
  ].join('\n');
}

function check(rows, ratios) {
  const over = rows
    .filter((row) => row.memoryBytes.tidemark !== undefined && row.memoryBytes.dlmalloc !== undefined)
    .map((row) => row.memoryBytes.tidemark / row.memoryBytes.dlmalloc);
  const worst = (values) => (values.length ? Math.max(...values) : undefined);
  return [
    {
      target: 'geometric mean at most 0.6 × the best of the three',
      measured: ratios.length ? geometricMean(ratios) : undefined,
      limit: 0.6,
      unit: '×',
    },
    { target: 'no program above 1.02 × the best', measured: worst(ratios), limit: 1.02, unit: '×' },
    { target: "peak linear memory at most dlmalloc's", measured: worst(over), limit: 1, unit: '×' },
  ];
}
