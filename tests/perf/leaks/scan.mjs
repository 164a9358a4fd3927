// scan.mjs PROGRAM NODES_MIB NUMBERS_MIB ROUNDS: scans in slices of 2 ms. One line of JSON: processor time of whole scans, and
// the longest slice of each, in milliseconds.
const [program, nodes, numbers, rounds] = process.argv.slice(2);
const { default: create } = await import(program);
const module = await create();
module._make_nodes(Number(nodes));
module._make_numbers(Number(numbers));
const { engine } = module.tidemark;
const { exports } = engine;

function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const result = { totalMs: [], sliceMs: [], slices: [], scannedBytes: 0, ownBytes: 0 };
for (let round = 0; round < Number(rounds); ++round) {
  let longest = 0;
  let slices = 0;
  const slice = (step) => {
    const begin = processorMs();
    const status = step();
    longest = Math.max(longest, processorMs() - begin);
    slices += 1;
    return status;
  };
  const begin = processorMs();
  slice(() => exports.tidemark_leaks_begin(0));
  while (slice(() => exports.tidemark_leaks_step(2000)) === 0);
  slice(() => exports.tidemark_leaks_examine());
  while (slice(() => exports.tidemark_leaks_step(2000)) === 0);
  result.totalMs.push(processorMs() - begin);
  result.sliceMs.push(longest);
  result.slices.push(slices);
  const report = exports.tidemark_leaks_report() >>> 3;
  result.scannedBytes = engine.views.f64[report + 6];
  result.ownBytes = engine.views.f64[report + 7];
  if (engine.views.f64[report + 2] !== 0) throw new Error('a block is called lost that is not');
  exports.tidemark_leaks_end();
}
console.log(JSON.stringify(result));
process.exit();
