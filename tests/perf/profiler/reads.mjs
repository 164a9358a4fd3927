// reads.mjs PROGRAM: what looking at a heap costs that is nearly empty, at one of 1 GiB, and at one of 100,000 large
// blocks that come and go. One line of JSON: medians; of all statistics where nothing has changed since the last look, and
// where a block came and went in between, in the last heap a hundred.
import { attach } from 'tidemark/attach';

const [program] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
const api = attach({ id: 'sites', module });
api.startMonitoring(api.defaultModule);
const monitor = api.wasmMemoryMonitor;
monitor.profiler('sites').stop();

function processorUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
/** Median of microseconds a call. */
function measure(calls, body) {
  const found = [];
  for (let round = 0; round < 15; ++round) {
    const begin = processorUs();
    for (let i = 0; i < calls; ++i) body();
    found.push((processorUs() - begin) / calls);
  }
  return found.sort((a, b) => a - b)[7];
}

const { exports } = module.tidemark.engine;
/** Of all statistics: { sameUs, changedUs }. */
function statistics(calls) {
  const look = () => api.getMemoryStats('sites');
  const change = () => exports.free(exports.malloc(100));
  for (let i = 0; i < 20_000; ++i) look(); // compiled
  const changeUs = measure(calls, change);
  const both = measure(calls, () => {
    change();
    look();
  });
  return { sameUs: measure(calls, look), changedUs: both - changeUs };
}

/** xorshift32: the same blocks in every run. */
let state = 1;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

/**
 * Of all statistics of a heap of so many large blocks, each a run, and twice as many small ones, while blocks come and go:
 * the median, and what one look in a hundred takes more than, in microseconds on the wall.
 */
function churned(largeBlocks) {
  const large = Array.from({ length: largeBlocks }, () => exports.malloc(2100 + random(20_000)));
  const small = Array.from({ length: 2 * largeBlocks }, () => exports.malloc(16 + random(600)));
  const replace = (blocks, some) => {
    const at = random(blocks.length);
    exports.free(blocks[at]);
    blocks[at] = exports.malloc(some());
  };
  const churn = () => {
    for (let i = 0; i < 50; ++i) {
      replace(large, () => 2100 + random(20_000));
      replace(small, () => 16 + random(600));
    }
  };
  const timed = (body) => {
    const begin = performance.now();
    body();
    return (performance.now() - begin) * 1000;
  };
  const quantile = (times, at) => times.sort((a, b) => a - b)[Math.floor(times.length * at)];
  for (let i = 0; i < (2 * largeBlocks) / 50; ++i) churn();
  const clockUs = quantile(
    Array.from({ length: 10_000 }, () => timed(() => {})),
    0.5,
  );
  const times = Array.from({ length: 10_000 }, () => {
    churn();
    return timed(() => api.getMemoryStats('sites')) - clockUs;
  });
  for (const block of [...large, ...small]) exports.free(block);
  return { changedUs: quantile(times, 0.5), slowUs: quantile(times, 0.99) };
}

const small = statistics(20_000);
const changing = churned(100_000);
module._load_meshes(500, 1024 * 1024);
module._load_meshes(32_000, 16 * 1024);
const result = {
  countersNs: 1000 * measure(200_000, () => monitor.getLiveCounters('sites')),
  small,
  changing,
  large: statistics(20_000),
  sampleUs: measure(50, () => {
    exports.free(exports.malloc(100));
    monitor.sample('sites');
  }),
  mapMs: measure(20, () => monitor.getHeapMap('sites')) / 1000,
  blocks: api.getMemoryStats('sites').liveBlocks,
  memoryBytes: api.getMemoryStats('sites').allocated,
};
console.log(JSON.stringify(result));
process.exit();
