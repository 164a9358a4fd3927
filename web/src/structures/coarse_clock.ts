// The time for caches. Reading it takes several times as long as a look-up: it is read at most once a millisecond, and, since no
// timer comes by while a job runs, for every 64th use at least.
import { systemClock, type Clock } from '../context.js';

const usesOfOne = 64;

export class CoarseClock {
  #time = 0;
  #usesLeft = 0;
  #wasRead = false;
  #stop: (() => void) | null = null;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since some moment. */
  elapsed(): number {
    if (this.#usesLeft === 0) this.#read();
    --this.#usesLeft;
    return this.#time;
  }

  #read(): void {
    this.#time = this.clock.elapsed();
    this.#usesLeft = usesOfOne;
    this.#wasRead = true;
    this.#stop ??= this.clock.every(1, () => this.#tick());
  }

  /** Also the end of the timer, where nobody has asked since the last one. */
  #tick(): void {
    this.#usesLeft = 0;
    if (!this.#wasRead) {
      this.#stop?.();
      this.#stop = null;
    }
    this.#wasRead = false;
  }
}

const systemTime = new CoarseClock(systemClock);

/** Other clocks are asked each time: whoever has put one in place moves it on as he likes. */
export const coarse = (clock: Clock): Pick<Clock, 'elapsed'> => (clock === systemClock ? systemTime : clock);
