// Who is to be told, inside of malloc, when the use of a linked program rises to a mark. A program has one mark; of several
// that are set here it gets the lowest.
import type { Runtime } from './engine.js';
import { heapMeterOf } from './heap_meter.js';
import { profilerOf } from './profiler_tables.js';

type Bell = Map<object, { mark: number; ring: () => void }>;
const bells = new WeakMap<object, Bell>();

function arm({ engine }: Runtime, bell: Bell): void {
  const lowest = Math.min(...[...bell.values()].map(({ mark }) => mark));
  engine.exports.tidemark_meter_set_mark(
    Number.isFinite(lowest) ? Math.min(Math.ceil(lowest), 2 ** 32 - 1) : 2 ** 32 - 1,
  );
}

/** Calls `ring`, once, when at least `mark` bytes are in use; null takes it back. `ring` must not use the heap. */
export function setAlarm(runtime: Runtime, owner: object, mark: number | null, ring: () => void): void {
  let bell = bells.get(runtime);
  if (!bell) {
    const made: Bell = new Map();
    bell = made;
    bells.set(runtime, made);
    profilerOf(runtime).onAlarm = () => {
      const { liveBytes } = heapMeterOf(runtime.engine);
      for (const [who, { mark: at, ring: tell }] of [...made]) {
        if (at > liveBytes) continue;
        made.delete(who);
        tell();
      }
      arm(runtime, made);
    };
  }
  if (mark === null) bell.delete(owner);
  else bell.set(owner, { mark, ring });
  arm(runtime, bell);
}
