// reads.mjs PROGRAM: what looking at a heap costs that is nearly empty, and at one of 1 GiB. One line of JSON: medians; of all
// statistics where nothing has changed since the last look, and where a block came and went in between.
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

const small = statistics(20_000);
module._load_meshes(500, 1024 * 1024);
module._load_meshes(32_000, 16 * 1024);
const result = {
  countersNs: 1000 * measure(200_000, () => monitor.getLiveCounters('sites')),
  small,
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
