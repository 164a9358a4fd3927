// What constructors of structures are given, checked before anything is made of it.
import { shown, TidemarkError } from '../errors.js';

/** @throws {TidemarkError} `'invalid-argument'` */
export function requireIterable(what: string, given: object | string | null): void {
  if (given !== null && typeof (given as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function') {
    throw new TidemarkError(
      'invalid-argument',
      `${what}: ${shown(given)} was given, and something iterable, or null, is expected`,
    );
  }
}

/** @throws {TidemarkError} `'invalid-config'`: no object, or an option that is none of `names` */
export function requireOptions(what: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TidemarkError(
      'invalid-config',
      `${what}: options: ${shown(options)} was given, and { ${names.join(', ')} } is expected`,
    );
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TidemarkError(
      'invalid-config',
      `${what}: ${shown(unknown)} was given, and one of ${names.join(', ')} is expected`,
    );
  }
}
