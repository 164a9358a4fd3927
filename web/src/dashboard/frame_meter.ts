// What the browser does with what we have changed: style, layout and paint, which no script sees the time of.
//
// It is the time from a frame's callbacks to the first task after it. A page that draws by itself has dear frames without
// us, so now and then a frame is timed in which we changed nothing, and what such frames cost above the cheapest one that
// was ever seen is the page's own. An empty frame that only we asked for is ours.
import type { Clock } from '../context.js';

/** Reports how long the next frame takes, in milliseconds; never, while nothing is drawn. */
export type NextFrame = (report: (ms: number) => void) => void;

const keptFrames = 8;
/** Of our turns, once some are known: to be told of a frame costs as well. */
const measuredEvery = 4;
/** Of those. */
const othersEvery = 4;

export class FrameMeter {
  readonly #next: NextFrame;
  readonly #ours: number[] = [];
  readonly #others: number[] = [];
  #least = Infinity;
  #turns = 0;
  #count = 0;
  #waiting = false;

  constructor(next: NextFrame) {
    this.#next = next;
  }

  /** Of a turn that changed what is seen: `pay` hears of what its frame cost. */
  measure(pay: (ms: number) => void): void {
    if (this.#waiting) return;
    if (this.#ours.length === keptFrames && this.#turns++ % measuredEvery !== 0) {
      pay(this.#ownMs());
      return;
    }
    this.#waiting = true;
    this.#next((ms) => {
      this.#waiting = false;
      keep(this.#ours, ms);
      pay(this.#ownMs());
      if (this.#count++ % othersEvery !== 0) return;
      this.#waiting = true;
      this.#next((othersMs) => {
        this.#waiting = false;
        keep(this.#others, othersMs);
        this.#least = Math.min(this.#least, othersMs);
      });
    });
  }

  #ownMs(): number {
    const pagesOwn = this.#others.length === 0 ? 0 : typical(this.#others) - this.#least;
    return Math.max(0, typical(this.#ours) - pagesOwn);
  }
}

function keep(list: number[], ms: number): void {
  list.push(ms);
  if (list.length > keptFrames) list.shift();
}

/** The mean, as clocks are coarse; without the quarter in which something else came between. */
function typical(list: readonly number[]): number {
  const kept = [...list].sort((a, b) => a - b).slice(0, Math.ceil(list.length * 0.75));
  return kept.reduce((sum, ms) => sum + ms, 0) / Math.max(1, kept.length);
}

/** Of the window that this runs in. */
export function windowFrames(clock: Clock): NextFrame {
  let after: (() => void) | null = null;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => after?.();
  return (report) => {
    requestAnimationFrame(() => {
      const begin = clock.elapsed();
      after = () => report(clock.elapsed() - begin);
      port2.postMessage(null);
    });
  };
}
