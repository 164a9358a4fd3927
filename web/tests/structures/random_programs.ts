// Values of every kind that structures tell apart, and what happens to memory between any two steps of a program.
import fc from 'fast-check';
import { defaultModule, shrink } from 'tidemark';
import type { Context } from '../../src/context.js';

const objects = [{ a: 1 }, [1], () => 1, Symbol('s'), 10n, new Date(0)];

/** Keys and values: few enough to come again. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -20, max: 40 }),
  fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 0.5, 1e-320),
  fc.constantFrom(
    '',
    'a',
    '0',
    'ä',
    'ÿ',
    'Ā',
    '漢字',
    '\ud800',
    '\udc00',
    '\ud83d\ude00',
    'a\0b',
    'x'.repeat(70),
    'ü'.repeat(300),
  ),
  fc.constantFrom(true, false, null, undefined),
  fc.constantFrom(...objects),
  fc.double(),
  fc.string({ maxLength: 12 }),
);

type Runtime = Context['runtime'];
const runtime = (defaultModule as { module: { tidemark: Runtime } }).module.tidemark;

/** Compaction, growth or shrink: every address may be another one afterwards. */
export type Upheaval = 'compact' | 'grow' | 'shrink';
export const upheaval: fc.Arbitrary<Upheaval> = fc.constantFrom('compact', 'grow', 'shrink');

export function upset(what: Upheaval): void {
  const { exports, views } = runtime.engine;
  switch (what) {
    case 'compact':
      runtime.compact(Infinity);
      break;
    case 'grow': {
      const before = views.u8.byteLength;
      const block = exports.malloc(before);
      exports.free(block);
      break;
    }
    case 'shrink':
      shrink(defaultModule.id);
      break;
  }
}

/** Bytes in use in the engine's heap. */
export const liveBytes = (): number => runtime.stats().liveBytes;
