// node --expose-gc rss_child.mjs FILE MOVABLE: a peak of programs/scatter.c of which a tenth stays, and an aggressive
// collection by the manager; one line of JSON with what the system says of the process.
import { pathToFileURL } from 'node:url';
import { attach } from 'tidemark/attach';
import { residentBytes } from '../../support/resident_bytes.mjs';

const [file, movable] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(file).href);
const program = await create();
const api = attach({ id: 'scatter', module: program });
const manager = new api.WasmMemoryManager({
  limits: { hardLimit: 512 * 2 ** 20 },
  gc: { autoGC: false, allowShrink: true },
});
manager.registerModule({ id: 'scatter', module: program });

program._scatter(1 << 20, Number(movable)); // what is compiled and touched once is there from now on
program._keep_one_in(1 << 30);
manager.triggerGC('scatter', true);
const start = await residentBytes();
program._scatter(400 * 2 ** 20, Number(movable));
const peak = process.memoryUsage().rss;
const live = program._keep_one_in(10);
const gc = manager.triggerGC('scatter', true);
const after = await residentBytes();
console.log(JSON.stringify({ start, peak, live, after, whole: program._whole(), gc }));
process.exit();
