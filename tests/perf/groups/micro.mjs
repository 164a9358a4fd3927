// Nanoseconds per malloc + free, by size and order (micro/micro.cpp).
import { buildPrograms, programFile } from '../runner/build.mjs';
import { failuresOf, interleave, pick, runProgram } from '../runner/sample.mjs';
import { fixed, table } from '../runner/table.mjs';

const KiB = 1024;
const sizes = [8, 16, 32, 64, 128, 256, 512, KiB, 2 * KiB, 4 * KiB, 16 * KiB, 64 * KiB, KiB * KiB];
const orders = ['pair', 'lifo', 'fifo', 'random'];

// 2000 live blocks, or 64 MiB of them. With 1000 to 3000 the three known mallocs stand to each other as in the table of
// the project's plan; with 10,000 their columns for 4 KiB in random order measure the cache of the machine.
const liveFor = (size) => Math.min(2000, (64 * KiB * KiB) / size);

const nameOf = (size) =>
  size < KiB ? `${size} B` : size < KiB * KiB ? `${size / KiB} KiB` : `${size / KiB / KiB} MiB`;

export async function run({ allocators, quick, filter, repetitions, nodeFlags, progress }) {
  const columns = [...allocators, 'plain'];
  await buildPrograms(['micro'], columns);
  const rows = [];
  const failures = [];
  for (const size of sizes.filter((each) => nameOf(each).includes(filter))) {
    const live = quick ? Math.min(liveFor(size), 500) : liveFor(size);
    const args = [`size=${size}`, `live=${live}`, `ms=${quick ? 2 : 20}`];
    progress(nameOf(size));
    const results = await interleave(columns, repetitions ?? (quick ? 1 : 5), (allocator) =>
      runProgram(programFile('micro', allocator), { args, nodeFlags }),
    );
    failures.push(...failuresOf(nameOf(size), results));
    const ns = Object.fromEntries(orders.map((order) => [order, pick(results, order)]));
    rows.push({ name: nameOf(size), size, live, ns, checksum: pick(results, 'checksum') });
  }
  return { rows, failures, text: print(rows, columns), checks: check(rows) };
}

function print(rows, columns) {
  const cell = (row, name) =>
    row.ns.pair[name] === undefined ? '–' : orders.map((order) => fixed(row.ns[order][name])).join(' / ');
  return table(
    ['ns: pair / LIFO / FIFO / random', ...columns],
    rows.map((row) => [row.name, ...columns.map((name) => cell(row, name))]),
  );
}

function check(rows) {
  const measured = rows.filter((row) => row.ns.pair.tidemark !== undefined);
  const worst = (chosen, figure) => {
    const all = measured.filter(chosen).flatMap((row) => figure(row));
    return all.length ? Math.max(...all) : undefined;
  };
  const small = (row) => row.size <= KiB;
  const inOrder = worst(small, (row) => ['pair', 'lifo', 'fifo'].map((order) => row.ns[order].tidemark));
  const random = worst(small, (row) => [row.ns.random.tidemark]);
  const large = worst(
    (row) => row.size >= 4 * KiB && row.ns.pair.dlmalloc !== undefined,
    (row) => orders.map((order) => row.ns[order].tidemark / row.ns[order].dlmalloc),
  );
  return [
    { target: 'up to 1 KiB: pair, LIFO and FIFO at most 5 ns', measured: inOrder, limit: 5, unit: 'ns' },
    { target: 'up to 1 KiB: random at most 8 ns', measured: random, limit: 8, unit: 'ns' },
    { target: 'from 4 KiB: no slower than dlmalloc', measured: large, limit: 1, unit: '×' },
  ];
}
