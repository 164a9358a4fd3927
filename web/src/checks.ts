// What callers give, checked. What isn't given isn't looked at, but by required().
import { shown, TidemarkError, type TidemarkErrorCode } from './errors.js';

/** What is expected of a value, in words and as a test. */
export type Check = readonly [expected: string, holds: (value: unknown) => boolean];

export const aNumber = (expected: string, holds: (value: number) => boolean): Check => [
  expected,
  (value) => typeof value === 'number' && holds(value),
];
export const anyNumber = /* @__PURE__ */ aNumber('a number', () => true);
export const notNegative = /* @__PURE__ */ aNumber('a number that is not below 0', (value) => value >= 0);
/** Null, for none, is looked at by who takes it. */
export const aLimit = /* @__PURE__ */ aNumber('a number of bytes above 0, or null,', (value) => value > 0);
/** Timers of JavaScript take 31 bits, and fire at once where it is more. */
export const anInterval = /* @__PURE__ */ aNumber(
  'a number of milliseconds above 0 and below 2147483648',
  (value) => value > 0 && value < 2 ** 31,
);
export const aTestDuration = /* @__PURE__ */ aNumber(
  'a number of milliseconds above 0, up to 600000,',
  (value) => value > 0 && value <= 600_000,
);
export const aFlag: Check = ['true or false', (value) => typeof value === 'boolean'];
export const aFunction: Check = ['a function', (value) => typeof value === 'function'];
export const aString: Check = ['a string', (value) => typeof value === 'string'];
/** No array. */
export const anObject: Check = ['an object', (value) => isObject(value) && !Array.isArray(value)];
export const oneOf = (names: readonly string[]): Check => [
  `one of ${names.join(', ')}`,
  (value) => names.includes(value as string),
];

export const aClock: Check = [
  'an object with now(), elapsed() and every()',
  (value) =>
    isObject(value) &&
    ['now', 'elapsed', 'every'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
];

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** @throws {TidemarkError} by default `'invalid-argument'` */
export function refuse(name: string, value: unknown, expected: string, code?: TidemarkErrorCode): never {
  throw new TidemarkError(
    code ?? 'invalid-argument',
    `${name}: ${shown(value)} was given, and ${expected} is expected`,
  );
}

/** `what` it is the id of, and those that there are. @throws {TidemarkError} `'unknown-module'` */
export function refuseId(id: unknown, what: string, known: Iterable<string>): never {
  const ids = Array.from(known, (each) => `"${each}"`).join(', ') || 'there is none yet';
  throw new TidemarkError(
    'unknown-module',
    `moduleId: ${shown(id)} was given, and the id of a ${what} is expected (${ids})`,
  );
}

/** @throws {TidemarkError} by default `'invalid-argument'` */
export function required(name: string, value: unknown, [expected, holds]: Check, code?: TidemarkErrorCode): void {
  if (!holds(value)) refuse(name, value, expected, code);
}

/** As required(), of what may be left out. */
export function check(name: string, value: unknown, expected: Check, code?: TidemarkErrorCode): void {
  if (value !== undefined) required(name, value, expected, code);
}

/**
 * Of options: that they are an object, and each of them is known and as expected. `what` stands before their names.
 *
 * @throws {TidemarkError} by default `'invalid-argument'`
 */
export function checkOptions(
  given: unknown,
  checks: Readonly<Record<string, Check>>,
  code?: TidemarkErrorCode,
  what = '',
): void {
  const names = Object.keys(checks).join(', ');
  check(`${what}options`, given, [`{ ${names} }`, anObject[1]], code);
  for (const [name, value] of Object.entries(given ?? {})) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
    check(`${what}${name}`, value, known ?? [`no such option, but one of ${names}`, () => false], code);
  }
}
