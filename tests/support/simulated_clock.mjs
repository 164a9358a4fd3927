/** Time that passes when a test says so. */
export class SimulatedClock {
  #now = Date.UTC(2026, 0, 1);
  #timers = new Set();

  now() {
    return this.#now;
  }

  elapsed() {
    return this.#now;
  }

  every(ms, callback) {
    const timer = { due: this.#now + ms, ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** How many are running. */
  get timers() {
    return this.#timers.size;
  }

  /** Lets `ms` pass, and calls back what is due within them, in order. */
  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      let next = null;
      for (const timer of this.#timers) if (timer.due <= end && !(next && next.due <= timer.due)) next = timer;
      if (!next) break;
      this.#now = next.due;
      next.due += next.ms;
      next.callback();
    }
    this.#now = end;
  }
}
