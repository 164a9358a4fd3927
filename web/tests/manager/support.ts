// An engine of its own, with a clock and idle time that the test moves.
import type { Clock, IdleScheduler, TidemarkApi } from 'tidemark';
import { createTidemark } from 'tidemark/manual';
import type { Context } from '../../src/context.js';

export const MiB = 1024 * 1024;

export class TestClock implements Clock {
  time = 1_000_000;
  /** What every look at the clock costs. */
  stepMs = 0;
  readonly #timers = new Set<{ ms: number; next: number; callback: () => void }>();

  now(): number {
    return this.time;
  }
  elapsed(): number {
    this.time += this.stepMs;
    return this.time;
  }
  every(ms: number, callback: () => void): () => void {
    const timer = { ms, next: this.time + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  get timers(): number {
    return this.#timers.size;
  }
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.next);
      due.next += due.ms;
      due.callback();
    }
    this.time = Math.max(this.time, end);
  }
}

export class TestIdle {
  #waiting: ((remaining: () => number) => void)[] = [];
  readonly scheduler: IdleScheduler = (callback) => {
    this.#waiting.push(callback);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== callback);
    };
  };
  get waiting(): number {
    return this.#waiting.length;
  }
  /** One moment of idle time; whether anybody wanted it. */
  run(remainingMs = Infinity): boolean {
    const callbacks = this.#waiting;
    this.#waiting = [];
    for (const callback of callbacks) callback(() => remainingMs);
    return callbacks.length > 0;
  }
}

export interface Bench {
  api: TidemarkApi;
  clock: TestClock;
  idle: TestIdle;
  id: string;
  malloc: (bytes: number) => number;
  free: (address: number) => void;
  used: () => number;
}

export async function bench(): Promise<Bench> {
  const clock = new TestClock();
  const api = await createTidemark({ clock });
  const { engine } = (api.defaultModule as unknown as { module: { tidemark: Context['runtime'] } }).module.tidemark;
  return {
    api,
    clock,
    idle: new TestIdle(),
    id: api.defaultModule.id,
    malloc: (bytes) => engine.exports.malloc(bytes) >>> 0,
    free: (address) => engine.exports.free(address),
    used: () =>
      (engine.exports as unknown as { tidemark_manager_live_bytes(): number }).tidemark_manager_live_bytes() >>> 0,
  };
}

/** A module that Tidemark sees nothing of. */
export function bareModule(id: string, pages = 1): { id: string; memory: WebAssembly.Memory } {
  return { id, memory: new WebAssembly.Memory({ initial: pages, maximum: 65536 }) };
}

export const code = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
};
