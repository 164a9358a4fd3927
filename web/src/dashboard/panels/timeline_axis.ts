// The timeline's axes: where they end, and what is written at them.
import * as format from '../format.js';

/** Powers of two, so that the axis says 64 MiB and not 61.0. */
export const byteSteps = Array.from({ length: 34 }, (_, power) => 2 ** power);

/** The end of the byte axis, in steps of at most an eighth: it stays where it is while readings move a little. */
export function axisEnd(most: number): number {
  const step = 2 ** Math.floor(Math.log2(Math.max(most, 1))) / 8;
  return Math.max(64 * 1024, Math.ceil((most * 1.08) / step) * step);
}

export function timeLabels(splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((time) => format.clockTime(time).slice(0, step >= 60_000 ? 5 : 8));
}

export function byteLabels(splits: number[]): string[] {
  return splits.map((value) => (value === 0 ? '0' : format.bytes(value).replace(/\.0+ /, ' ')));
}
