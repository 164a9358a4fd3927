// database.mjs PROGRAM PAIRS: SQLite at work, with and without samples. One line of JSON: relative differences, in the order in
// which they were measured, and what samples there were.
//
// The rate finds what it may cost in seconds of work at the default settings. From then on that very rate is switched on and
// off from one round of the same work to the next, so that whatever else the machine does meets both alike: on, off and off, on
// in turn. A difference is of two neighbours in time, as a share of the one without samples. The control is the same with
// neighbours that are both without.
import { orders } from '../support/orders.mjs';

const [program, pairs] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const { engine, profiler } = module.tidemark;
const { exports } = engine;
const step = orders(module);

const settleMs = 6000;
const words = exports.tidemark_meter() / 4; // web/src/heap_meter.ts
function allocatedBytes() {
  const word = (index) => engine.views.u32[words + index];
  return word(8) + word(9) * 2 ** 32 + ((word(5) - word(3)) & ~7);
}
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
/** Lengths of rows have a period of 2000, and ten steps make 3000 of them: after twenty the work is the same again. */
function round() {
  const begin = processorMs();
  for (let i = 0; i < 20; ++i) step();
  return processorMs() - begin;
}
function workFor(ms) {
  const begin = performance.now();
  while (performance.now() - begin < ms) round();
  return performance.now() - begin;
}

exports.tidemark_profiler_sample(512 * 1024, 0.005, 1);
workFor(settleMs);
const before = { bytes: allocatedBytes(), samples: profiler.samples };
const wallMs = workFor(settleMs);
const samples = profiler.samples - before.samples;
const meanBytes = (allocatedBytes() - before.bytes) / samples;

const on = (seed) => exports.tidemark_profiler_sample(meanBytes, 0, seed);
const off = () => exports.tidemark_profiler_sample(-1, 0, 0);
/** Difference of two rounds, the second of which is without samples. */
function difference(sampled, turned, seed) {
  let with_ = 0;
  let without = 0;
  for (const first of turned ? [false, true] : [true, false]) {
    if (first && sampled) on(seed);
    else off();
    if (first) with_ = round();
    else without = round();
  }
  return with_ / without - 1;
}

const result = { cost: [], control: [], meanBytes, samplesPerSecond: (1000 * samples) / wallMs };
for (let pair = 0; pair < Number(pairs); ++pair) {
  const turned = pair % 2 === 1;
  result.cost.push(difference(true, turned, pair + 1));
  result.control.push(difference(false, turned, pair + 1));
}
console.log(JSON.stringify(result));
process.exit();
