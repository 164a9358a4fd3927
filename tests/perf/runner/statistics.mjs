// The few figures that are taken from samples.

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Without the tenth at either end; and the standard error of that.
 *
 * @param {number[]} values at least three
 * @returns {{ mean: number, error: number }}
 */
export function trimmedMean(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 10);
  const kept = sorted.slice(cut, sorted.length - cut);
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  // What was cut counts with the value that it was cut at (Tukey, McLaughlin 1963: Winsorized).
  const squares = (value) => (value - mean) ** 2;
  const sum = kept.reduce((all, value) => all + squares(value), 0) + cut * (squares(kept[0]) + squares(kept.at(-1)));
  const error = Math.sqrt(sum / (sorted.length - 1) / sorted.length) / (kept.length / sorted.length);
  return { mean, error };
}

/** @param {number[]} values at least one, all above 0 */
export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The three mallocs that Emscripten has, which Tidemark is compared with. */
export const others = ['dlmalloc', 'emmalloc', 'mimalloc'];

/**
 * Tidemark's figure over the least of the others'.
 *
 * @param {Record<string, number>} figures by allocator
 * @returns {number | undefined} nothing where Tidemark or all the others are missing
 */
export function ratioToBest(figures) {
  const rivals = others.map((name) => figures[name]).filter((value) => value !== undefined);
  if (figures.tidemark === undefined || rivals.length === 0) return undefined;
  return figures.tidemark / Math.min(...rivals);
}
