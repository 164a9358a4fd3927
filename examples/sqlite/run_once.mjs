// One run in a process of its own, for whoever started it: `node run_once.mjs FOLDER ALLOCATOR ORDERS`, with a channel
// over which it sends { progress } now and then, and { measurement } or { error } at the end.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measure, moduleFile } from './measure.mjs';

const [folder, allocator, orders] = process.argv.slice(2);
const progressEveryMs = 60;
let lastProgressMs = 0;

const send = (message) => new Promise((resolve) => process.send(message, resolve));

try {
  const { default: createSqlite } = await import(pathToFileURL(join(folder, moduleFile(allocator))).href);
  const measurement = await measure(createSqlite, {
    allocator,
    orders: Number(orders),
    onProgress({ phase, fraction }) {
      const nowMs = performance.now();
      if (nowMs - lastProgressMs < progressEveryMs) return;
      lastProgressMs = nowMs;
      process.send({ progress: { phase, fraction } });
    },
  });
  measurement.peakResidentBytes = process.resourceUsage().maxRSS * 1024;
  await send({ measurement });
} catch (error) {
  await send({ error: error.message });
}
process.disconnect();
