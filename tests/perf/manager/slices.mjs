// slices.mjs PROGRAM STRATEGY ROUNDS: collections in slices of 2 ms of 100 MiB of movable blocks of which a third stays.
// One line of JSON: processor time of each slice, in milliseconds.
import { attach } from 'tidemark/attach';

const [program, strategy, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const id = 'scatter';
const api = attach({ id, module });
let waiting = null;
const manager = new api.WasmMemoryManager({
  idle: (callback) => {
    waiting = callback;
    return () => (waiting = null);
  },
  limits: { hardLimit: 1024 * 2 ** 20 },
  gc: { autoGC: false, incrementalGC: true, allowShrink: strategy === 'aggressive' },
});
manager.registerModule({ id, module });
const result = { slices: [], collections: 0, movedBytes: 0, reclaimedBytes: 0 };
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
const timed = (step) => {
  const begin = processorMs();
  const value = step();
  result.slices.push(processorMs() - begin);
  return value;
};
for (let round = 0; round < Number(rounds); ++round) {
  module._scatter(100 * 2 ** 20, 1);
  module._keep_one_in(3);
  let completed = timed(() => manager.triggerGC(id, { strategy })).completed;
  const stop = manager.on('gc', (gc) => {
    completed = gc.completed;
    result.movedBytes += gc.movedBytes;
    result.reclaimedBytes += gc.reclaimedBytes;
  });
  while (!completed && waiting) {
    const callback = waiting;
    waiting = null;
    timed(() => callback(() => Infinity));
  }
  stop();
  result.collections += 1;
  if (module._whole() < 1000) throw new Error('blocks are damaged');
  module._keep_one_in(2 ** 30);
}
console.log(JSON.stringify(result));
process.exit();
