// database.mjs PROGRAM PAIRS SECONDS: SQLite at work twice, in turns, step by step; the detector at its default settings watches one
// of the two, and in the next round the other. One line of JSON: of each round, what a watched step takes against one that isn't,
// median of the steps' ratios; and the milliseconds that went by, and those of them that the detector had, for its samples and
// its detections.
//
// Both are of the cost: what the detector runs for, which is known exactly, as a share of the time that went by; and what it does to
// the program beside, whose caches it empties. Allocations are sampled in both: that is so in every program with the runtime.
import { attach } from 'tidemark/attach';
import { geometricMean, median } from '../runner/statistics.mjs';
import { orders } from '../support/orders.mjs';

let samplesMs = 0;
let samples = 0;
const { setInterval: every } = globalThis;
globalThis.setInterval = (callback, ...rest) =>
  every(
    () => {
      const begin = performance.now();
      callback();
      samplesMs += performance.now() - begin;
      samples += 1;
    },
    ...rest,
  );

const [program, pairs, seconds] = process.argv.slice(2);
const { default: create } = await import(program);
const databases = [];
for (const id of ['first', 'second']) {
  const module = await create();
  databases.push({ id, module, api: attach({ id, module }), work: orders(module) });
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const timed = (work) => {
  const begin = performance.now();
  work();
  return performance.now() - begin;
};
for (let i = 0; i < 200; ++i) for (const { work } of databases) work(); // tables as full as they get, code as fast as it gets

const result = { rounds: [], memoryBytes: 0 };
for (let round = 0; round < 2 * Number(pairs); ++round) {
  const watched = databases[round % 2];
  const other = databases[1 - (round % 2)];
  const detector = new watched.api.MemoryLeakDetector();
  samplesMs = samples = 0;
  const begin = performance.now();
  detector.startMonitoring({ id: watched.id, module: watched.module });
  samplesMs += performance.now() - begin;
  const ratios = [[], []]; // where the watched one comes first, and where it comes second
  for (const end = begin + Number(seconds) * 1000; performance.now() < end;) {
    const place = ratios[0].length > ratios[1].length ? 1 : 0;
    const one = timed(place === 0 ? watched.work : other.work);
    const two = timed(place === 0 ? other.work : watched.work);
    ratios[place].push(place === 0 ? one / two : two / one);
    await turn();
  }
  const elapsedMs = performance.now() - begin;
  const history = detector.getHistory(watched.id);
  if (history.some(({ hasLeak }) => hasLeak)) throw new Error('SQLite is said to leak');
  const detectionsMs = history.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const ratio = geometricMean(ratios.map(median));
  const steps = ratios[0].length + ratios[1].length;
  result.rounds.push({ ratio, steps, elapsedMs, samplesMs, samples, detectionsMs, detections: history.length });
  detector.dispose();
}
result.memoryBytes = databases[0].module.tidemark.engine.views.u8.length;
console.log(JSON.stringify(result));
process.exit();
