// The tests that come with the package: their names. What they do is loaded with what runs tests.
import { loadTester } from './load_tester.js';
import type { MemoryPerformanceTest, TestContext } from './tester_types.js';
import type { Workload } from './tester_workload.js';

export interface BuiltInTests {
  basicAllocation: MemoryPerformanceTest;
  stress: MemoryPerformanceTest;
  leakDetection: MemoryPerformanceTest;
  fragmentation: MemoryPerformanceTest;
  realloc: MemoryPerformanceTest;
  largeObjects: MemoryPerformanceTest;
  compaction: MemoryPerformanceTest;
  structures: MemoryPerformanceTest;
  cache: MemoryPerformanceTest;
}

const ofWorkload = (workload: Workload, description: string): MemoryPerformanceTest => ({
  name: workload,
  description,
  async run(context) {
    await context.measure({ workload });
  },
});

/** What is done by a test, by its name in tester_bodies.ts. */
const bodyOf =
  (name: keyof Awaited<ReturnType<typeof loadTester>>['bodies']) =>
  async (context: TestContext): Promise<void> =>
    (await loadTester()).bodies[name](context);

/** By their names. Tests of what a module hasn't got give a result with an error. */
export function getBuiltInTests(): BuiltInTests {
  return {
    basicAllocation: ofWorkload(
      'basicAllocation',
      'small blocks, freed in the order in which they came, and in the opposite one',
    ),
    stress: ofWorkload('stress', 'blocks of 8 B to 64 KiB, allocated, resized and freed at random'),
    leakDetection: {
      name: 'leakDetection',
      description: 'a planted leak is found; the same operations without it leave nothing behind',
      maxLeakedBytes: 0,
      run: bodyOf('detectLeaks'),
    },
    fragmentation: ofWorkload('fragmentation', 'larger blocks after three of four small ones were freed'),
    realloc: {
      ...ofWorkload('realloc', 'buffers that grow by half, up to 64 KiB'),
      setup: bodyOf('checkReallocate'),
    },
    largeObjects: ofWorkload('largeObjects', 'blocks of 32 KiB to 512 KiB'),
    compaction: {
      name: 'compaction',
      description: 'movable blocks, compacted while most of them are gone',
      run: bodyOf('compact'),
    },
    structures: {
      name: 'structures',
      description: 'CompactMap, CompactSet and CompactArray, filled, read and emptied, beside Map, Set and Array',
      maxLeakedBytes: 0,
      run: bodyOf('useStructures'),
    },
    cache: {
      name: 'cache',
      description:
        'MemoryEfficientCache, asked for what is often there, beside a Map that evicts what was used least recently',
      maxLeakedBytes: 0,
      run: bodyOf('useCaches'),
    },
  };
}
