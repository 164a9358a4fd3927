// What structures are given, checked before anything is made of it.
import { anObject, isObject, refuse, required, type Check } from '../checks.js';
import type { Numbers } from './many.js';

const isIterable = (value: unknown): boolean =>
  typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
export const anIterable: Check = ['something iterable', isIterable];

/** Null is none. @throws {TidemarkError} `'invalid-argument'` */
export function requireIterable(what: string, given: unknown): void {
  if (given !== null) required(what, given, ['something iterable, or null,', isIterable]);
}

/** What fills a structure that was made just now: where that fails, there is no structure. */
export function filled(made: { dispose(): void }, fill: () => void): void {
  try {
    fill();
  } catch (error) {
    made.dispose();
    throw error;
  }
}

/** @throws {TidemarkError} `'invalid-config'`: no object, or an option that is none of `names` */
export function requireOptions(what: string, options: object, names: readonly string[]): void {
  required(`${what}: options`, options, [`{ ${names.join(', ')} }`, anObject[1]], 'invalid-config');
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(what, unknown, `one of ${names.join(', ')}`, 'invalid-config');
}

/** Looks at the first one only. @throws {TidemarkError} `'invalid-argument'` */
export function requireNumbers(what: string, given: Numbers): void {
  const { length, 0: first } = isObject(given) ? given : ([''] as unknown as Numbers);
  if (!(Number.isSafeInteger(length) && length >= 0 && (length === 0 || typeof first === 'number'))) {
    refuse(what, given, 'an array of numbers');
  }
}
