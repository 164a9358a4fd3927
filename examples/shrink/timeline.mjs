// node timeline.mjs PROGRAM: takes a build of program.c through its peak, and tells on standard output, a line of JSON each,
// when what began. Calls shrink() if the program has one.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const peakBytes = 400 * 2 ** 20;
const steps = 40;

const { default: create } = await import(pathToFileURL(process.argv[2]).href);
const program = await create();
const tell = (phase, more = {}) => console.log(JSON.stringify({ phase, at: Date.now(), ...more }));

async function inSteps(ms, step) {
  for (let i = 1; i <= steps; ++i) {
    step(i / steps);
    await sleep(ms / steps);
  }
}

program._allocate(1); // what is compiled and touched once is there from now on
tell('begin');
await sleep(700);
tell('allocate');
await inSteps(900, () => {
  if (!program._allocate(peakBytes / steps)) throw new Error('memory is exhausted');
});
tell('peak');
await sleep(700);
tell('free');
await inSteps(500, (part) => program._free_most(part));
tell('freed');
await sleep(1200);
const report = program.tidemark?.shrink() ?? {};
tell('shrink', report);
await sleep(1700);
tell('end', { liveBytes: program._live_bytes() });
