// Tables for a terminal: the first column to the left, figures to the right.

/** What is printed where there is no figure. */
export const none = '–';

/** A number with `digits` decimals, or a dash. */
export function fixed(value, digits = 1) {
  return value === undefined || Number.isNaN(value) ? none : value.toFixed(digits);
}

export const kib = (bytes, digits = 1) => fixed(bytes === undefined ? undefined : bytes / 1024, digits);
export const mib = (bytes, digits = 1) => fixed(bytes === undefined ? undefined : bytes / 2 ** 20, digits);

/**
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {string} lines, with no newline at the end
 */
export function table(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => [...row[column]].length)));
  const line = (row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column] - [...cell].length);
        return column === 0 ? cell + padding : padding + cell;
      })
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
