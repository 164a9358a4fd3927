// database.mjs PROGRAM ROUNDS: SQLite at work, with the profiler off, at its default rate, and off once more, in turn, as in loop.mjs.
// One line of JSON: processor milliseconds of the same work, by rounds, and the samples that were taken.
import { orders } from '../support/orders.mjs';

const [program, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { engine, profiler } = module.tidemark;
const step = orders(module);
function cycle() {
  for (let i = 0; i < 10; ++i) step();
}
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const result = { off: [], on: [], again: [], samples: 0, wallMs: 0 };
for (let i = 0; i < 5; ++i) cycle(); // until it is compiled
for (let round = 0; round < Number(rounds); ++round) {
  for (const name of round % 2 ? ['again', 'on', 'off'] : ['off', 'on', 'again']) {
    if (name === 'on') engine.exports.tidemark_profiler_sample(512 * 1024, 0.005, round);
    else engine.exports.tidemark_profiler_sample(-1, 0, 0);
    for (let i = 0; i < 4; ++i) cycle(); // until the rate has found what it may cost
    const before = profiler.samples;
    const begin = processorMs();
    const wall = performance.now();
    cycle();
    cycle();
    result[name].push(processorMs() - begin);
    result.samples += profiler.samples - before;
    if (name === 'on') result.wallMs += performance.now() - wall;
  }
}
console.log(JSON.stringify(result));
process.exit();
