// One contender of one case, in a process of its own: prints its figures. Arguments: the package, case, contender, count.
import { LRUCache } from 'lru-cache';
import { measure } from './cases.mjs';

const [tidemark, name, contender, count] = process.argv.slice(2);

function heapBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  // Linear memory is no part of either: who measures adds what a structure says that it holds there.
  return heapUsed + arrayBuffers;
}

/** Processor time, of all threads: waiting for the processor doesn't count, and the garbage collector does. */
function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const world = {
  tidemark: contender.startsWith('tidemark') ? await import(tidemark) : undefined,
  LRUCache,
  now,
  heapBytes,
};
console.log(JSON.stringify(measure(world, name, contender, Number(count))));
process.exit();
