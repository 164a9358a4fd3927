// database.mjs PROGRAM ROUNDS SECONDS: SQLite at work, the detector at its default settings watching it. One line of JSON: of
// each round, the milliseconds that went by, and those of them that the detector had: its samples, and its detections.
//
// The detector adds nothing to malloc, free or the program's own code: the profiler that is in every program with the runtime
// samples allocations whether it is there or not. So what it costs is the time in which it runs, which is measured as a share
// of the time that went by: whatever else the machine does makes both longer.
import { attach } from 'tidemark/attach';
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

const [program, rounds, seconds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const api = attach({ id: 'database', module });
const work = orders(module);
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

const result = { rounds: [], memoryBytes: 0 };
for (let round = 0; round < Number(rounds); ++round) {
  const detector = new api.MemoryLeakDetector();
  samplesMs = samples = 0;
  const begin = performance.now();
  detector.startMonitoring({ id: 'database', module });
  samplesMs += performance.now() - begin;
  for (const end = begin + Number(seconds) * 1000; performance.now() < end;) {
    work();
    await turn();
  }
  const elapsedMs = performance.now() - begin;
  const history = detector.getHistory('database');
  if (history.some(({ hasLeak }) => hasLeak)) throw new Error('SQLite is said to leak');
  const detectionsMs = history.reduce((sum, { durationMs }) => sum + durationMs, 0);
  result.rounds.push({ elapsedMs, samplesMs, samples, detectionsMs, detections: history.length });
  detector.dispose();
}
result.memoryBytes = module.tidemark.engine.views.u8.length;
console.log(JSON.stringify(result));
process.exit();
