/** What a caller can tell errors apart by; messages are for people. */
export type TidemarkErrorCode =
  | 'invalid-module'
  | 'duplicate-module'
  | 'unknown-module'
  | 'invalid-config'
  | 'invalid-argument'
  | 'over-limit'
  | 'out-of-memory'
  | 'disposed'
  | 'not-supported'
  | 'busy';

/**
 * The only error that this package throws on purpose. A call that throws has changed nothing. Its message names the
 * argument, the value, and what was expected.
 */
export class TidemarkError extends Error {
  readonly code: TidemarkErrorCode;

  constructor(code: TidemarkErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TidemarkError';
    this.code = code;
  }
}

/** Of whatever was thrown: Emscripten's ExitStatus, for one, is no Error. */
export function messageOf(error: unknown): string {
  const { message, name } = (error ?? {}) as { message?: unknown; name?: unknown };
  return typeof message === 'string' ? message || String(name) : String(error);
}

/** A value as error messages show it: short, and what it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
    const name = prototype?.constructor?.name;
    const noun = name && name !== 'Object' ? name : 'object';
    return `a${/^[aeio]/i.test(noun) ? 'n' : ''} ${noun}`;
  }
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
