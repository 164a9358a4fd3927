/** An index as slice() takes it: negative ones count from the end. */
export function relativeIndex(index: number, length: number): number {
  index = Math.trunc(index) || 0;
  return index < 0 ? Math.max(0, index + length) : Math.min(index, length);
}
