// What a user of the package writes; e2e/package.spec.ts bundles it with each bundler.
import { defaultModule, getBuiltInTests, runMemoryPerformanceTest, shrink, version } from 'tidemark';

const { engine } = defaultModule.module.tidemark;
engine.exports.free(engine.exports.malloc(40 << 20));
const { returnedBytes } = shrink(defaultModule.id);
// Loads a chunk that most programs never need.
const { error } = await runMemoryPerformanceTest(defaultModule, getBuiltInTests().stress, null, { durationMs: 10 });
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => {
  document.body.dataset.result = JSON.stringify({ version, returnedBytes, error, inWorker: data });
};
worker.onerror = ({ message }) => {
  document.body.dataset.result = JSON.stringify({ failed: message });
};
