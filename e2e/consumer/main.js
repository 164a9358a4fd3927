// What a user of the package writes; e2e/package.spec.ts bundles it with each bundler.
import { defaultModule, shrink, version } from 'tidemark';

const { engine } = defaultModule.module.tidemark;
engine.exports.free(engine.exports.malloc(40 << 20));
const { returnedBytes } = shrink(defaultModule.id);
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => {
  document.body.dataset.result = JSON.stringify({ version, returnedBytes, inWorker: data });
};
worker.onerror = ({ message }) => {
  document.body.dataset.result = JSON.stringify({ failed: message });
};
