// Where the words at a line across the chart stand: where no curve runs through them.

/** In time and bytes, as the scales have them. */
export interface Box {
  from: number;
  to: number;
  low: number;
  high: number;
}

/** Values over time, of which those that aren't known are NaN. */
export interface Curve {
  times: Float64Array;
  values: Float64Array;
  /** A value holds until the next one. */
  isStepped: boolean;
}

/** How many stretches of the curve touch the box. Cost: a step for each reading within it. */
export function crossings({ times, values, isStepped }: Curve, { from, to, low, high }: Box): number {
  let count = 0;
  let last = -1;
  for (let at = firstIn(times, from) - 1; at < times.length; ++at) {
    const value = values[at];
    if (value === undefined || Number.isNaN(value)) continue;
    if (last >= 0 && (times[last] ?? 0) <= to) {
      const before = values[last] ?? 0;
      const touches = isStepped
        ? holds(before, low, high) ||
          ((times[at] ?? 0) <= to && Math.max(before, value) >= low && Math.min(before, value) <= high)
        : Math.max(before, value) >= low && Math.min(before, value) <= high;
      if (touches) ++count;
    }
    if ((times[at] ?? 0) > to) break;
    last = at;
  }
  return count;
}

const holds = (value: number, low: number, high: number): boolean => value >= low && value <= high;

function firstIn(times: Float64Array, from: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}

export const overlaps = (a: Box, b: Box): boolean => a.from < b.to && b.from < a.to && a.low < b.high && b.low < a.high;

/** How far to the right, and above or below: in the order of preference. */
const places = [1, 0.8, 0.6, 0.4, 0.2, 0].flatMap((share) => [[share, 1] as const, [share, -1] as const]);

/**
 * The place of a label of a size at a line: of all along it, above and below, and then farther away, the first that nothing
 * crosses, or that the least does.
 *
 * @param view  what the chart shows; the label stays within
 * @param size  in the units of the view
 * @param gap  between the line and the words
 * @param taken  where other words, or lines across, are already
 */
export function placeLabel(
  at: number,
  size: { time: number; bytes: number; gap: number },
  view: Box,
  curves: readonly Curve[],
  taken: readonly Box[],
): { box: Box; crossed: number } {
  const room = view.to - view.from - size.time;
  let best: { box: Box; crossed: number } | null = null;
  for (const away of [0, 1, 2]) {
    for (const [share, side] of places) {
      const low = at + side * (size.gap + away * size.bytes) - (side < 0 ? size.bytes : 0);
      const from = view.from + room * share;
      const box = { from, to: from + size.time, low, high: low + size.bytes };
      const isOutside = box.low < view.low || box.high > view.high;
      const others = taken.filter((other) => overlaps(box, other)).length;
      const crossed = curves.reduce((sum, curve) => sum + crossings(curve, box), (isOutside ? 1e6 : 0) + others * 100);
      if (!best || crossed < best.crossed) best = { box, crossed };
      if (crossed === 0) return best;
    }
  }
  return best as NonNullable<typeof best>;
}
