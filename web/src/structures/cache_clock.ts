// The time of a cache, in ticks: 32 bits, from 1 on, since 0 is never.
//
// Reading the clock takes longer than a look-up. Where its user has said that he can do with less than the exact time, a reading
// that was made several times within one tick is used again: within the job that runs, since nothing but a job's length says how
// long ago that was, and only so often, so that time goes on in a loop that waits for it.
import type { Clock } from '../context.js';

export const maxTick = 0xffff_fffe;

const readingsBeforeKept = 8;
const usesOfKept = 64;

export class CacheClock {
  readonly tickMs: number;
  readonly #clock: Clock;
  readonly #begin: number;
  readonly #keeps: boolean;
  #last = 0;
  #same = 0; // how often, in this job, it was read and was the last one still
  #usesLeft = 0;
  #isQueued = false;
  readonly #endJob = (): void => {
    this.#isQueued = false;
    this.#usesLeft = this.#same = 0;
  };

  /** A resolution of 0 is the exact time, in ticks of a millisecond. */
  constructor(clock: Clock, resolutionMs: number) {
    this.#clock = clock;
    this.tickMs = resolutionMs === 0 ? 1 : resolutionMs;
    this.#keeps = resolutionMs !== 0;
    this.#begin = clock.elapsed();
  }

  /** Milliseconds since the cache was made. */
  get ms(): number {
    return this.#clock.elapsed() - this.#begin;
  }

  tick(): number {
    if (this.#usesLeft > 0) {
      --this.#usesLeft;
      return this.#last;
    }
    const tick = Math.min(Math.floor(this.ms / this.tickMs) + 1, maxTick) >>> 0;
    if (this.#keeps) this.#keep(tick);
    return tick;
  }

  #keep(tick: number): void {
    this.#same = tick === this.#last ? this.#same + 1 : 0;
    this.#last = tick;
    if (this.#same < readingsBeforeKept) return;
    this.#usesLeft = usesOfKept;
    if (this.#isQueued) return;
    this.#isQueued = true;
    void Promise.resolve().then(this.#endJob);
  }
}
