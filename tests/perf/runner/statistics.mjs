// The few figures that are taken from samples.

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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
