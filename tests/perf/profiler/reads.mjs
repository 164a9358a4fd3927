// reads.mjs PROGRAM: what looking at a heap of 1 GiB costs. One line of JSON: medians, { countersNs, statsUs, mapMs, runs }.
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

const smallStatsUs = measure(2000, () => api.getMemoryStats('sites'));
module._load_meshes(500, 1024 * 1024);
module._load_meshes(32_000, 16 * 1024);
const result = {
  countersNs: 1000 * measure(200_000, () => monitor.getLiveCounters('sites')),
  smallStatsUs,
  statsUs: measure(50, () => api.getMemoryStats('sites')),
  mapMs: measure(20, () => monitor.getHeapMap('sites')) / 1000,
  blocks: api.getMemoryStats('sites').liveBlocks,
  memoryBytes: api.getMemoryStats('sites').allocated,
};
console.log(JSON.stringify(result));
process.exit();
