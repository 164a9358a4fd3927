// One run in a worker: the page stays alive, and all of the memory goes when the worker does.
import { measure, moduleFile } from './measure.mjs';

const postEveryMs = 50;

self.onmessage = async ({ data: { allocator, orders } }) => {
  let postedPoints = 0;
  let lastPostMs = -Infinity;

  const post = ({ phase, fraction, timeline }) => {
    const points = Object.fromEntries(
      Object.entries(timeline).map(([name, values]) => [name, values.slice(postedPoints)]),
    );
    postedPoints = timeline.ms.length;
    self.postMessage({ progress: { phase, fraction, points } });
  };

  try {
    const { default: createSqlite } = await import(`./${moduleFile(allocator)}`);
    const measurement = await measure(createSqlite, {
      allocator,
      orders,
      onProgress(progress) {
        if (performance.now() - lastPostMs < postEveryMs) return;
        lastPostMs = performance.now();
        post(progress);
      },
    });
    self.postMessage({ measurement });
  } catch (error) {
    self.postMessage({ error: error.message });
  }
};
