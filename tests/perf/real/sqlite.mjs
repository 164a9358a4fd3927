// The workload of examples/sqlite, once: `node sqlite.mjs FOLDER ALLOCATOR ORDERS` prints the line that a benchmark prints.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measure, moduleFile } from '../../../examples/sqlite/measure.mjs';

const [folder, allocator, orders] = process.argv.slice(2);
const { default: createSqlite } = await import(pathToFileURL(join(folder, moduleFile(allocator))).href);

// The module is compiled by the time it is created: from then on the time is SQLite's.
let before;
const createAndStart = async (moduleOptions) => {
  const sqlite = await createSqlite(moduleOptions);
  before = process.cpuUsage();
  return sqlite;
};
const measurement = await measure(createAndStart, { allocator, orders: Number(orders) });
const used = process.cpuUsage(before);
if (measurement.code !== 0) throw new Error(`SQLite: ${measurement.message}`);
console.log(
  JSON.stringify({
    ms: (used.user + used.system) / 1000,
    wall_ms: measurement.totalMs,
    // The digest is hexadecimal; 48 bits of it fit a number.
    checksum: parseInt(measurement.digest.slice(0, 12), 16),
    memory_bytes: measurement.peakMemoryBytes,
    demand_bytes: measurement.phases.at(-1).heap.peakReservedBytes ?? measurement.peakMemoryBytes,
  }),
);
