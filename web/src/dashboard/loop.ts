// The timer that a dashboard runs by.
import type { Clock } from '../context.js';
import type { FrameMeter } from './frame_meter.js';
import { Pace, type Job, type JobOptions } from './pace.js';

/** Of the main thread, for all that a dashboard does by itself: 1 %, less what no script sees the time of. */
const wholeShare = 0.0085;

export class Loop {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #rated: Job[] = [];
  #hz: number;
  #stop: (() => void) | null = null;

  constructor(clock: Clock, hz: number, frames: FrameMeter | null = null) {
    this.#clock = clock;
    this.#pace = new Pace(clock, wholeShare, frames);
    this.#hz = hz;
  }

  /** @param everyMs  null stands for the dashboard's own rate */
  add(everyMs: number | null, run: () => void, options: JobOptions = {}): Job {
    const job = this.#pace.add(everyMs ?? 1000 / this.#hz, run, options);
    if (everyMs === null) this.#rated.push(job);
    return job;
  }

  get hz(): number {
    return this.#hz;
  }

  set hz(hz: number) {
    this.#hz = hz;
    for (const job of this.#rated) job.everyMs = 1000 / hz;
    if (!this.#stop) return;
    this.stop();
    this.start();
  }

  get running(): boolean {
    return this.#stop !== null;
  }

  start(): void {
    this.#stop ??= this.#clock.every(1000 / this.#hz, () => this.#pace.turn());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** All at once, due or not: somebody waits for it. */
  now(): void {
    this.#pace.now();
  }

  /** Of the main thread's time lately, 0–1. */
  get share(): number {
    return this.#pace.share;
  }
}
