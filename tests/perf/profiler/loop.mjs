// A loop that does nothing but malloc and free, with the profiler off and at its default rate in turn, in one process.
// Prints nanoseconds a pair, by rounds: { off: [], on: [] }.
const [program, bytes, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { exports } = module.tidemark.engine;

const roundMs = 150;
const settleMs = 100; // until the rate has found what it may cost
const pairs = 50_000;

/** ns a pair, on average over about `ms`. */
function measure(ms) {
  const begin = performance.now();
  let done = 0;
  while (performance.now() - begin < ms) {
    module._format_text(pairs, Number(bytes));
    done += pairs;
  }
  return ((performance.now() - begin) * 1e6) / done;
}

const result = { off: [], on: [] };
for (let round = 0; round < Number(rounds); ++round) {
  exports.tidemark_profiler_sample(-1, 0, 0);
  measure(settleMs);
  result.off.push(measure(roundMs));
  exports.tidemark_profiler_sample(512 * 1024, 0.005, round);
  measure(settleMs);
  result.on.push(measure(roundMs));
}
console.log(JSON.stringify(result));
process.exit(); // a timer of the profiler's may be waiting
