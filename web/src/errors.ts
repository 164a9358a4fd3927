/** What a caller can tell errors apart by; messages are for people. */
export type TidemarkErrorCode = 'invalid-module' | 'not-supported';

/** The only error that this package throws on purpose. A call that throws has changed nothing. */
export class TidemarkError extends Error {
  readonly code: TidemarkErrorCode;

  constructor(code: TidemarkErrorCode, message: string) {
    super(message);
    this.name = 'TidemarkError';
    this.code = code;
  }
}
