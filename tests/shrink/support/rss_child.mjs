// node --expose-gc rss_child.mjs FILE MOVABLE: peak and shrink of programs/scatter.c, in a process of its own; one line of
// JSON with what the system says of the process.
import { pathToFileURL } from 'node:url';
import { residentBytes } from '../../support/resident_bytes.mjs';

const [file, movable] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(file).href);
const program = await create();

// What is compiled, and the program's own tables, are there from now on; what was free is not.
program._touch_tables();
program._scatter(400 * 2 ** 20, Number(movable));
program._keep_one_in(1 << 30);
program.tidemark.shrink();
program._touch_tables(); // whose pages the peak has left zero
const start = await residentBytes();
program._scatter(400 * 2 ** 20, Number(movable));
const peak = process.memoryUsage().rss;
const live = program._keep_one_in(200);
const report = program.tidemark.shrink();
const after = await residentBytes();
console.log(JSON.stringify({ start, peak, live, after, whole: program._whole(), ...report }));
