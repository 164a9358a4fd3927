// What is read and drawn takes turns, and together no more of the main thread than its share, whatever it costs.
//
// Time is money: a purse fills by `share` milliseconds a millisecond, up to `most`. While there is something in it, whatever
// is due is run, in one go, since each frame that something is changed in costs by itself; it is paid for afterwards by the
// time that it took, and that the browser took to draw it. Who is expensive is run less often, and never takes more than its
// own share. When somebody has waited for more than a second, and for two intervals, whatever is due is run in any case, so
// that the picture doesn't stand still on a machine that is busy with other things, where time passes without being used.
// Debts beyond what fills up in four seconds are forgiven for the same reason.
import type { Clock } from '../context.js';
import type { FrameMeter } from './frame_meter.js';

export interface Job {
  /** Between two runs, at least. */
  everyMs: number;
  /** Whether it would be seen. */
  visible: boolean;
  /** Changes nothing that is seen, is cheap, and would be missed: run also on credit. */
  readonly onCredit: boolean;
  readonly run: () => void;
  /** Of the main thread's time, at most: what costs much waits long. */
  readonly share: number;
  lastRun: number;
  /** What it cost at least in its last two runs: a first call compiles, and others come between. */
  costMs: number;
  lastMs: number;
}

export interface JobOptions {
  onCredit?: boolean;
  /** Of the main thread's time that this job may have by itself, 0–1; as much as all together if it isn't said. */
  share?: number;
}

/** Milliseconds after which a job is run in any case. */
const patienceOf = ({ everyMs }: Job): number => Math.max(1250, 2 * everyMs);

export class Pace {
  readonly #clock: Clock;
  readonly #jobs: Job[] = [];
  readonly #share: number;
  readonly #most: number;
  readonly #frames: FrameMeter | null;
  #purse: number;
  #filledAt: number;
  #spent: { at: number; ms: number }[] = [];

  static readonly #mostDebtMs = 4_000; // what fills up in so long

  /**
   * @param share  of the main thread's time, 0–1
   * @param frames  tells what the browser takes to draw; null where it doesn't
   */
  constructor(clock: Clock, share: number, frames: FrameMeter | null = null, mostMs = 40) {
    this.#clock = clock;
    this.#frames = frames;
    this.#share = share;
    this.#purse = this.#most = mostMs;
    this.#filledAt = clock.elapsed();
  }

  add(everyMs: number, run: () => void, { onCredit = false, share = this.#share }: JobOptions = {}): Job {
    const job: Job = { everyMs, visible: true, onCredit, run, share, lastRun: -Infinity, costMs: 0, lastMs: 0 };
    this.#jobs.push(job);
    return job;
  }

  /** Runs what is due, as far as it can be paid for. */
  turn(): void {
    const now = this.#clock.elapsed();
    const debt = -Pace.#mostDebtMs * this.#share;
    this.#purse = Math.min(this.#most, Math.max(debt, this.#purse) + (now - this.#filledAt) * this.#share);
    this.#filledAt = now;
    // A timer may come a little early.
    const waited = (job: Job): number => now - job.lastRun + 4;
    const due = this.#jobs.filter((job) => job.visible && waited(job) >= Math.max(job.everyMs, job.costMs / job.share));
    const isTime = this.#purse > 0 || due.some((job) => !job.onCredit && waited(job) >= patienceOf(job));
    let isSeen = false;
    for (const job of due) {
      if (!isTime && !job.onCredit) continue;
      isSeen ||= !job.onCredit;
      this.#purse -= this.#timed(job);
    }
    // Charts draw when the turn is over, in microtasks that were queued before this one.
    const over = this.#clock.elapsed();
    queueMicrotask(() => this.#pay(over, this.#clock.elapsed() - over));
    if (isSeen) this.#frames?.measure((ms) => this.#pay(this.#clock.elapsed(), ms));
  }

  #pay(at: number, ms: number): void {
    this.#purse -= ms;
    this.#note(at, ms);
  }

  #note(at: number, ms: number): void {
    this.#spent.push({ at, ms });
    while ((this.#spent[0]?.at ?? at) < at - 10_000) this.#spent.shift();
  }

  /** Runs all of it, for somebody who waits: that isn't counted. */
  now(): void {
    for (const job of this.#jobs) {
      if (!job.visible) continue;
      job.lastRun = this.#clock.elapsed();
      job.run();
    }
  }

  #timed(job: Job): number {
    const begin = (job.lastRun = this.#clock.elapsed());
    try {
      job.run();
    } finally {
      const ms = this.#clock.elapsed() - begin;
      job.costMs = Math.min(ms, job.lastMs);
      job.lastMs = ms;
      this.#note(begin, ms);
    }
    return job.lastMs;
  }

  /** Of the main thread's time in the last ten seconds, 0–1. */
  get share(): number {
    const first = this.#spent[0];
    if (!first) return 0;
    const ms = Math.max(1000, this.#clock.elapsed() - first.at);
    return this.#spent.reduce((sum, { ms: each }) => sum + each, 0) / ms;
  }
}
