// What is read and drawn takes turns, and together no more of the main thread than its share, whatever it costs.
//
// Time is money: a purse fills by `share` milliseconds a millisecond, up to `most`. Whatever is due is run while there is
// something in it, what has waited longest for its interval first, and is paid for afterwards by the time it took. Who is
// expensive is so run less often; who has waited for five of its intervals is run in any case, so that the picture doesn't
// stand still on a machine that is busy with other things, where time passes without being used. Debts beyond what fills up
// in ten seconds are forgiven for the same reason.
import type { Clock } from '../context.js';

export interface Job {
  /** Between two runs, at least. */
  everyMs: number;
  /** Whether it would be seen. */
  visible: boolean;
  /** Is so cheap, and so much missed, that it is run also on credit. */
  readonly onCredit: boolean;
  readonly run: () => void;
  lastRun: number;
}

export class Pace {
  readonly #clock: Clock;
  readonly #jobs: Job[] = [];
  readonly #share: number;
  readonly #most: number;
  #purse: number;
  #filledAt: number;
  #spent: { at: number; ms: number }[] = [];

  static readonly #patience = 5; // intervals
  static readonly #mostDebtMs = 10_000; // what fills up in so long

  /** @param share  of the main thread's time, 0–1 */
  constructor(clock: Clock, share: number, mostMs = 40) {
    this.#clock = clock;
    this.#share = share;
    this.#purse = this.#most = mostMs;
    this.#filledAt = clock.elapsed();
  }

  add(everyMs: number, run: () => void, onCredit = false): Job {
    const job: Job = { everyMs, visible: true, onCredit, run, lastRun: -Infinity };
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
    const waited = (job: Job): number => (now - job.lastRun + 4) / job.everyMs;
    const due = this.#jobs.filter((job) => job.visible && waited(job) >= 1);
    for (const job of due.sort((a, b) => waited(b) - waited(a))) {
      if (this.#purse <= 0 && !job.onCredit && waited(job) < Pace.#patience) continue;
      this.#purse -= this.#timed(job);
    }
    // Charts draw when the turn is over, in microtasks that were queued before this one.
    const over = this.#clock.elapsed();
    queueMicrotask(() => this.#pay(over, this.#clock.elapsed() - over));
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
      this.#note(begin, this.#clock.elapsed() - begin);
    }
    return this.#clock.elapsed() - begin;
  }

  /** Of the main thread's time in the last ten seconds, 0–1. */
  get share(): number {
    const first = this.#spent[0];
    if (!first) return 0;
    const ms = Math.max(1000, this.#clock.elapsed() - first.at);
    return this.#spent.reduce((sum, { ms: each }) => sum + each, 0) / ms;
  }
}
