// The time of caches: how often the clock is read, and that it is never old.
import { expect, test } from 'vitest';
import { CoarseClock } from '../../src/structures/coarse_clock.js';

class CountedClock {
  ms = 0;
  reads = 0;
  timer: (() => void) | null = null;

  now(): number {
    return this.ms;
  }
  elapsed(): number {
    ++this.reads;
    return this.ms;
  }
  every(_ms: number, callback: () => void): () => void {
    this.timer = callback;
    return () => (this.timer = null);
  }
}

test('is read once, until a millisecond has passed or it was used 64 times', () => {
  const clock = new CountedClock();
  const coarse = new CoarseClock(clock);
  for (let i = 0; i < 64; ++i) expect(coarse.elapsed()).toBe(0);
  expect(clock.reads).toBe(1);
  clock.ms = 5;
  expect(coarse.elapsed()).toBe(5);
  expect(clock.reads).toBe(2);
  clock.ms = 6;
  clock.timer?.();
  expect(coarse.elapsed()).toBe(6);
});

test('its timer ends when nobody asks, and begins anew', () => {
  const clock = new CountedClock();
  const coarse = new CoarseClock(clock);
  coarse.elapsed();
  clock.timer?.();
  expect(clock.timer).not.toBeNull();
  clock.timer?.();
  expect(clock.timer).toBeNull();
  clock.ms = 9;
  expect(coarse.elapsed()).toBe(9);
  expect(clock.timer).not.toBeNull();
});
