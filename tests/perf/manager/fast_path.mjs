// fast_path.mjs PROGRAM BYTES ROUNDS: malloc and free, without limits, with limits, and without once more, in turn. One line
// of JSON: nanoseconds a pair of each, and the same of the second without, which tells what the machine alone makes of it.
//
// Each is the tenth part of its measurements that is the fastest, at its border: what is slower than that was disturbed. A
// measurement has taken no more than the time that went by, and no more than the processor time of the process.
const [program, bytes, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { exports } = module.tidemark.engine;
const MiB = 2 ** 20;
const pairs = 50_000;
const turns = 6; // measurements in a row, after one that doesn't count

function measure() {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  module._format_text(pairs, Number(bytes));
  const wallMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return (Math.min(wallMs, (user + system) / 1000) * 1e6) / pairs;
}

exports.tidemark_profiler_sample(-1, 0, 0);
const taken = { off: [], on: [], again: [] };
for (let i = 0; i < 100; ++i) measure();
for (let round = 0; round < Number(rounds); ++round) {
  const order = Object.keys(taken);
  for (let i = 0; i < round % 3; ++i) order.push(order.shift());
  for (const which of order) {
    const on = which === 'on';
    exports.tidemark_manager_set_limits(on ? 64 * MiB : 0, on ? 56 * MiB : 0, on ? 48 * MiB : 0);
    measure();
    for (let i = 0; i < turns; ++i) taken[which].push(measure());
  }
}
const decile = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 10)];
console.log(
  JSON.stringify(Object.fromEntries(Object.entries(taken).map(([which, values]) => [which, decile(values)]))),
);
process.exit();
