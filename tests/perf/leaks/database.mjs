// database.mjs PROGRAM ROUNDS SECONDS: SQLite at work, the detector at its default settings watching it and not, in turn.
// One line of JSON: processor milliseconds for the same work, by rounds.
import { attach } from 'tidemark/attach';

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
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// As much work as takes so long, of whole cycles of ten.
let cycles = 0;
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end; ++cycles) {
  for (let i = 0; i < 10; ++i) {
    work();
    await turn();
  }
}
const result = { off: [], on: [], detections: 0 };
for (let round = 0; round < Number(rounds); ++round) {
  for (const on of round % 2 ? [true, false] : [false, true]) {
    const detector = on ? new api.MemoryLeakDetector() : null;
    detector?.startMonitoring({ id: 'database', module });
    const begin = processorMs();
    for (let i = 0; i < cycles * 10; ++i) {
      work();
      await turn();
    }
    result[on ? 'on' : 'off'].push(processorMs() - begin);
    if (detector) {
      const history = detector.getHistory('database');
      result.detections += history.length;
      if (history.some(({ hasLeak }) => hasLeak)) throw new Error('SQLite is said to leak');
      detector.dispose();
    }
  }
}
console.log(JSON.stringify(result));
process.exit();
