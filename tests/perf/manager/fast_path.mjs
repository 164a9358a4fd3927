// fast_path.mjs PROGRAM BYTES ROUNDS: malloc and free, with limits and without, in turn. Prints nanoseconds a pair, by rounds.
const [program, bytes, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { exports } = module.tidemark.engine;
const MiB = 2 ** 20;
const pairs = 50_000;

function measure(ms) {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let done = 0;
  while (performance.now() - begin < ms) {
    module._format_text(pairs, Number(bytes));
    done += pairs;
  }
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) * 1000) / done;
}

exports.tidemark_profiler_sample(-1, 0, 0);
const result = { off: [], on: [] };
measure(300);
for (let round = 0; round < Number(rounds); ++round) {
  for (const on of round % 2 ? [true, false] : [false, true]) {
    exports.tidemark_manager_set_limits(on ? 64 * MiB : 0, on ? 56 * MiB : 0, on ? 48 * MiB : 0);
    measure(20);
    result[on ? 'on' : 'off'].push(measure(120));
  }
}
console.log(JSON.stringify(result));
process.exit();
