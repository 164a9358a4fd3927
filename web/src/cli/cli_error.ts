/**
 * What ends the command line with one line on standard error. The code is the exit code: 1 a test failed, or is worse than
 * its baseline; 2 it was called wrongly; 3 the application, or a file, can't be had.
 */
export class CliError extends Error {
  constructor(
    readonly exitCode: 1 | 2 | 3,
    message: string,
  ) {
    super(message);
  }
}
