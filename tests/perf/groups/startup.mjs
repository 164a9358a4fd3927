// What an allocator costs before it has done anything: time to instantiate, the first malloc, and memory of an instance.
import { fileURLToPath } from 'node:url';
import { buildPrograms, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { fixed, mib, table } from '../runner/table.mjs';

const harness = fileURLToPath(new URL('../behaviour/startup.mjs', import.meta.url));

const figures = [
  { name: 'a new instance, ms', key: 'instance_ms', show: (value) => fixed(value, 2) },
  { name: 'its first malloc, ms', key: 'first_malloc_ms', show: (value) => fixed(value, 3) },
  { name: 'its linear memory, MiB', key: 'memory_bytes', show: (value) => mib(value, 2) },
  { name: 'resident memory per instance, MiB', key: 'resident_bytes', show: (value) => mib(value, 2) },
];

export async function run({ allocators, quick, filter, repetitions, nodeFlags, progress }) {
  await buildPrograms(['startup'], allocators);
  progress('instances');
  const results = await interleave(allocators, repetitions ?? (quick ? 1 : 5), (allocator) =>
    runProgram(harness, { args: [programFile('startup', allocator), quick ? '5' : '20'], nodeFlags }),
  );
  const rows = figures
    .filter(({ name }) => name.includes(filter))
    .map(({ name, key, show }) => ({ name, values: pick(results, key), show }));
  return {
    rows: rows.map(({ name, values }) => ({ name, values })),
    failures: failuresOf('startup', results),
    text: table(
      ['', ...allocators],
      rows.map(({ name, values, show }) => [name, ...allocators.map((allocator) => show(values[allocator]))]),
    ),
    checks: [],
  };
}
