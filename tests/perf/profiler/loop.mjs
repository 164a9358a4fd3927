// loop.mjs PROGRAM BYTES ROUNDS: a loop that does nothing but malloc and free, with the profiler off, at its default rate, and
// off once more, in turn, in one process: the two that are the same say how far the figures can be believed.
// One line of JSON: nanoseconds of the processor a pair, by rounds: { off, on, again }.
const [program, bytes, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { exports } = module.tidemark.engine;

// Short turns: what else the machine does changes from one second to the next.
const roundMs = 60;
const settleMs = 60; // until the rate has found what it may cost
const pairs = 5_000;

function processorNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** ns a pair, on average over about `ms`. */
function measure(ms) {
  const begin = processorNs();
  const end = performance.now() + ms;
  let done = 0;
  do {
    module._format_text(pairs, Number(bytes));
    done += pairs;
  } while (performance.now() < end);
  return (processorNs() - begin) / done;
}

const settings = {
  off: () => exports.tidemark_profiler_sample(-1, 0, 0),
  on: (round) => exports.tidemark_profiler_sample(512 * 1024, 0.005, round),
  again: () => exports.tidemark_profiler_sample(-1, 0, 0),
};
const result = { off: [], on: [], again: [] };
for (let round = 0; round < Number(rounds); ++round) {
  const turns = Object.entries(settings);
  for (const [name, set] of round % 2 ? turns.reverse() : turns) {
    set(round);
    measure(settleMs);
    result[name].push(measure(roundMs));
  }
}
console.log(JSON.stringify(result));
process.exit(); // a timer of the profiler's may be waiting
