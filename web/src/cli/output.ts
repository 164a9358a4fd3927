// Standard output is for results: it is taken before an application starts, which may print by whatever it likes.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Called with what went wrong, if anything did. */
type Told = (error?: Error | null) => void;

const { stdout, stderr } = process;
const write = stdout.write.bind(stdout) as (text: string, written?: Told) => boolean;

/** A result, or part of one. */
export function tell(text: string): void {
  write(text);
}

/** Calls back once all that was told has been taken, or was not. */
export function whenTold(then: Told): void {
  write('', then);
}

/** From now on all else goes to standard error: what is written by console, by the stream, or, with -sNODERAWFS, by its number. */
export function keepForResults(): void {
  stdout.write = stderr.write.bind(stderr);
  const writeSync = fs.writeSync.bind(fs) as (file: number, ...rest: unknown[]) => number;
  fs.writeSync = (file: number, ...rest: unknown[]) => writeSync(file === 1 ? 2 : file, ...rest);
  syncBuiltinESMExports();
}
