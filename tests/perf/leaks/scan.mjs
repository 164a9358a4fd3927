// scan.mjs PROGRAM WITH_SIMD NODES_MIB NUMBERS_MIB ROUNDS: scans of both in turns, in slices of 2 ms. One line of JSON: of each what
// whole scans took, and the longest slice of each, and a plain pass over the same memory, in milliseconds.
//
// A step has taken no more than the time that went by, in which other processes may have had the processor, and no more
// than the processor time of the process, in which its other threads may have worked: the lesser of the two.
const [plain, withSimd, nodes, numbers, rounds] = process.argv.slice(2);

function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function timed(step) {
  const cpu = processorMs();
  const begin = performance.now();
  const value = step();
  return [Math.min(processorMs() - cpu, performance.now() - begin), value];
}

async function start(program) {
  const { default: create } = await import(program);
  const module = await create();
  module._make_nodes(Number(nodes));
  module._make_numbers(Number(numbers));
  module._read_all(); // compiled when it is called first
  return {
    module,
    measured: { totalMs: [], sliceMs: [], slices: [], passMs: [], parts: [], scannedBytes: 0, ownBytes: 0 },
  };
}

function scan({ module, measured }) {
  const { engine } = module.tidemark;
  const { exports } = engine;
  let longest = 0;
  let slices = 0;
  let totalMs = 0;
  const part = (step) => {
    let ofPart = 0;
    let longestOfPart = 0;
    for (let status = 0; status === 0;) {
      const [ms, said] = timed(step);
      status = said;
      longestOfPart = Math.max(longestOfPart, ms);
      ofPart += ms;
      slices += 1;
    }
    longest = Math.max(longest, longestOfPart);
    totalMs += ofPart;
    return { ms: ofPart, longestMs: longestOfPart };
  };
  exports.tidemark_leaks_begin(0);
  const begin = part(() => exports.tidemark_leaks_step(2000)); // until it is ready for further roots
  const marking = part(() => exports.tidemark_leaks_step(2000));
  const examine = part(() => exports.tidemark_leaks_examine() || exports.tidemark_leaks_step(2000) || 1);
  const report = part(() => exports.tidemark_leaks_step(2000));
  measured.totalMs.push(totalMs);
  measured.sliceMs.push(longest);
  measured.slices.push(slices);
  measured.parts.push({ begin, marking, examine, report });
  const told = exports.tidemark_leaks_report() >>> 3;
  measured.scannedBytes = engine.views.f64[told + 6];
  measured.ownBytes = engine.views.f64[told + 7];
  if (engine.views.f64[told + 2] !== 0) throw new Error('a block is called lost that is not');
  exports.tidemark_leaks_end();
  measured.passMs.push(timed(() => module._read_all())[0]);
}

const programs = [await start(plain), await start(withSimd)];
for (let round = 0; round < Number(rounds); ++round) {
  for (const program of round % 2 === 0 ? programs : programs.toReversed()) scan(program);
}
console.log(JSON.stringify({ plain: programs[0].measured, simd: programs[1].measured }));
process.exit();
