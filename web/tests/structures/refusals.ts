// Memory that is refused at every point of an operation: a limit at what is live, while one call of the engine runs, or from
// one call on, and movable memory's own free blocks taken before, so that every block has to be asked for.
import { defaultModule, TidemarkError } from 'tidemark';
import { expect } from 'vitest';
import type { Context } from '../../src/context.js';
import '../../src/managed_module.js';
import { liveBytes, upset } from './random_programs.js';

type Runtime = Context['runtime'];
const runtime = (defaultModule as { module: { tidemark: Runtime } }).module.tidemark;
type Exports = Record<string, (...given: number[]) => number>;
const exports = runtime.engine.exports as unknown as Exports;
const call = (name: string, ...given: number[]): number => (exports[name] as (...given: number[]) => number)(...given);

/** Bytes that may still be asked for; all there are by default. */
export const limitTo = (bytes?: number): void => {
  call('tidemark_manager_set_limits', bytes === undefined ? 0 : call('tidemark_manager_live_bytes') + bytes, 0, 0);
};

/** A step that doesn't end is a fault of its own: what it does is told. */
const mostCalls = 100_000;

export interface Refusal {
  /** The first call of the engine that is refused memory, and whether those after it are, too. */
  from: number;
  only: boolean;
  /** Bytes that are to be had all the same: a part of what the call needs. */
  bytes: number;
}

let refusal: Refusal | null = null;
let calls = 0;

// Before the first structure is made, which takes these functions over.
for (const [name, real] of Object.entries(exports)) {
  if (!/^malloc$|_create$|_(put|compact|erase)|_resize$|_scratch$/.test(name)) continue;
  exports[name] = (...given) => {
    if (refusal === null) return real(...given);
    const number = calls++;
    if (number > mostCalls) throw new Error(`it does not end: ${name}(${given.join(', ')})`);
    if (number < refusal.from || (refusal.only && number !== refusal.from)) return real(...given);
    limitTo(refusal.bytes);
    try {
      return real(...given);
    } finally {
      limitTo();
    }
  };
}

/** Does `use` while memory is refused; whether it came to the call that was to be. */
export function refusing(what: Refusal, use: () => void): boolean {
  const giveBack = takeFreeBlocks();
  refusal = what;
  calls = 0;
  try {
    use();
  } finally {
    refusal = null;
    giveBack();
  }
  return calls > what.from;
}

/** Of movable memory: what is left is shorter than any block. */
function takeFreeBlocks(): () => void {
  const arrays: number[] = [];
  for (let bytes = 8192; bytes >= 16; bytes = bytes > 256 ? bytes >>> 1 : bytes - 16) {
    for (;;) {
      const array = call('tidemark_array_create');
      arrays.push(array);
      limitTo(0);
      const taken = call('tidemark_array_resize', array, bytes, 0) !== 0;
      limitTo();
      if (!taken) break;
    }
  }
  return () => {
    for (const array of arrays) call('tidemark_array_destroy', array);
  };
}

// --- operations on a structure and on its standard counterpart

export interface Structure {
  readonly memoryUsage: number;
  dispose(): void;
}

/** A structure, and its standard counterpart. */
export interface Subject<Ours extends Structure, Theirs> {
  make(): Ours;
  model(): Theirs;
  content(ours: Ours): unknown[];
  expected(theirs: Theirs): unknown[];
}

/** Done to both; what they return is compared. */
export type Operation<Ours, Theirs> = [ours: (ours: Ours) => unknown, theirs: (theirs: Theirs) => unknown];

const spareBytes = [0, 200, 5000];

/** The operation while memory is refused at each of its calls of the engine in turn. */
export function sweep(operate: (refusal: Refusal) => boolean): void {
  for (const bytes of spareBytes) {
    for (const only of [true, false]) {
      let from = 0;
      while (operate({ from, only, bytes })) expect(++from).toBeLessThan(3000);
    }
  }
}

function flat(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${value.join()}`;
  if (Array.isArray(value)) return value.map(flat);
  return value;
}

export function check<Ours extends Structure, Theirs>(
  { make, model, content, expected }: Subject<Ours, Theirs>,
  [operate, counterpart]: Operation<Ours, Theirs>,
): { refused: number; done: number } {
  const outcomes = { refused: 0, done: 0 };
  sweep((refusal) => {
    const ours = make();
    const theirs = model();
    const before = expected(theirs);
    const result = counterpart(theirs);
    const after = expected(theirs);
    let error: unknown = null;
    let returned: unknown;
    const reached = refusing(refusal, () => {
      try {
        returned = operate(ours);
      } catch (thrown) {
        error = thrown;
      }
    });
    if (error === null) {
      ++outcomes.done;
      if (result !== theirs) expect(flat(returned)).toEqual(flat(result));
    } else {
      ++outcomes.refused;
      expect(error).toBeInstanceOf(TidemarkError);
      expect(error).toMatchObject({ code: 'out-of-memory' });
      expect(flat(content(ours)), JSON.stringify(refusal)).toEqual(flat(before));
      operate(ours);
    }
    expect(flat(content(ours)), JSON.stringify(refusal)).toEqual(flat(after));
    expect(ours.memoryUsage).toBeGreaterThan(0);
    upset('compact');
    expect(flat(content(ours)), JSON.stringify(refusal)).toEqual(flat(after));
    ours.dispose();
    return reached;
  });
  return outcomes;
}

/** What all operations left behind, once movable memory has given back what it keeps. */
export function expectNothingLost(use: () => void): void {
  upset('compact');
  const before = liveBytes();
  use();
  upset('compact');
  expect(liveBytes() - before).toBeLessThan(12_000); // tables of handles, and of what is known of movable memory
}

export const text = (i: number): string => (i % 3 === 0 ? 'ä' : 'a').repeat(1 + (i % 90)) + String(i);
export const thing = {};
export const mixed = (i: number): unknown => [i, i + 0.5, text(i), null, thing, NaN, -0][i % 7];
export const count = 150;
export const indices = Array.from({ length: count }, (_, i) => i);
