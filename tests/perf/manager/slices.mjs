// slices.mjs PROGRAM STRATEGY MOVABLE ROUNDS: collections in slices of 2 ms of 100 MiB of blocks of 16 bytes to 64 KiB of
// which a third stays; movable ones, or plain ones. One line of JSON: what each slice took, in milliseconds.
//
// A slice has taken no more than the time that went by, in which other processes may have had the processor, and no more
// than the processor time of the process, in which its other threads may have worked: the lesser of the two.
import { attach } from 'tidemark/attach';

const [program, strategy, movable, rounds] = process.argv.slice(2);
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
const result = { slices: [], shrinks: [], collections: 0, movedBytes: 0, reclaimedBytes: 0 };
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
let shrinkMs = 0;
const timed = (step) => {
  const cpu = processorMs();
  const begin = performance.now();
  shrinkMs = 0;
  const value = step();
  const tookMs = Math.min(processorMs() - cpu, performance.now() - begin);
  result.slices.push(Math.max(0, tookMs - shrinkMs));
  if (shrinkMs > 0) result.shrinks.push(shrinkMs);
  return value;
};
// Once for nothing: functions are compiled when they are called first.
for (let round = -1; round < Number(rounds); ++round) {
  if (round === 0) Object.assign(result, { slices: [], shrinks: [], collections: 0, movedBytes: 0, reclaimedBytes: 0 });
  module._scatter(100 * 2 ** 20, Number(movable));
  module._keep_one_in(3);
  let completed = timed(() => manager.triggerGC(id, { strategy })).completed;
  const stop = manager.on('gc', (gc) => {
    completed = gc.completed;
    shrinkMs = gc.phases.find(({ name }) => name === 'shrink')?.durationMs ?? 0;
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
