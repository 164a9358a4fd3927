// database.mjs PROGRAM ROUNDS SECONDS: SQLite at work, the detector at its default settings watching it. One line of JSON: of
// each round, the milliseconds that went by, and those of them that the detector had: its samples, and its detections.
//
// The detector adds nothing to malloc, free or the program's own code: the profiler that is in every program with the runtime
// samples allocations whether it is there or not. So what it costs is the time in which it runs, which is measured as a share
// of the time that went by: whatever else the machine does makes both longer.
import { attach } from 'tidemark/attach';

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
if (!module._open_database()) throw new Error('no database');

let first = 0;
function work() {
  if (!module._insert(first, 300)) throw new Error('insert failed');
  first += 300;
  if (!module._begin_query()) throw new Error('query failed');
  let row;
  do row = module._next_row();
  while (row >= 0);
  if (row !== -1) throw new Error('wrong row');
  if (first % 3000 === 0) module._delete_but(2 ** 30); // each cycle of ten begins with an empty table
}
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
