// What callers give, checked. What isn't given isn't looked at.
import { shown, TidemarkError, type TidemarkErrorCode } from './errors.js';

/** What is expected of a value, in words and as a test. */
export type Check = readonly [expected: string, holds: (value: unknown) => boolean];

export const aNumber = (expected: string, holds: (value: number) => boolean): Check => [
  expected,
  (value) => typeof value === 'number' && holds(value),
];
export const notNegative = /* @__PURE__ */ aNumber('a number that is not below 0', (value) => value >= 0);
export const aFlag: Check = ['true or false', (value) => typeof value === 'boolean'];
export const aFunction: Check = ['a function', (value) => typeof value === 'function'];
export const aString: Check = ['a string', (value) => typeof value === 'string'];

/** @throws {TidemarkError} by default `'invalid-argument'` */
export function check(name: string, value: unknown, [expected, holds]: Check, code?: TidemarkErrorCode): void {
  if (value === undefined || holds(value)) return;
  throw new TidemarkError(
    code ?? 'invalid-argument',
    `${name}: ${shown(value)} was given, and ${expected} is expected`,
  );
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
  check(`${what}options`, given, [`{ ${names} }`, (value) => typeof value === 'object' && value !== null], code);
  for (const [name, value] of Object.entries(given ?? {})) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
    check(`${what}${name}`, value, known ?? [`no such option, but one of ${names}`, () => false], code);
  }
}
