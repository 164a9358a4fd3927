// A worker with a program of tests/shrink/programs/core.c: shrinks it, and posts what it found.
const { default: create } = await import(globalThis.location.search.slice('?program='.length));
const program = await create();
const failed = [];
let returned = 0;
for (let round = 1; round <= 20; ++round) {
  program._work(300, round);
  program._peak(24 * 2 ** 20);
  const { tidemark } = program;
  const { returnedBytes } = round % 2 ? tidemark.shrink() : await tidemark.shrinkSoon();
  returned += returnedBytes;
  if (returnedBytes <= 0) failed.push(`round ${round} returned nothing`);
  if (program._verify() <= 0) failed.push(`round ${round} lost a block`);
  if (program._bump() !== 7 + round) failed.push(`round ${round} lost static data`);
}
globalThis.postMessage({ failed, returned });
