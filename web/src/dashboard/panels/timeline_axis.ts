// The timeline's axes: where they end, and what is written at them.
import type uPlot from 'uplot';
import * as format from '../format.js';

/** CSS pixels: the axis on the left, and what is left free on the right. */
export const byteAxis = 66;
export const edge = 12;

/** Powers of two, so that the axis says 64 MiB and not 61.0. */
export const byteSteps = Array.from({ length: 34 }, (_, power) => 2 ** power);

/** The end of the byte axis, in steps of at most an eighth: it stays where it is while readings move a little. */
export function axisEnd(most: number): number {
  const step = 2 ** Math.floor(Math.log2(Math.max(most, 1))) / 8;
  return Math.max(64 * 1024, Math.ceil((most * 1.08) / step) * step);
}

/** Room that half a label takes, in CSS pixels. */
const halfLabel = 28;

/** Without the one that the chart's edge would cut off. */
export function timeLabels({ scales, width }: uPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  const { min = 0, max = 0 } = scales['x'] as { min?: number; max?: number };
  const last = max - ((max - min) * (halfLabel - edge)) / (width - byteAxis - edge);
  return splits.map((time) => (time > last ? '' : format.clockTime(time).slice(0, step >= 60_000 ? 5 : 8)));
}

export function byteLabels(splits: number[]): string[] {
  return splits.map((value) => (value === 0 ? '0' : format.bytes(value).replace(/\.0+ /, ' ')));
}
