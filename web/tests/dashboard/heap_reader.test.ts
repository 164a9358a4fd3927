import { expect, test } from 'vitest';
import { HeapReader } from '../../src/dashboard/heap_reader.js';
import { runtimeOf, type EmscriptenModule } from '../../src/engine.js';
import { heapMapKinds } from '../../src/heap_map.js';
import { startSites } from '../sites_program.js';

const cellBytes = 4096;

test('a heap that fills its memory to the end is read, too, and nothing of it is changed', async () => {
  const { program } = await startSites();
  const runtime = runtimeOf(program as unknown as EmscriptenModule);
  if (!runtime) throw new Error('the program has no runtime');
  const { exports, views } = runtime.engine;
  const reader = new HeapReader(runtime);
  const isFull = (): boolean => reader.stats(false).topBytes < views.u8.byteLength / cellBytes;
  for (let size = 2 ** 24; size >= 2048 && !isFull();) {
    if (reader.stats(false).topBytes >= size + 64) exports.malloc(size);
    else size /= 2;
  }
  expect(isFull()).toBe(true);
  const memoryBytes = views.u8.byteLength;

  const before = views.u8.slice();
  const map = reader.map();
  if (!map) throw new Error('there is no map');
  expect(map.cells).toHaveLength(memoryBytes / cellBytes);
  expect(heapMapKinds[map.cells[0] ?? -1]).toBe('static');
  expect(heapMapKinds[map.cells.at(-1) ?? -1]).toBe('large');
  // What the calls themselves had on the stack lies at its upper end.
  const upperEnd = map.cells.lastIndexOf(heapMapKinds.indexOf('stack')) * cellBytes;
  for (let at = 0; at < memoryBytes; ++at) {
    if (views.u8[at] === before[at] || (at >= upperEnd - cellBytes && at < upperEnd + 2 * cellBytes)) continue;
    expect.fail(`the byte at ${at} was ${before[at]} and is ${views.u8[at]}`);
  }
});
