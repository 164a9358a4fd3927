// Peaks of 400 MB in mixed sizes, of which one block in 200 stays, and shrinks: in Node, and in a page.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {(argument?: object) => Promise<object>} create  of tests/shrink/programs/scatter.c
 * @param {{ movable: boolean, soon: boolean, rounds: number }} options
 * @returns {Promise<{ pausesMs: number[], copiedBytes: number }>} a pause for each round; the bytes of the last one
 */
export async function pausesOf(create, { movable, soon, rounds }) {
  const program = await create();
  const pausesMs = [];
  let copiedBytes = 0;
  for (let round = 0; round < rounds; ++round) {
    program._scatter(400 * 2 ** 20, movable ? 1 : 0);
    program._keep_one_in(200);
    await sleep(300); // what the engine has left to do from the peak is not the shrink's
    const report = soon ? await program.tidemark.shrinkSoon() : program.tidemark.shrink();
    pausesMs.push(report.durationMs);
    copiedBytes = report.copiedBytes;
    if (program._whole() < 100) throw new Error('a block is not what it was');
    program._keep_one_in(2 ** 30);
    program.tidemark.shrink();
    await sleep(300);
  }
  return { pausesMs, copiedBytes };
}
