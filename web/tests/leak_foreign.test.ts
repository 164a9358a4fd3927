// Modules that aren't linked with the runtime: what is recorded of them, in the shapes of the corpus (tests/leaks).
import { expect, test } from 'vitest';
import { bareModule, bench, MiB, type Bench } from './manager/support.js';

interface Shape {
  leaks: boolean;
  seconds: number;
  second: (it: Recorder, t: number) => void;
}

/** Blocks of a program that tells of them, the oldest first. */
class Recorder {
  readonly sizes: number[] = [];
  #random = 1;
  constructor(private readonly it: Bench) {}

  below(n: number): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * n);
  }
  take(bytes: number): void {
    this.it.api.recordAllocation('foreign', bytes);
    this.sizes.push(bytes);
  }
  give(count = 1): void {
    for (const bytes of this.sizes.splice(0, count)) this.it.api.recordDeallocation('foreign', bytes);
  }
  /** Comes and goes at once. */
  churn(bytes: number): void {
    this.it.api.recordAllocation('foreign', bytes);
    this.it.api.recordDeallocation('foreign', bytes);
  }
}

const shapes: Record<string, Shape> = {
  'a buffer each second': { leaks: true, seconds: 90, second: (it) => it.take(4000) },
  'one request of ten, under churn': {
    leaks: true,
    seconds: 150,
    second: (it) => {
      for (let i = 0; i < 60; ++i) it.churn(1000 + it.below(20_000));
      for (let i = 0; i < 3; ++i) it.take(1500 + it.below(500));
    },
  },
  'a queue that is drained too slowly': {
    leaks: true,
    seconds: 180,
    second: (it) => {
      for (let i = 0; i < 12; ++i) it.take(1000);
      it.give(8);
    },
  },
  'some of each batch is forgotten': {
    leaks: true,
    seconds: 200,
    second: (it, t) => {
      for (let i = 0; i < 40; ++i) it.take(1500);
      if (t % 10 === 9) it.give(360);
    },
  },
  'nothing stays': { leaks: false, seconds: 90, second: (it) => it.churn(50_000) },
  'a cache that is full after a while': {
    leaks: false,
    seconds: 150,
    second: (it) => {
      for (let i = 0; i < 10; ++i) it.take(1000);
      if (it.sizes.length > 300) it.give(it.sizes.length - 300);
    },
  },
  'one big load': { leaks: false, seconds: 80, second: (it, t) => (t === 40 ? it.take(20 * MiB) : it.churn(1000)) },
  'all is given back now and then': {
    leaks: false,
    seconds: 150,
    second: (it, t) => {
      for (let i = 0; i < 30; ++i) it.take(2000);
      if (t % 17 === 16) it.give(it.sizes.length);
    },
  },
  'as much as there happens to be': {
    leaks: false,
    seconds: 200,
    second: (it) => {
      for (let i = it.below(10); i > 0; --i) it.take(500 + it.below(9000));
      if (it.sizes.length > 60) it.give(it.sizes.length - 40 - it.below(20));
    },
  },
  'warming up': { leaks: false, seconds: 100, second: (it, t) => (t < 35 ? it.take(40_000) : it.churn(40_000)) },
};

for (const [name, { leaks, seconds, second }] of Object.entries(shapes)) {
  test(`${name}: ${leaks ? 'a leak' : 'none'}`, async () => {
    const it = await bench();
    const module = bareModule('foreign', 16);
    it.api.registerModule(module, { hardLimit: 256 * MiB, maxAllocationSize: 64 * MiB, growthRateLimit: 256 * MiB });
    const detector = new it.api.MemoryLeakDetector({ continuousMonitoring: false });
    detector.startMonitoring(module);
    const recorder = new Recorder(it);
    for (let t = 0; t < seconds; ++t) {
      second(recorder, t);
      it.clock.advance(1000);
    }
    const result = detector.detectLeaks('foreign');
    expect(result.hasLeak, result.patterns.map(({ description }) => description).join('; ')).toBe(leaks);
    expect(result.coverage).toBe('growth-only');
    expect(result.recommendations.join('\n')).toMatch(/was not linked with Tidemark: only its growth could be judged/);
    if (leaks) {
      expect(result.patterns[0]).toMatchObject({ type: 'growth', evidence: { source: 'recorded allocations' } });
      expect(result.recommendations[0]).toMatch(
        /^At this rate the limit of 256\.0 MiB is reached in \d+ (minute|hour|day)s?\.$/,
      );
    }
    detector.dispose();
  });
}
