// How linear memory follows demand (behaviour/growth.cpp).
import { fileURLToPath } from 'node:url';
import { buildPrograms, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { fixed, mib, none, table } from '../runner/table.mjs';

const maximumMib = 32;
const cases = [
  { name: '64 MiB in blocks of 64 B', program: 'growth', args: ['size=64', 'total_mib=64'] },
  { name: '64 MiB in blocks of 4 KiB', program: 'growth', args: ['size=4096', 'total_mib=64'] },
  { name: '256 MiB in blocks of 1 MiB', program: 'growth', args: ['size=1048576', 'total_mib=256'] },
  // Where a growth takes long, memory goes ahead as Emscripten's own does (src/platform/growth.js), and overshoots.
  {
    name: '400 MiB in blocks of 4 KiB, 500,000 JavaScript objects',
    program: 'growth',
    args: ['size=4096', 'total_mib=400'],
    flags: ['--require', fileURLToPath(new URL('../behaviour/objects.cjs', import.meta.url))],
  },
  {
    name: `to a maximum of ${maximumMib} MiB, in 64 KiB`,
    program: 'growth_refused',
    args: ['size=65000', 'until_null=1'],
  },
];

export async function run({ allocators, quick, filter, repetitions, nodeFlags, progress }) {
  await buildPrograms(['growth', 'growth_refused'], allocators);
  const rows = [];
  const failures = [];
  for (const { name, program, args, flags = [] } of cases.filter((each) => each.name.includes(filter))) {
    progress(name);
    const results = await interleave(allocators, repetitions ?? (quick ? 1 : 3), (allocator) =>
      runProgram(programFile(program, allocator), { args, nodeFlags: [...nodeFlags, ...flags] }),
    );
    // mimalloc's first reservation is larger than the maximum: it ends at once, and that is its figure.
    if (program === 'growth') failures.push(...failuresOf(name, results));
    rows.push({
      ...{ name, program, cheap: flags.length === 0 },
      ...{ growths: pick(results, 'growths'), ms: pick(results, 'ms'), liveBytes: pick(results, 'live_bytes') },
      ...{ worstBytes: pick(results, 'worst_bytes'), worstOfAllowed: pick(results, 'worst_of_allowed') },
    });
  }
  const growing = rows.filter((row) => row.program === 'growth');
  const refused = rows.filter((row) => row.program === 'growth_refused');
  const cell = (row, name) =>
    row.growths[name] === undefined
      ? none
      : `${fixed(row.growths[name], 0)} / ${mib(row.worstBytes[name], 2)} / ${fixed(row.ms[name])}`;
  const text = [
    table(
      ['growths / worst overshoot MiB / ms', ...allocators],
      growing.map((row) => [row.name, ...allocators.map((name) => cell(row, name))]),
    ),
    '',
    table(
      ['MiB handed out', ...allocators],
      refused.map((row) => [row.name, ...allocators.map((name) => mib(row.liveBytes[name]))]),
    ),
  ].join('\n');
  const overshoots = growing
    .filter(({ cheap }) => cheap)
    .map((row) => row.worstOfAllowed.tidemark)
    .filter((value) => value !== undefined);
  const unused = refused
    .map((row) => maximumMib - row.liveBytes.tidemark / 2 ** 20)
    .filter((value) => !Number.isNaN(value));
  return {
    ...{ rows, failures, text },
    checks: [
      {
        target: 'overshoot over what is allowed: 12 %, at most 4 MiB, and the rest of a page',
        measured: overshoots.length ? Math.max(...overshoots) : undefined,
        limit: 1,
        unit: '×',
      },
      {
        target: 'when growth is refused: MiB of the maximum not handed out',
        measured: unused[0],
        limit: 3, // a last step that is given up instead of tried smaller would leave 12 %: 3.8 MiB
        unit: 'MiB',
      },
    ],
  };
}
