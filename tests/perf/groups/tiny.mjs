// What little things cost (behaviour/tiny.cpp): one process a question.
import { buildPrograms, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { fixed, mib, table } from '../runner/table.mjs';

const show = { bytes: (value) => fixed(value, 0), perBlock: (value) => fixed(value, 2), mib: (value) => mib(value, 2) };
const whole = (value) => fixed(value, 0);

// A block of 8 bytes takes 8, and one of 16 takes 16; what is kept about them elsewhere may come to a byte each.
// `limit` is the most that Tidemark may take; `least` the least that it must reach. calloc of fresh memory touches no page
// of a block: what is allowed is the noise of the process's resident size and, with 4096 blocks and dozens of growths, the
// allocator's own tables.
const questions = [
  { name: '100 × 16 B: heap bytes', question: 0, key: 'demand_bytes', show: show.bytes, limit: 8192 },
  { name: 'malloc(8) takes, bytes', question: 1, key: 'bytes_for_8', show: show.perBlock, limit: 9 },
  { name: 'malloc(16) takes, bytes', question: 2, key: 'bytes_for_16', show: show.perBlock, limit: 17 },
  { name: 'realloc at the top, 4 KiB to 16 MiB: moves', question: 3, key: 'moves_at_top', show: whole, limit: 0 },
  { name: 'realloc into a free neighbour: in place of 20', question: 4, key: 'grown_in_place', show: whole, least: 20 },
  { name: 'calloc(64 MiB), fresh: resident MiB', question: 5, key: 'touched_large', show: show.mib, limit: 2 ** 20 },
  { name: 'calloc(64 MiB), fresh: ms', question: 5, key: 'ms_large', show: fixed },
  {
    name: '4096 × calloc(16 KiB), fresh: resident MiB',
    question: 6,
    key: 'touched_medium',
    show: show.mib,
    limit: 8 * 2 ** 20,
  },
  { name: '4096 × calloc(16 KiB), fresh: ms', question: 6, key: 'ms_medium', show: fixed },
];

export async function run({ allocators, quick, filter, repetitions, nodeFlags, progress }) {
  await buildPrograms(['tiny'], allocators);
  const answers = new Map();
  const rows = [];
  const failures = [];
  for (const { name, question, key, limit, least, show: format } of questions.filter((each) =>
    each.name.includes(filter),
  )) {
    progress(name);
    if (!answers.has(question)) {
      const args = [`question=${question}`];
      const results = await interleave(allocators, repetitions ?? (quick ? 1 : 3), (allocator) =>
        runProgram(programFile('tiny', allocator), { args, nodeFlags }),
      );
      failures.push(...failuresOf(name, results));
      answers.set(question, results);
    }
    rows.push({ name, values: pick(answers.get(question), key), limit, least, format });
  }
  return {
    rows: rows.map(({ name, values }) => ({ name, values })),
    failures,
    text: table(
      ['', ...allocators],
      rows.map((row) => [row.name, ...allocators.map((allocator) => row.format(row.values[allocator]))]),
    ),
    checks: rows.filter((row) => row.limit !== undefined || row.least !== undefined).map(checkOf),
  };
}

/** "At least" is turned into what is missing, so that less is better in every check. */
function checkOf({ name, values, limit, least }) {
  const measured = values.tidemark;
  if (least === undefined) return { target: `${name}: at most ${limit}`, measured, limit, unit: '' };
  return {
    target: `${name}: all (what is missing)`,
    measured: measured === undefined ? undefined : least - measured,
    limit: 0,
    unit: '',
  };
}
