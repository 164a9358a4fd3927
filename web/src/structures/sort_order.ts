/** The indices of values in the order into which Array's sort() brings them. */
export function orderOf<T>(values: readonly T[], compare: ((a: T, b: T) => number) | undefined): number[] {
  const indices = [...values.keys()];
  const rest = indices.filter((i) => values[i] === undefined);
  const sorted = indices.filter((i) => values[i] !== undefined);
  if (compare !== undefined) {
    sorted.sort((a, b) => compare(values[a] as T, values[b] as T));
  } else {
    const texts = values.map((value) => ''.concat(value as string));
    sorted.sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : texts[a] === texts[b] ? 0 : 1));
  }
  return [...sorted, ...rest];
}
